"""The list of people to leave out, by the file that a field names.

A file is read when it is named, once for all plans that follow. A list that was given in code holds
while the field is empty, and beside a file that is named.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from smsframe._base.sentences import Sentence, on_screen, sentence_of
from smsframe._base.validation import quoted
from smsframe._eligibility import exclude
from smsframe.errors import InputError

if TYPE_CHECKING:
    from smsframe._eligibility.exclude import Exclusion

_WHAT = (
    "A file with one number a line, or a table with a column of numbers. Nobody in it is texted."
)


class ListOfPeople:
    """Who is left out: by a file that is named here, by code, or by both.

    Parameters
    ----------
    given : Exclusion or None
        What code left out.

    Attributes
    ----------
    shown : str
        The file that code named; "" for none.
    fault : str
        Why the file that is named cannot be used; "" where it can.
    note : str
        What is left out, in words.
    """

    def __init__(self, given: Exclusion | None) -> None:
        self._given = given
        self.shown = "" if given is None else _path_in(given.name)
        self.fault = ""
        self.note = self._of_code or _WHAT
        self._typed = self.shown
        self._found: Exclusion | str | None = given

    def of(self, typed: str) -> Exclusion | str | None:
        """Return who is left out by what is typed; a file that cannot be used as it was typed."""
        name = typed.strip()
        if name != self._typed or self.fault:  # what was wrong may have been put right
            self._typed, self.fault, self.note = name, "", self._of_code or _WHAT
            self._found = self._read(name)
        return self._found

    def _read(self, name: str) -> Exclusion | str | None:
        """Read the list of a name."""
        if name == self.shown:
            return self._given
        if not name:
            return None if self.shown else self._given
        path = Path(name).expanduser()
        if not path.is_file():
            self.fault = f"There is no file {quoted(name)}. Write where it is, or leave this empty."
            return name
        try:
            found = exclude.read(path, Sentence("The list"))
        except InputError as error:
            self.fault = on_screen(sentence_of(error))
            return name
        if found.numbers.unread:
            self.note = f"{found.numbers.unread:,} of its entries cannot be read as a number."
        found = replace(found, name=repr(name))
        if self._given is None or self.shown:
            return found
        both = exclude.joined([self._given, found])
        return replace(both, name=f"[{self._given.name}, {found.name}]")

    @property
    def _of_code(self) -> str:
        """What was given in code and is no file, in words."""
        no_list = self._given is None or self.shown
        return "" if no_list else "The list that was given in code holds too."


def _path_in(name: str) -> str:
    """Return the path that code names a list by; "" where it is no path."""
    try:
        path = ast.literal_eval(name)
    except (ValueError, SyntaxError):
        return ""
    return path if isinstance(path, str) else ""
