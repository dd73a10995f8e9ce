"""Ways to write a value, each shown by what it makes of the value at hand.

What Python's format specifications cannot say is a function here, which knows how it is written as
code, so that the code of the screen sends the same.
"""

from __future__ import annotations

import datetime as dt
import numbers
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from smsframe._base.masking import mask_value
from smsframe._explorer.kinds import is_count
from smsframe._text.format_value import formatted, plain_value, text_of
from smsframe._widgets.html import in_line

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe._text.values import Format

Kind: TypeAlias = Literal["number", "time", "text", ""]

LOOKED_AT = 200
SHOWN_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class Spelled:
    """A function that writes one value; ``code`` is the same as a person would write it."""

    code: str
    function: Callable[[Any], str]

    def __call__(self, value: Any) -> str:
        """Write a value."""
        return self.function(value)


BLANK_AND_COMMA = Spelled(
    'lambda v: f"{v:,.2f}".replace(",", " ").replace(".", ",")',
    lambda v: f"{v:,.2f}".replace(",", " ").replace(".", ","),
)
TITLE = Spelled("str.title", str.title)

WHOLE = ",.0f"

PRESETS: dict[Kind, list[tuple[str, Format]]] = {
    "number": [("", ",.2f"), ("", BLANK_AND_COMMA), ("", WHOLE), ("", ".2f")],
    "time": [("", "%d %b"), ("", "%-d %B %Y"), ("", "%d/%m/%Y"), ("", "%-H:%M"), ("", "%H:%M")],
    "text": [("Title Case: ", TITLE)],
    "": [],
}


def sample(column: pd.Series, row: int) -> Any:
    """Return the value of a row, or where it has none the first one that there is near the top."""
    own = plain_value(column.iloc[row]) if len(column) else None
    if own is not None:
        return own
    values = (plain_value(value) for value in column.iloc[:LOOKED_AT])
    return next((value for value in values if value is not None), None)


def kind_of(value: Any) -> Kind:
    """Return what kind of formats suit a value."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, (dt.date, dt.time)):
        return "time"
    is_number = isinstance(value, numbers.Number) or type(value).__name__ == "Decimal"
    return "number" if is_number and not isinstance(value, bool) else ""


def examples(value: Any) -> list[tuple[str, Format]]:
    """Return the ways to write a value that suit it, each by what it makes of it.

    >>> [told for told, _ in examples(1234.5)]
    ['1,234.50', '1 234,50', '1234.50']
    """
    found: dict[str, Format] = {}
    for name, form in PRESETS[kind_of(value)]:
        try:
            if form == WHOLE and value != int(value):  # cents are not to be lost by a menu
                continue
            written = formatted(value, form)
        except (ValueError, TypeError, ArithmeticError):
            continue
        if written:
            found.setdefault(name + _short(written, value), form)
    return list(found.items())


def as_it_is(value: Any) -> str:
    """Return what a value is written as without a format."""
    try:
        written = text_of(value)
    except (TypeError, ValueError):
        return "as it is"
    return f"as it is: {_short(written, value)}" if written else "as it is"


def _short(text: str, value: Any) -> str:
    """Return a text that fits into a menu, phone numbers in it hidden; a count or time is none."""
    line = " ".join(text.split())
    line = line if is_count(value) or kind_of(value) == "time" else mask_value(line)
    return in_line(line, SHOWN_CHARACTERS)
