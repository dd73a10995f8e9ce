"""The line of pandas that gives the rows that match, for whoever goes on without the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe._base.masking import PHONE_DIGITS
from smsframe._explorer.searching import digits_asked, number_places

if TYPE_CHECKING:
    from smsframe._explorer.kinds import Kind
    from smsframe._explorer.rows import Rows


_REGION = (
    'lambda n: phonenumbers.region_code_for_number(p := phonenumbers.parse("+" + n)) '
    'or phonenumbers.region_code_for_country_code(p.country_code), na_action="ignore"'
)


def code_of(rows: Rows, name: str) -> str:
    """Return the lines: what they need to import, then the rows; ``name`` is the results' own."""
    imports: dict[str, None] = {}  # as an ordered set
    said = [
        _filter(rows.kinds[kind], places, name, imports) for kind, places in rows.chosen.items()
    ]
    if rows.asked:
        said += [_search(rows, name)]
    line = name if not said else f"{name}[" + " & ".join(said) + "]"
    if rows.sorted_by is not None:
        order = f'{rows.sorted_by!r}, ascending={not rows.descending}, kind="stable"'
        line += f".sort_values({order})"
    return "\n".join([*imports, line])


def _filter(kind: Kind, places: frozenset[int], name: str, imports: dict[str, None]) -> str:
    """Return one filter."""
    values = [kind.found[place] for place in sorted(places)]
    known = [value for value in values if value is not None]
    column = _column(kind, name, imports)
    told = []
    if known:
        listed = f"[{', '.join(_literal(value, imports) for value in known)}]"
        told.append(f"{column}.isin({listed})")
    if len(known) < len(values):
        told.append(f"{column}.isna()")
    return told[0] if len(told) == 1 else f"({' | '.join(told)})"


def _column(kind: Kind, name: str, imports: dict[str, None]) -> str:
    """Return what a kind reads its values from."""
    if kind.column is None:
        imports["import phonenumbers"] = None
        contact = f'{name}["sms_contact"]'
        return f'{contact}.where({contact}.str.fullmatch("[1-9][0-9]{{6,14}}")).map({_REGION})'
    label, plain = kind.column, isinstance(kind.column, str) and kind.column.isidentifier()
    told = f'{name}["{label}"]' if plain else f"{name}[{label!r}]"
    return f'{told}.dt.floor("h")' if kind.name == "hour" else told


def _search(rows: Rows, name: str) -> str:
    """Return the search: a text in any cell, or digits in one that may be a phone."""
    asked, frame = rows.asked, rows.results
    cells = 'c.astype("string")'
    found = f"{cells}.str.contains({asked!r}, case=False, regex=False)"
    told = f"{name}.apply(lambda c: {found}.fillna(False)).any(axis=1)"
    digits = digits_asked(asked)
    if not digits:
        return told
    listed = [frame.columns[place] for place in number_places(frame)]
    bare = f'{cells}.str.replace("[^0-9]", "", regex=True)'
    found = f"{bare}.where(lambda d: d.str.len() >= {PHONE_DIGITS}).str.contains({digits!r})"
    numbers = f"{name}[{listed!r}].apply(lambda c: {found}.fillna(False)).any(axis=1)"
    return f"({told} | {numbers})"


def _literal(value: Any, imports: dict[str, None]) -> str:
    """Return a value as code."""
    if isinstance(value, pd.Timestamp):
        imports["import pandas as pd"] = None
        return f"pd.Timestamp({str(value)!r})"
    return repr(value.item() if hasattr(value, "item") else value)
