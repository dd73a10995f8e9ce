"""A file that can be read once somebody says how, as it is told to whoever can say it or cannot.

``smsframe.read`` and a command over one file take arguments that say it. Lists of files, lists to
exclude and the demonstration take none: they are told what `smsframe.read` would make of the file,
or to save it in the form that is read in one way alone. What is wrong with the file is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from smsframe._base.masking import mask_sentence
from smsframe._base.sentences import Part, Sentence, pieces_of, sentence_of
from smsframe.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from smsframe._base.sentences import Piece

SAVE: Final = (
    "Save what is meant as a CSV in UTF-8: commas between the cells, the names of the columns in "
    "its first line, numbers with a decimal point."
)


@dataclass(frozen=True, slots=True)
class _Unclear:
    """What is not plain about a file, and by which arguments it is said; both are masked."""

    fact: str
    fix: str
    also: str


def unclear(fact: str, *fix: Piece, also: str = "", **details: Any) -> InputError:
    """Return the refusal of a file; what differs in ``fix`` are arguments of reading alone.

    ``also`` is an argument of `smsframe.read` that has been given where this is said.
    """
    how = Sentence(*fix)
    told = _Unclear(mask_sentence(fact), mask_sentence(how), also)
    return InputError(fact, " ", how, unclear=told, **details)


def without_arguments(error: InputError, path: Path, then: str = "") -> str:
    """Return a refusal for whoever gives a file alone.

    ``then`` says in Python what to do with the frame that `smsframe.read` makes of it; without it,
    nothing can be done with one.
    """
    told = error.details.get("unclear")
    if not isinstance(told, _Unclear):
        return sentence_of(error)
    calls = [
        f"smsframe.read({str(path)!r}, {told.also}{piece.python}"
        f"{'...' * piece.python.endswith('=')})"
        if isinstance(piece, Part)
        else piece
        for piece in pieces_of(told.fix)
    ]
    in_python = " ".join(["".join(calls), then]) if then else SAVE
    return Sentence(told.fact, " ", Part(in_python, SAVE, SAVE))
