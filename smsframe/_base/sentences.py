"""Sentences, counts and times in words.

A sentence that names an argument is read in three places: beside Python code, at a shell, where
there are options, and on the composer's screen, where there are controls. So it is made of parts,
and each part that differs says what it is in each of the three: ``arg("phone", "mobile")`` is
``phone='mobile'``, ``--phone mobile`` and, unless the sentence names the control, as in Python.

A `Sentence` is its Python wording as an ordinary text. Whoever needs another wording asks for it;
nobody changes a finished one.

A table keeps texts alone. `remember` keeps the parts of those that were put into a column, and
`recalled` gives them back.
"""

from __future__ import annotations

import datetime as dt
import json
import shlex
from string import Formatter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

OPTIONS: Final = {
    "personalize": "--tag",
    "defaults": "--default",
    "formats": "--format",
    "deadline_s": "--wait",
    "to": "--test-to",
    "wait_s": "--wait",
    **{
        name: f"--{name.replace('_', '-')}"
        for name in (
            "base_url", "by", "campaign", "campaign_name", "character_swap", "check_consent",
            "closed", "confirm", "consent_database", "content_id", "decimal", "dry_run",
            "duplicates", "encoding", "exclude", "fold", "header_line", "hidden_rows", "holdout",
            "journal", "limit", "lookup", "min_gap", "out", "overwrite", "phone", "pod", "port",
            "price_per_segment", "problems", "program", "region", "region_from", "resend_unknown",
            "sending_hours", "separator", "sheet", "source", "split", "text", "time_zone",
            "ttl_minutes",
        )
    },
}  # fmt: skip
"""Arguments that are an option of the command line; any other is called the same at a shell."""

_SLOTS: Final = {"journal": "journal"}
"""Slots of arguments that some commands take in a place, and not as an option."""

_ENDS = (".", "!", "?", "…", ":", ";")


def named_counts(
    counts: Mapping[Any, int], order: Iterable[str], *, always: Iterable[str] = ()
) -> list[str]:
    """Return each count in words (``2,431 accepted``), zeros only where ``always`` names them."""
    shown = [name for name in order if counts.get(name) or name in always]
    return [f"{counts.get(name, 0):,} {name.replace('_', ' ')}" for name in shown]


def day_of(when: float) -> str:
    """Return a day in words, in UTC; ``when`` is in seconds since 1970."""
    at = dt.datetime.fromtimestamp(when, tz=dt.UTC)
    return f"{at.day} {at:%B %Y}"


class Part(NamedTuple):
    """A piece of a sentence, worded in three ways; who asks for one may fill its ``slot``."""

    python: str
    shell: str
    screen: str
    slot: str = ""


Piece: TypeAlias = str | Part

ROW: Final = Part("row", "line", "row", slot="row")
"""What a row is called: its label is the line of a file, where a file has lines."""
FRAME: Final = Part("frame", "file", "frame")
PROGRAMS: Final = Part(
    "client.programs()", "in Python, smsframe.connect().programs()", "client.programs()"
)
SEND_TEST: Final = Part("plan.send_test(...)", "--test-to", "plan.send_test(...)")
SETTLE: Final = Part(
    "results.sms.reconcile(...) or results.sms.resolve(...)",
    "settle them in Python: smsframe.results(RUN).sms.reconcile(...) or .resolve(...)",
    "results.sms.reconcile(...) or results.sms.resolve(...)",
)
NAMED_ROUND: Final = Part('campaign="..."', "--campaign NAME", 'campaign="..."')
DATED: Final = Part(
    'campaign=f"class-{date}"', "--campaign with the date in the name", 'campaign=f"class-{date}"'
)
SANDBOX: Final = Part(*('smsframe.connect("sandbox")', "--sandbox", 'smsframe.connect("sandbox")'))
REFRESH: Final = Part(
    "Call results.sms.refresh()", "Run smsframe status", "Call results.sms.refresh()"
)
AGAIN: Final = Part(*("run the same send again",) * 3, slot="again")
_NOTHING: Final = object()
_MOST_REMEMBERED: Final = 4096
_remembered: dict[str, Sentence] = {}


class Sentence(str):  # noqa: SLOT000 - its parts have to be kept somewhere
    """A text in Python's wording that knows its parts, for the other two wordings.

    Examples
    --------
    >>> fix = Sentence("Fill it in, or give ", arg("defaults", {"First name": ...}), ".")
    >>> print(fix)
    Fill it in, or give defaults={'First name': …}.
    >>> print(fix.for_shell())
    Fill it in, or give --default 'First name=…'.
    """

    parts: tuple[Piece, ...]

    def __new__(cls, *parts: Piece) -> Self:
        """Join parts; a sentence among them gives its own."""
        flat = tuple(piece for part in parts for piece in pieces_of(part))
        made = super().__new__(cls, "".join(_python(piece) for piece in flat))
        made.parts = flat
        return made

    def __getnewargs__(self) -> tuple[Piece, ...]:  # type: ignore[override]  # str has one
        """Return what makes the same sentence again, in another process too."""
        return self.parts

    def __add__(self, more: str) -> Sentence:
        """Return both as one, with all parts."""
        return Sentence(self, more)

    def __radd__(self, before: str) -> Sentence:
        """Return both as one, with all parts."""
        return Sentence(before, self)

    @property
    def has_parts(self) -> bool:
        """Whether there is anything in it that is not worded the same everywhere."""
        return any(isinstance(piece, Part) for piece in self.parts)

    def for_shell(self, **slots: str) -> str:
        """Return it with options in place of arguments; ``row="row"`` where no lines are."""
        return "".join(_worded(piece, 1, slots) for piece in self.parts)

    def for_screen(self, **slots: str) -> str:
        """Return it with the composer's controls in place of arguments."""
        return "".join(_worded(piece, 2, slots) for piece in self.parts)

    def map(self, change: Callable[[str], str]) -> Sentence:
        """Return it with each wording of each part changed."""
        return Sentence(
            *(
                Part(change(piece.python), change(piece.shell), change(piece.screen), piece.slot)
                if isinstance(piece, Part)
                else change(piece)
                for piece in self.parts
            )
        )

    def format(self, **named: object) -> Sentence:  # type: ignore[override]  # by name alone
        """Return it with its fields filled; what fills one may be a sentence, parts have none."""
        filled: list[Piece] = []
        for piece in self.parts:
            if isinstance(piece, Part):
                filled.append(piece)
                continue
            for text, name, _, conversion in Formatter().parse(piece):
                value = "" if name is None else named[name]
                shown = repr(value) if conversion == "r" else value
                filled += [text, shown if isinstance(shown, Sentence) else str(shown)]
        return Sentence(*filled)


def many(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun: ``1 message``, ``2,431 messages``.

    ``several`` is what stands behind other numbers than one, where an s at the end is not enough.

    >>> many(1, "row is", "rows are"), many(0, "row"), many(1200, "person", "people")
    ('1 row is', '0 rows', '1,200 people')
    """
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def arg(
    name: str, value: Any = _NOTHING, *, python: str | None = None, screen: str | None = None
) -> Part:
    """Return an argument, with its value if there is one.

    Parameters
    ----------
    name : str
        The argument, or an entry of it: ``formats['total']``; words may stand in front.
    value : object, optional
        A text, a number, True, or a mapping of one pair, in which ``...`` is to be filled in.
    python : str, optional
        The value as Python shows it, where that is not its ``repr``.
    screen : str, optional
        What the screen says instead.

    Examples
    --------
    >>> arg("confirm", 37000)[:2], arg("lookup['account']")[:2]
    (('confirm=37000', '--confirm 37000'), ("lookup['account']", '--lookup account'))
    """
    bare, _, entry = name.partition("[")
    *before, bare = bare.rsplit(" ", 1)
    said = name if entry and value is _NOTHING and python is None else f"{name}="
    if value is not _NOTHING or python is not None:
        said += _shown(value) if python is None else python
    given = [] if value is _NOTHING or value is True else [_at_shell(value, apart=not entry)]
    if entry:
        given = [shlex.quote("=".join([entry.removesuffix("]").strip("'\""), *map(str, given)]))]
    option = OPTIONS.get(bare)
    shell = said if option is None else " ".join([*before, option, *given])
    return Part(said, shell, said if screen is None else screen, _SLOTS.get(bare, ""))


def words(python: Piece, *, at_shell: str | None = None, screen: str | None = None) -> Part:
    """Return words that one place or another says differently, or not at all."""
    whole = Sentence(python)
    return Part(
        str(whole),
        whole.for_shell() if at_shell is None else at_shell,
        whole.for_screen() if screen is None else screen,
    )


def of_results(method: str) -> Part:
    """Return a method of results; at a shell there is none, so that Python is named there."""
    said = f"results.sms.{method}"
    return Part(said, f"in Python smsframe.results(RUN).sms.{method}", said)


def connect_with(name: str, *, package: str = "") -> Part:
    """Return ``connect`` with an argument, which at a shell is the argument alone."""
    said = f"{package}connect({name}=...)"
    return Part(said, OPTIONS[name], said, _SLOTS.get(name, ""))


def pieces_of(text: Piece) -> tuple[Piece, ...]:
    """Return the parts of a sentence; a part, or a text of no parts, is the only one."""
    return text.parts if isinstance(text, Sentence) else (text,) if text else ()


def in_shell(text: str, **slots: str) -> str:
    """Return a text in the wording of a shell."""
    return text.for_shell(**slots) if isinstance(text, Sentence) else text


def on_screen(text: str, **slots: str) -> str:
    """Return a text in the wording of the composer's screen."""
    return text.for_screen(**slots) if isinstance(text, Sentence) else text


def joined(separator: str, texts: Iterable[str]) -> Sentence:
    """Join texts, with all their parts."""
    pieces = [piece for text in texts for piece in (separator, text)]
    return Sentence(*pieces[1:])


def sentence_of(error: BaseException) -> str:
    """Return what an error or a warning says, with its parts."""
    said = error.args[0] if error.args else ""
    return said if isinstance(said, Sentence) else str(error)


def remember(texts: Iterable[str]) -> None:
    """Keep the parts of sentences that a table holds as texts; the oldest are dropped."""
    for text in texts:
        if isinstance(text, Sentence) and text.has_parts:
            _remembered.pop(str(text), None)
            _remembered[str(text)] = Sentence(text)
    while len(_remembered) > _MOST_REMEMBERED:
        _remembered.pop(next(iter(_remembered)), None)


def packed(texts: Iterable[str]) -> str:
    """Return the sentences among texts that have parts as JSON, "" for none."""
    found = [list(text.parts) for text in texts if isinstance(text, Sentence) and text.has_parts]
    return json.dumps(found) if found else ""


def unpacked(packed_texts: str) -> list[Sentence]:
    """Return sentences as they were packed."""
    listed = json.loads(packed_texts) if packed_texts else []
    return [Sentence(*(p if isinstance(p, str) else Part(*p) for p in parts)) for parts in listed]


def recalled(text: str) -> str:
    """Return a text of a table with the parts that it was made of, where they are known."""
    return _remembered.get(text, text)


def _python(piece: Piece) -> str:
    """Return a piece in Python's wording."""
    return piece.python if isinstance(piece, Part) else piece


def _worded(piece: Piece, which: int, slots: Mapping[str, str]) -> str:
    """Return a piece in one of its wordings."""
    if not isinstance(piece, Part):
        return piece
    return slots.get(piece.slot, str(piece[which]))


def _shown(value: Any) -> str:
    """Return a value as Python shows it."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{key!r}: {_shown(item)}" for key, item in value.items())
        return f"{{{pairs}}}"
    return "…" if value is ... else repr(value)


def _at_shell(value: Any, *, apart: bool) -> str:
    """Return a value as an option takes it; None is nothing behind the ``=``."""
    if isinstance(value, dict):
        ((key, item),) = value.items()
        given = {None: "", ...: "…"}.get(item, item)
        return shlex.quote(f"{key}={given}")
    text = str(value).encode(errors="backslashreplace").decode()  # half a character pair
    return shlex.quote(text) if apart and isinstance(value, str) else text


def as_sentences(*parts: str) -> str:
    """Join texts as sentences, those of the service too, which end in nothing; "" for none."""
    told = [part if isinstance(part, Sentence) else part.strip() for part in parts if part.strip()]
    return joined(" ", [part if part.endswith(_ENDS) else part + "." for part in told])


NO_NUMBER: Final = Sentence(
    "With ", arg("lookup", screen="fields of the database"), " no number is known"
)
"""How a sentence begins that refuses what needs numbers, where people are looked up."""
