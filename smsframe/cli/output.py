"""What the command line prints: the plan, texts, problems and counts, in plain aligned text.

Everything fits 80 columns and uses up to 100. Problems are grouped, one line for each kind with its
first row as the example: 73 blank cells are one thing to fix, not 73. Values arrive masked.

When whoever reads the output has left (``| head``), the rest is not shown and nothing else changes:
what was begun goes on, and its results are written.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe._base.masking import mask_cell
from smsframe._base.result_columns import MEANINGS
from smsframe._base.sentences import in_shell, named_counts, recalled
from smsframe._plan import figures
from smsframe._plan.show import headline, row_label
from smsframe._send.look_back import clock_of, past_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from smsframe._base.journal_address import JournalAddress
    from smsframe._plan.problems import Kind
    from smsframe._send.plan import Plan
    from smsframe._stream.sent_files import SentFiles

NARROWEST, WIDEST = 80, 100
VALUE_WIDTH = 22
SENT = ("campaign", "program", "variants", "text")

HELD_BACK: Mapping[str, str] = {
    "limit": "--limit stopped before it; a higher --limit, or none, goes on with it",
    "outside_hours": "outside --sending-hours or --closed; the same command sends it when it opens",
    "never_open": "never inside --sending-hours in all its time zones; give --time-zone",
    "too_soon": "had a message within --min-gap; the same command later goes on with it",
    "excluded": "--exclude, or the file of SMSFRAME_EXCLUDE, names the person; not sent",
    "held_out": "in the holdout of the campaign (--holdout), which gets nothing",
    "opted_out": "the person has opted out; not sent",
    "no_consent": "there is no record of the person's consent; not sent",
}
"""Codes of rows that a rule holds back, which to run the same command again does not send."""


TOLD = ("night_now", "opt_out_missing", "short_link")
"""Notices that are shown beside the warnings."""


def width() -> int:
    """Return how many columns there are to write in."""
    return min(max(shutil.get_terminal_size((WIDEST, 24)).columns, NARROWEST), WIDEST)


def say(*lines: str) -> None:
    """Print lines at once, also when the output goes to another program, or did."""
    try:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except BrokenPipeError:
        _to_nowhere(sys.stdout)


def complain(sentence: str, code: int) -> int:
    """Print what is wrong and return the exit code."""
    print(f"smsframe: {sentence}", file=sys.stderr)
    return code


def _to_nowhere(stream: Any) -> None:
    """Let a stream go nowhere; what was not taken is in its buffer, and tried again at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


class Patient:
    """A stream whose reader may leave: the bar and warnings go nowhere then, and the work on."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text, if anybody reads."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            _to_nowhere(self._stream)
        return len(text)

    def flush(self) -> None:
        """Nothing to do: every text is written at once."""


def heading(text: str) -> str:
    """Return a heading with a rule that fills the line."""
    return f"\n── {text} {'─' * max(0, width() - len(text) - 4)}"


def wrapped(text: str, indent: str = "  ") -> str:
    """Return text wrapped to the width, every line indented."""
    return textwrap.fill(text, width(), initial_indent=indent, subsequent_indent=indent)


def plan_lines(plan: Plan, *, texts: int = 2) -> str:
    """Return a plan as the command line shows it: figures, two texts, problems by kind."""
    past = past_of(plan.data, None)
    view = figures.view(
        plan.data, past, batches=plan.batches, messages=0, problems=0, now=clock_of(None)()
    )
    parts = [headline(view)]
    parts += [_hanging(f"  {name}: {value}") for name, value in view.figures.items()]
    parts += [_hanging(f"  {in_shell(note)}") for note in view.notes]
    shown = plan.preview(texts)
    for to, text in zip(shown.get("to", []), shown["text"], strict=True):
        parts += ["", f"  to {to}", textwrap.indent(wrapped(text, ""), "  │ ")]
    problems = problem_table(plan.problem_kinds, place=str(plan.data.frame.index.name or "row"))
    return "\n".join([*parts, *(["", problems] if problems else [])])


def problem_table(kinds: Iterable[Kind], *, place: str = "row") -> str:
    """Return the errors and warnings by kind: rows, an example, what to do."""
    rows = [
        (
            f"{kind.count:,}",
            row_label(kind.label),
            _cell(kind.value)[:VALUE_WIDTH],
            in_shell(kind.sentence, row=place),
        )
        for kind in kinds
        if kind.severity != "info" or kind.code in TOLD
    ]
    names = ("rows", place, "for example", "what is wrong, and what to do")
    return table(names, rows, right=(0, 1)) if rows else ""


def with_errors_of_a_shell(results: pd.DataFrame) -> pd.DataFrame:
    """Return results whose sentences, which the file has in ``sms_error``, speak of options."""
    said = results["sms_error"]
    known = {text: in_shell(recalled(text)) for text in said.dropna().unique()}
    return results.assign(sms_error=said.map(known).astype("string"))


def with_row_numbers(results: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a run with their number in its file first, 1 below the header."""
    name = "row (in the file)" if "row" in results.columns else "row"  # the name of a tag
    numbered = results.copy(deep=False)
    numbered.insert(0, name, range(1, len(results) + 1))
    return numbered


def is_held(results: pd.DataFrame, code: str) -> npt.NDArray[np.bool_]:
    """Tell which rows a rule holds back, by its code."""
    return results["sms_code"].eq(code).fillna(value=False).to_numpy(bool)


def test_table(results: pd.DataFrame) -> str:
    """Return the messages of a test: to whom, whose words, what became of it."""
    rows = [
        (
            mask_cell(told["to"]),
            row_label(told["row"]),
            str(told["sms_status"]),
            _test_words(told),
        )
        for told in results.to_dict("records")
    ]
    return table(("to", "words of row", "status", "text"), rows)


def _test_words(told: Mapping[Any, Any]) -> str:
    """Return the text of a message of a test, and why it did not go out."""
    return " ".join(filter(None, (told["text"], in_shell(recalled(_cell(told["sms_error"]))))))


def count_table(results: pd.DataFrame) -> str:
    """Return how many rows have each status, and what it means.

    Rows that a rule held back stand apart: to run the same command again does not send them.
    """
    apart = {code: is_held(results, code) for code in HELD_BACK}
    others = ~np.logical_or.reduce(list(apart.values()))
    counted = results["sms_status"][others].value_counts()
    rows = [(f"{n:,}", str(status), MEANINGS[str(status)]) for status, n in counted.items() if n]
    for code, held in apart.items():
        if held.any():
            rows.append((f"{held.sum():,}", "not_attempted", HELD_BACK[code]))
    return table(("rows", "status", "meaning"), rows, right=(0,))


def files_table(sent: SentFiles) -> str:
    """Return how many rows of files have each status, those that a rule holds back apart."""
    rows = []
    for row in sent.summary().to_dict("records"):
        status, code = str(row["status"]), row["code"]
        is_held = status == "not_attempted" and not pd.isna(code)
        meaning = HELD_BACK.get(code, MEANINGS[status]) if is_held else MEANINGS[status]
        rows.append((f"{row['rows']:,}", status, "" if pd.isna(code) else code, meaning))
    return table(("rows", "status", "code", "meaning"), rows, right=(0,))


def run_lines(runs: pd.DataFrame, path: JournalAddress) -> str:
    """Return earlier runs, two lines each: when and what became of the rows, then what was sent."""
    if runs.empty:
        return f"No run is known in {path}."
    rows: list[tuple[str, ...]] = []
    for run, told in zip(runs.index, runs.to_dict("records"), strict=True):
        when = f"{told['started_at']:%Y-%m-%d %H:%M}"
        rows += [
            (run, when, f"{told['rows']:,}", told["ending"], _outcomes(told)),
            ("", "", "", "", " · ".join(_cell(told[name]) for name in SENT if _cell(told[name]))),
        ]
    names = ("run", "started (UTC)", "rows", "ending", "what became of them, and what was sent")
    return table(names, rows, right=(2,))


def _outcomes(told: Mapping[Any, Any]) -> str:
    """Return the rows of a run by status; ``earlier`` are those an earlier run had dealt with."""
    names = (*(status for status in MEANINGS if status in told), "earlier")
    counts = {name: told[name] for name in names if not pd.isna(told[name])}
    return ", ".join(named_counts(counts, names))


def table(names: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Return rows as aligned text; the last column is wrapped to what is left of the width."""
    lines = [tuple(names), *map(tuple, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(names) - 1)]
    margin = 2 + sum(widths) + 2 * len(widths)
    out = []
    for line in lines:
        cells = [
            cell.rjust(space) if place in right else cell.ljust(space)
            for place, (cell, space) in enumerate(zip(line, widths, strict=False))
        ]
        last = textwrap.wrap(line[-1], max(width() - margin, 20)) or [""]
        start = "  " + "".join(f"{cell}  " for cell in cells)
        out.append("\n".join([f"{start}{last[0]}".rstrip(), *(" " * margin + t for t in last[1:])]))
    return "\n".join(out)


def _hanging(line: str) -> str:
    """Return a line of the plan wrapped, what follows indented further."""
    return textwrap.fill(line, width(), subsequent_indent="    ")


def _cell(value: Any) -> str:
    """Return a cell as text; nothing for what is missing."""
    return "" if value is None or pd.isna(value) else str(value)
