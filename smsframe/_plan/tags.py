"""The tags of a text that no column of the frame fills, and what was perhaps meant to be one.

A tag is filled by the column of exactly its name. Where there is none, but one that is called the
same as far as letters and digits go (``FirstName`` and ``First Name``), both readings are likely:
the column, or a field of the database that has the tag's name. The second sends blanks to everybody
where it is wrong, so nothing goes out until the caller says which is meant. A name that is merely
similar is a warning.

In another notation (``{FirstName}``, ``%FirstName%``, ``first_name``) a tag is text, and goes out
as it stands. That is a warning where it names a column, where its signs mean nothing else, and
where it is a blank that nobody has filled, such as ``[Name]``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from smsframe._base.sentences import FRAME, Part, Sentence, arg, words
from smsframe._phones.column_owners import without_accents
from smsframe._text.template import near_misses

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from smsframe._plan.problems import Problems

_INSIDE: Final = r"[^{}\[\]()<>«»|%\n]"
_ONLY_TAGS: Final = (
    rf"\{{\{{\{{?({_INSIDE}+(?:\|[^{{}}\n]*)?)\}}?\}}\}}",
    rf"[$#]\{{({_INSIDE}+)\}}",
    rf"\(\(({_INSIDE}+)\)\)",
    rf"\[\[({_INSIDE}+)\]\]",
    rf"\[%({_INSIDE}+)%\]",
    rf"\{{%({_INSIDE}+)%\}}",
    rf"<<({_INSIDE}+)>>",
    rf"<%=?({_INSIDE}+)%>",
    rf"«({_INSIDE}+)»",
    rf"\*\|({_INSIDE}+)\|\*",
    rf"%\(({_INSIDE}+)\)[a-z]",
    r"%%+([^%\n]+)%%+",  # of full-width signs, since others would be a tag
)
"""Notations that stand for nothing else in a text, as regular expressions of one group."""

_PERHAPS_TAGS: Final = (
    rf"\{{({_INSIDE}+(?:[:!][^{{}}\n]*)?)\}}",
    rf"\[({_INSIDE}+)\]",
    rf"<({_INSIDE}+)>",
    rf"%({_INSIDE}+)%",
    r"([@#|^~])(\w+)\1",
    r"(?<!\w)[$@]([^\W\d]\w*)",
    r"(__)(\w+?)__",
    r"(?<![\w/?&=.-])(\w*[^\W_]_[^\W_]\w*)(?![\w=/@]|\.\w)",  # no word of a text has a dash below
)
"""Notations that may be plain text as well: only what names a column counts."""

_PLACEHOLDERS: Final = frozenset(
    {
        *("name", "yourname", "fullname", "firstname", "lastname", "surname", "fname", "lname"),
        *("customername", "clientname", "vorname", "nachname", "kundenname", "prenom", "nom"),
        *("nombre", "apellido", "cognome", "voornaam", "achternaam", "имя", "姓名", "氏名"),
        *("link", "url", "date", "time", "amount", "company", "companyname"),
    }
)
"""What in brackets or percent signs is a blank that nobody has filled, also without a column."""

_LOOK_ALIKES: Final = {
    **{code + 0xFEE0: chr(code) for code in range(0x21, 0x7F)},
    **dict(zip(map(ord, "﹪‹›〈〉⟨⟩"), "%<><><>", strict=True)),
}
"""Full-width signs and other brackets, as signs of ASCII: keyboards for Chinese write those."""

_NAME_ENDS: Final = re.compile(r"[:|!;,=]")
_LONGEST: Final = 40
FILE_PLACES: Final = ("line", "row")
"""What the index of a file is called: nobody means it by a tag."""


def bare(name: str) -> str:
    """Return the letters and digits of a name, without case.

    >>> bare("First_Name") == bare("FIRST name") == "firstname"
    True
    """
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def called_the_same(tag: str, labels: Iterable[Hashable]) -> list[Hashable]:
    """Return the labels that differ from a tag in nothing but case and punctuation."""
    wanted = bare(tag)
    return [label for label in labels if wanted and bare(str(label)) == wanted]


def note_database_tag(
    frame: pd.DataFrame, problems: Problems, tag: str, default: str | None, *, said_so: bool
) -> None:
    """Say that a tag is left to the database, and whether a column was meant."""
    if not said_so and _note_near_miss(frame, problems, tag):
        return
    lacking = f"the default {default!r}" if default is not None else "nothing (there is no default)"
    said = words(Sentence(arg("personalize"), " says"), screen="was chosen")
    why = Sentence("is the database's, as ", said) if said_so else "is no column"
    problems.whole(
        "tag_from_database",
        Sentence(
            f"Tag %%{tag}%% ",
            why,
            f": the database fills it; where that has no value, {lacking}.",
        ),
        severity="info",
        column=tag,
    )


def _note_near_miss(frame: pd.DataFrame, problems: Problems, tag: str) -> bool:
    """Note what a tag is nearly called like; False where there is nothing."""
    columns, levels = list(frame.columns), list(frame.index.names)
    if same := called_the_same(tag, columns):
        many = "columns are called" if len(same) > 1 else "a column is called"
        names = [_told(label, tag) for label in same]
        problems.whole(
            "tag_near_miss",
            Sentence(
                f"Tag %%{tag}%% is no column, but {many} {' and '.join(names)}. ",
                _say_which(tag, same[0]),
            ),
            column=tag,
        )
    elif level := called_the_same(tag, [name for name in levels if name is not None]):
        problems.whole(
            "tag_is_index",
            Sentence(
                f"Tag %%{tag}%% is filled from the database",
                words(
                    f", though the index of the frame is called {level[0]!r}. If that was meant, "
                    "make a column of it: .reset_index()",
                    at_shell="" if level[0] in FILE_PLACES else None,
                ),
                ".",
            ),
            severity="warning",
            column=tag,
        )
    elif near := near_misses(tag, list(map(str, columns))):
        problems.whole(
            "tag_near_miss",
            Sentence(
                f"Tag %%{tag}%% is filled from the database, though the ",
                FRAME,
                f" has column {near[0]!r}. If that was meant",
                words(
                    Sentence(": ", arg("personalize", {tag: near[0]})),
                    screen=", choose the column beside the tag",
                ),
                ".",
            ),
            severity="warning",
            column=tag,
        )
    else:
        return False
    return True


def _say_which(tag: str, label: Hashable) -> Part:
    """Ask which of two readings is meant."""
    return words(
        Sentence(
            "Say which is meant: ",
            arg("personalize", {tag: label}),
            " for the column, ",
            arg("personalize", {tag: None}),
            " for the field of the database.",
        ),
        screen="Choose beside the tag which is meant: the column, or the database.",
    )


def _told(label: Hashable, tag: str) -> str:
    """Return a label as code; of one that differs in the codes of its characters it is said."""
    alike = unicodedata.normalize("NFC", str(label)) == unicodedata.normalize("NFC", tag)
    return f"{label!r} (which only looks the same)" if alike else repr(label)


def note_other_notations(frame: pd.DataFrame, problems: Problems, literals: Sequence[str]) -> None:
    """Warn of what looks like a tag in another notation, in the text outside its tags."""
    for shown, name in dict.fromkeys(_other_notations(literals, frame)):
        problems.whole(
            "tag_other_notation",
            f"{shown!r} is no tag and goes out as it stands. A tag is written %%{name}%%.",
            severity="warning",
            column="text",
            value=shown,
        )


def _other_notations(literals: Sequence[str], frame: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield what looks like a tag, and the name it should have."""
    columns = {bare(str(column)): str(column) for column in frame.columns}
    columns.pop("", None)
    for literal in literals:
        rest = literal.translate(_LOOK_ALIKES)
        for pattern in (*_ONLY_TAGS, *_PERHAPS_TAGS):
            told = list(_found(pattern, rest, columns, only=pattern in _ONLY_TAGS))
            yield from ((literal[place], name) for place, name in told)
            for place in [found.span() for found in re.finditer(pattern, rest)] if told else []:
                rest = f"{rest[: place[0]]}{chr(10) * (place[1] - place[0])}{rest[place[1] :]}"


def _found(
    pattern: str, text: str, columns: Mapping[str, str], *, only: bool
) -> Iterator[tuple[slice, str]]:
    """Yield where one notation is found; ``only``: it counts also where it names no column."""
    for found in re.finditer(pattern, text):
        inside = found[found.lastindex or 0].strip()
        names = _names(inside)
        named = [columns[bare(name)] for name in names if bare(name) in columns]
        blank = text[found.start()] in "{[<%" and without_accents(bare(inside)) in _PLACEHOLDERS
        if named or blank or (only and bare(inside) and len(inside) <= _LONGEST):
            yield slice(*found.span()), (named or names)[0]


def _names(inside: str) -> list[str]:
    """Return what may be the name in ``contact.total:,.2f``: its head, that one's end, or all."""
    inside = inside.lstrip("!#$^/=&@ ")
    head = _NAME_ENDS.split(inside, maxsplit=1)[0].strip()
    return list(dict.fromkeys([head, head.rpartition(".")[2].strip(), inside]))
