"""From a DataFrame of people to contacts: digits, consent and database fields, all of them text.

The sandbox reads phone columns in its own simple way, on purpose: digits are kept and everything
else is dropped. It knows nothing about countries except one optional calling code for national
numbers, so a mistake in the library's own phone reading cannot be repeated here and go unseen.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import pandas as pd

OPTED_IN = "OPTED-IN"
OPTED_OUT = "OPTED-OUT"
NATIONAL_DIGITS = 10  # a North American number without its country code
_YES = frozenset({"opted-in", "opted in", "optedin", "opt-in", "in", "yes", "y", "true", "t", "1"})
_EXACT_FLOAT = 2**53


@dataclass(frozen=True, slots=True)
class People:
    """Contacts ready for the database: parallel lists, one entry per person."""

    phones: list[str]
    consents: list[str]
    fields: dict[str, list[str | None]]


def read_people(
    frame: pd.DataFrame, phone: Hashable, consent: Hashable | None, calling_code: str | None
) -> People:
    """Return the rows of ``frame`` that have a phone number, as contacts."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"A DataFrame is needed, not {type(frame).__name__}.")
    if not isinstance(calling_code, str | None):
        raise TypeError(f"calling_code={calling_code!r} must be a text such as '1'.")
    if consent is not None:
        _require(frame, consent, "consent")
    elif "consent" in frame.columns:
        consent = "consent"
    _require(frame, phone, "phone")
    digits = read_digits(_as_text(frame[phone]), calling_code)
    rows = frame[(digits != "").to_numpy()]
    others = [name for name in frame.columns if name not in (phone, consent)]
    return People(
        [number for number in digits if number],
        _read_consent(rows, consent),
        {str(name): [None if pd.isna(t) else t for t in _as_text(rows[name])] for name in others},
    )


def read_digits(texts: pd.Series, calling_code: str | None) -> pd.Series:
    """Keep the digits of each text, "" where there are none; prefix national numbers."""
    digits = (
        texts.fillna("").str.replace(r"\.0+$", "", regex=True).str.replace(r"\D", "", regex=True)
    )
    if calling_code is None:
        return digits
    international = texts.fillna("").str.lstrip().str.startswith("+")
    national = (digits.str.len() == NATIONAL_DIGITS) & ~international
    return digits.where(~national, calling_code.lstrip("+") + digits)


def _require(frame: pd.DataFrame, name: Hashable, role: str) -> None:
    """Refuse a column that the frame does not have, naming those it has."""
    if not isinstance(name, Hashable) or name not in frame.columns:
        columns = ", ".join(map(repr, frame.columns))
        raise ValueError(f"No column {name!r}. Name one of these with {role}=: {columns}.")


def _read_consent(rows: pd.DataFrame, column: Hashable | None) -> list[str]:
    """Return the consent of every row; without a column everybody is opted in."""
    if column is None:
        return [OPTED_IN] * len(rows)
    words = _as_text(rows[column]).fillna("").str.strip().str.lower()
    return [OPTED_IN if word in _YES else OPTED_OUT for word in words]


def _as_text(column: pd.Series) -> pd.Series:
    """Return a column as text: whole floats as integers, dates in ISO form, missing as ``None``."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    texts = column.astype(object).map(_cell_text, na_action="ignore")
    return texts.where(texts.notna(), None).astype(object)


def _cell_text(value: object) -> str | None:
    """Return one cell as a person would write it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOAT:
        return str(int(value))
    if isinstance(value, pd.Timestamp):
        return str(value.date() if value == value.normalize() else value)
    return str(value)
