"""What the explorer shows, as static HTML; every cell is masked here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe._base import result_columns
from smsframe._base.html import FAINT, INK, Html, faint, joined, tag, text_of_cell
from smsframe._base.masking import mask_cell, mask_phone, mask_sentence
from smsframe._base.sentences import on_screen, recalled, sentence_of
from smsframe._explorer.kinds import shown

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from smsframe._explorer.rows import Rows

CELL_CHARACTERS = 60
STILL_VALUES = 12


def many(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


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


def row_cells(rows: Rows, place: int, columns: Sequence[Hashable], phones: set[Any]) -> Html:
    """Return the cells of a row; each says its column to those who listen and on narrow screens."""
    number, code = int(rows.read.status[place]), rows.read.code[place].as_py()
    status = result_columns.words_of(result_columns.STATUSES[number]) if number >= 0 else ""
    cells = [("status", status), ("reason", code or "")]
    labels: list[Any] = list(rows.results.columns)
    for column in columns:
        at = labels.index(column)
        cells.append((name_of(column), cell(rows.results.iloc[place, at], phone=column in phones)))
    return tag("div", *(_cell(name, text) for name, text in cells), class_="sms-cells")


def _cell(name: str, text: str) -> Html:
    """Return one cell."""
    return tag("span", tag("i", f"{name}: ", class_="sms-name"), text or "–")


def cell(value: Any, *, phone: bool) -> str:
    """Return a cell as it is shown: masked, and cut where it is long."""
    text = mask_cell(text_of_cell(value)) if phone else shown(value)
    line = " ".join(text.split())
    return line if len(line) <= CELL_CHARACTERS else f"{line[: CELL_CHARACTERS - 1]}…"


def name_of(column: Hashable) -> str:
    """Return the name of a column."""
    return shown(column)


def row_label(rows: Rows, place: int) -> str:
    """Return what a row is called: its label in the results."""
    return shown(rows.results.index[place])


def detail(rows: Rows, place: int, text: str | None, why: str) -> Html:
    """Return one row: its text as it was sent, what became of it, what to do."""
    number = int(rows.read.status[place])
    status = result_columns.STATUSES[number] if number >= 0 else ""
    meaning = result_columns.MEANINGS.get(status, "")
    sentence = rows.read.error[place].as_py() or ""
    batch, moment = rows.read.batch[place].as_py(), pd.Series(rows.read.accepted_at).iloc[place]
    told = [f"batch {batch}"] if batch else []
    told += [f"accepted {moment:%Y-%m-%d %H:%M:%S} UTC"] if not pd.isna(moment) else []
    contact = rows.read.contact[place].as_py() or ""
    words = f"{result_columns.words_of(status)}: {meaning}" if status else ""
    parts = [tag("h3", f"Row {row_label(rows, place)}")]
    parts += [tag("div", f"to {mask_cell(contact)}", class_="sms-faint")] if contact else []
    if text is None:
        parts.append(tag("div", why, class_="sms-faint"))
    else:
        parts.append(tag("div", mask_phone(text), class_="sms-bubble", dir="auto"))
    parts.append(tag("div", words))
    if sentence:
        parts.append(tag("div", on_screen(mask_sentence(recalled(sentence))), class_="sms-error"))
    parts += [tag("div", " · ".join(told), class_="sms-faint")]
    return tag("div", *parts, class_="sms-detail", role="status")


def error(failure: BaseException) -> Html:
    """Return what went wrong as a sentence, masked."""
    text = on_screen(mask_sentence(sentence_of(failure)))
    ours = type(failure).__module__.startswith("smsframe")
    words = text if ours and text else f"{type(failure).__name__}: {text}"
    return tag("div", words, class_="sms-error", role="alert")


def good(sentence: str) -> Html:
    """Return what was done."""
    return tag("div", sentence, class_="sms-good", role="status")


def strong(*sentences: str) -> Html:
    """Return a question, what it means below it."""
    first, *rest = sentences
    return joined(tag("div", first, class_="sms-strong"), *(tag("div", one) for one in rest if one))


def bar(done: int, total: int, words: str) -> Html:
    """Return how far something is."""
    return joined(
        tag("progress", max=max(total, 1), value=done, aria_label="Messages sent"),
        tag("div", words, class_="sms-faint"),
    )


def code(text: str) -> Html:
    """Return code to be copied, masked."""
    inside = tag("pre", mask_phone(text), tabindex=0, role="region", aria_label="Code")
    return tag("div", inside, class_="sms-code")


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
    inside = tag(
        "div",
        tag("div", f"Explorer of results: {many(len(rows), 'row')}", style="font-weight:600"),
        *lines,
        tag("div", "Run the cell to look at the rows.", style=f"color:{FAINT}"),
        style=f"color:{INK};max-width:60em",
    )
    live = f"body:has(.{mark}:not(.jupyter-widgets-disconnected))"
    dead = f"body:has(.{mark}-still):not(:has(.{mark}:not(.jupyter-widgets-disconnected)))"
    style = Html(
        f"<style>{live} .{mark}-still{{display:none}}{dead} .{mark}{{display:none}}"
        f"{dead} .jp-OutputArea:has(.{mark}-still) "
        f".jp-OutputArea-output.jupyter-widgets:not(:has(.{mark})){{display:none}}</style>"
    )
    return joined(style, tag("div", inside, class_=f"{mark}-still"))
