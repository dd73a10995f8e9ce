"""What the explorer shows, as HTML; every cell is masked here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe._base import result_columns
from smsframe._base.held_back import RULE_NAMES
from smsframe._base.html import Html, faint, tag, text_of_cell
from smsframe._base.masking import mask_cell, mask_sentence
from smsframe._base.sentences import many, recalled
from smsframe._explorer.identifiers import is_shown, masked_around
from smsframe._explorer.kinds import shown
from smsframe._results.report_words import reason_words
from smsframe._widgets.displayed import summary
from smsframe._widgets.html import error, in_line

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from smsframe._explorer.rows import Rows

CELL_CHARACTERS = 60
STILL_VALUES = 12


def heading(rows: Rows) -> Html:
    """Return how many rows match, of how many."""
    told = f"{rows.count:,} of {many(len(rows), 'row')}"
    narrowed = rows.chosen or rows.asked
    words = f"{told} match" if narrowed else many(len(rows), "row")
    return tag("div", tag("b", words), role="status", class_="sms-figures")


def selection(rows: Rows) -> Html:
    """Return how many rows are selected, and how many of them are on no page."""
    number, hidden = rows.marked_count, rows.hidden_count
    if not number:
        return tag("div", "No rows are selected.", class_="sms-faint", role="status")
    told = f"{many(number, 'row')} selected"
    told += f"; {hidden:,} of them do not match and are not shown" if hidden else ""
    return tag("div", f"{told}.", role="status")


def head_cells(columns: Sequence[Hashable]) -> Html:
    """Return the names above the cells."""
    names = ["status", "reason", *map(name_of, columns)]
    return tag("div", *(tag("span", name) for name in names), class_="sms-cells sms-head")


def row_cells(
    rows: Rows, place: int, columns: Sequence[Hashable], *, phones: set[Any], identifiers: set[Any]
) -> Html:
    """Return the cells of a row; each says its column to those who listen and on narrow screens."""
    number, code = int(rows.read.status[place]), rows.read.code[place].as_py()
    status = result_columns.words_of(result_columns.STATUSES[number]) if number >= 0 else ""
    cells = [("status", status), ("reason", shown(reason_words(code)) if code else "")]
    labels: list[Any] = list(rows.results.columns)
    for column in columns:
        at = labels.index(column)
        value, is_identifier = rows.results.iloc[place, at], column in identifiers
        text = cell(value, phone=column in phones, identifier=is_identifier)
        cells.append((name_of(column), text))
    return tag("div", *(_cell(name, text) for name, text in cells), class_="sms-cells")


def _cell(name: str, text: str) -> Html:
    """Return one cell."""
    return tag("span", tag("i", f"{name}: ", class_="sms-name"), text or "–")


def cell(value: Any, *, phone: bool, identifier: bool = False) -> str:
    """Return a cell as it is shown: masked, and cut where it is long."""
    text = text_of_cell(value)
    if not (identifier and is_shown(text)):
        text = mask_cell(text) if phone else shown(value)
    return in_line(text, CELL_CHARACTERS)


def name_of(column: Hashable) -> str:
    """Return the name of a column."""
    return shown(column)


def row_label(rows: Rows, place: int) -> str:
    """Return what a row is called: its label in the results."""
    return shown(rows.results.index[place])


def detail(rows: Rows, place: int, text: str | None, why: str, *, identifiers: set[Any]) -> Html:
    """Return one row: its text as it was sent, what became of it, what to do."""
    number = int(rows.read.status[place])
    status = result_columns.STATUSES[number] if number >= 0 else ""
    held = RULE_NAMES.get(rows.read.code[place].as_py() or "")
    is_held = held and status == "not_attempted"
    meaning = held if is_held else result_columns.MEANINGS.get(status, "")
    sentence = rows.read.error[place].as_py() or ""
    batch, moment = rows.read.batch[place].as_py(), pd.Series(rows.read.accepted_at).iloc[place]
    told = [f"batch {batch}"] if batch else []
    told += [f"accepted {moment:%Y-%m-%d %H:%M:%S} UTC"] if not pd.isna(moment) else []
    contact = rows.read.contact[place].as_py() or ""
    words = f"{result_columns.words_of(status)}: {meaning}" if status else ""
    parts = [tag("h2", f"Row {row_label(rows, place)}")]
    parts += [tag("div", f"to {mask_cell(contact)}", class_="sms-faint")] if contact else []
    if text is None:
        parts.append(tag("div", why, class_="sms-faint"))
    else:
        cells = [text_of_cell(rows.results.iloc[place][column]) for column in identifiers]
        masked = masked_around(text, list(filter(is_shown, cells)))
        parts.append(tag("div", masked, class_="sms-bubble", dir="auto"))
    parts.append(tag("div", words))
    if sentence:
        parts.append(error(mask_sentence(recalled(sentence))))
    parts += [tag("div", " · ".join(told), class_="sms-faint")]
    return tag("div", *parts, class_="sms-detail", role="status")


def still(rows: Rows, mark: str) -> Html:
    """Return what a saved notebook keeps: counts alone, hidden while the live screen is there."""
    lines = []
    for kind in list(rows.kinds.values()):
        if kind.column is not None and kind.name not in ("status", "reason", "hour", "variant"):
            continue  # a column of the user's, and batches, say more than counts
        counts = kind.counts(None).tolist()
        told = [f"{kind.words(i)} {n:,}" for i, n in enumerate(counts) if n]
        more = f", and {len(told) - STILL_VALUES:,} more" if len(told) > STILL_VALUES else ""
        lines.append(faint(f"{kind.title}: {', '.join(told[:STILL_VALUES])}{more}"))
    return summary(
        mark,
        tag("div", f"Explorer of results: {many(len(rows), 'row')}", style="font-weight:600"),
        *lines,
        faint("Run the cell to look at the rows."),
    )
