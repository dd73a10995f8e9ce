"""Several texts in one send: ``text`` as a mapping, ``split``, ``by`` and ``holdout``, checked.

With a mapping exactly one of ``split`` (people are split by chance) and ``by`` (a column says which
text) decides; without both, people are split equally. A campaign's name is needed: it is what the
chance is drawn from, and what keeps somebody who had one text from getting another.

A holdout is an arm without a text; hence none may be called so.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from smsframe._base.no_value_words import BLANK_IN_A_FRAME
from smsframe._base.sentences import Sentence, arg
from smsframe._base.split_words import HOLDOUT
from smsframe._base.validation import check_number, check_text, note, shown_label, unusable
from smsframe._plan.column_labels import need_column
from smsframe._text.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

OTHERS: Final = "*"
_LONGEST_NAME: Final = 100
_LEAST_SHARE: Final = 1e-6
_SHARE: Final = "a share of the people from 0 to below 1, such as 0.1"
_TEXTS: Final = "a mapping of a name to a text, such as {'A': 'Hello', 'B': 'Good day'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """Texts by name, sorted, and what decides who gets which: ``split`` or the column ``by``."""

    texts: Mapping[str, str]
    split: Mapping[str, float] | None = None
    by: Hashable | None = None
    holdout: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the texts."""
        return tuple(self.texts)

    @property
    def pinned(self) -> str:
        """What may not change while a campaign is running, for the journal.

        Of a split, names and weights: with others, people would change arms. Where a column
        decides, nobody was put anywhere by chance, so a text may be added for one more value.
        """
        if self.split is None:
            return orjson.dumps({"by": True, "holdout": self.holdout}).decode()
        return orjson.dumps({"split": self.split, "holdout": self.holdout}).decode()


def read_several(
    frame: pd.DataFrame,
    text: Any,
    faults: list[str],
    *,
    split: Any,
    by: Any,
    holdout: Any,
    campaign: Any,
    content_id: Any,
) -> Several | None:
    """Return the several texts of a send, None for one; faults are added to the list."""
    if not isinstance(text, Mapping):
        _refuse_alone({"split": split, "by": by, "holdout": holdout}, faults)
        return None
    texts = _texts(text, faults)
    if content_id is not None:
        why = " has one text of its own, so it cannot be given with several."
        note(faults, arg("content_id"), why)
    if split is not None and by is not None:
        why = ", not both: people are split by chance, or a column says which text they get."
        note(faults, "Give ", arg("split"), " or ", arg("by"), why)
    if campaign is None:
        note(
            faults,
            "Several texts need a name, ",
            arg("campaign", screen="that of the campaign"),
            ": it decides who gets which, and keeps whoever had one from getting another.",
        )
    if by is not None:
        need_column(frame, by, Sentence(arg("by")), faults)
        _refuse_alike(texts, faults)
    kept = check_number("holdout", holdout, faults, need=_SHARE)
    if kept is not None and kept >= 1:
        faults.append(unusable("holdout", holdout, _SHARE, fits=True))
    weights = None if by is not None else _weights(split, texts, faults)
    return Several(texts=texts, split=weights, by=by, holdout=float(kept or 0.0))


def _refuse_alone(given: Mapping[str, Any], faults: list[str]) -> None:
    """Note a fault for each argument that one text has no use for."""
    for name, value in given.items():
        if value is not None:
            note(
                faults,
                arg(name),
                " is for texts with names. Give them so, also where it is one: ",
                arg("text", {"A": "Hello"}),
                ".",
            )


def as_name(name: Any) -> str:
    """Return the name of a text as it is kept: composed, and without blanks around it."""
    return unicodedata.normalize("NFC", " ".join(str(name).split()))


def as_value(name: str) -> str:
    """Return what a cell has to be for the text of a name."""
    return canonical(name).casefold()


def _texts(text: Mapping[Any, Any], faults: list[str]) -> dict[str, str]:
    """Return texts by name, sorted by name."""
    texts: dict[str, str] = {}
    if not text:
        note(faults, arg("text"), f" is empty; it must be {_TEXTS}.")
    for name, words in text.items():
        if isinstance(name, bool) or not isinstance(name, (str, int)):
            faults.append(unusable("a name of text", name, "a text"))
            continue
        label = as_name(name)
        checked = check_text(f"text[{shown_label(name)}]", words, faults, blank=True)
        if checked is None and words is None:
            faults.append(unusable(f"text[{shown_label(name)}]", words, "a string"))
        if not label or len(label) > _LONGEST_NAME or not label.isprintable():
            need = f"a name of up to {_LONGEST_NAME} letters that can be seen"
            faults.append(unusable("a name of text", name, need, fits=True))
        elif label.casefold() == HOLDOUT:
            faults.append(
                f"A text cannot be called {shown_label(name)}: that is what those are called who "
                "get none. Give it another name."
            )
        elif label in BLANK_IN_A_FRAME:
            faults.append(
                f"A text cannot be called {shown_label(name)}: programs write that for nothing, so "
                "its rows would be taken for rows without a text. Give it another name."
            )
        elif label in texts:
            faults.append(f"Two texts have the name {shown_label(label)}. Rename one.")
        else:
            texts[label] = checked or ""
    return dict(sorted(texts.items()))


def _refuse_alike(texts: Mapping[str, str], faults: list[str]) -> None:
    """Note a fault where two names stand for the same value of a column."""
    known: dict[str, str] = {}
    for name in texts:
        other = known.setdefault(as_value(name), name)
        if other != name:
            faults.append(
                f"The texts {other!r} and {name!r} are for the same value: capitals do not count "
                "in a column. Keep one."
            )


def _weights(split: Any, texts: Mapping[str, str], faults: list[str]) -> dict[str, float]:
    """Return the share of each text of the people that get one."""
    if split is None:
        return dict.fromkeys(texts, 1 / len(texts)) if texts else {}
    need = "a mapping of each text's name to its weight, such as {'A': 1, 'B': 1}"
    if not isinstance(split, Mapping):
        faults.append(unusable("split", split, need))
        return {}
    weights = {as_name(name): weight for name, weight in split.items()}
    if len(weights) < len(split):
        note(faults, arg("split"), " has a name twice. Keep one.")
    found = dict.fromkeys(texts, 0.0)
    for name, weight in weights.items():
        shown = f"split[{shown_label(name)}]"
        number = check_number(shown, weight, faults, need="a weight above 0", optional=False)
        if number == 0:
            none = " is 0, so nobody would get that text. Leave the text out."
            note(faults, arg(shown), none)
        found[name] = float(number or 0.0)
    if any(name.casefold() == HOLDOUT for name in weights):
        own = " has 'holdout', whose share has an argument of its own, of all people: "
        note(faults, arg("split"), own, arg("holdout", 0.1), ".")
    elif set(weights) != set(texts):
        names, has = (", ".join(map(repr, sorted(each))) for each in (texts, weights))
        note(
            faults, arg("split"), f" has {has or 'no names'}, but the texts are {names}. Name each."
        )
    if math.isinf(sum(found.values())):
        found = {name: weight / max(found.values()) for name, weight in found.items()}
    total = sum(found.values())
    shares = {name: found[name] / total for name in texts} if total else {}
    few = [name for name, share in shares.items() if 0 < share < _LEAST_SHARE]
    if few:
        note(
            faults,
            arg(f"split[{shown_label(few[0])}]"),
            " is next to nothing beside the other weights: fewer than one person in a million "
            "would get that text. Leave the text out, or give it more.",
        )
    return shares
