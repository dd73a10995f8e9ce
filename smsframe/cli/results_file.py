"""The file of results that a command writes: where it goes, and the exit code that it says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from smsframe._base.sentences import in_shell, sentence_of
from smsframe._files import read as files
from smsframe._files import write as written
from smsframe.cli import output
from smsframe.cli.options import ALL_ACCEPTED, SOME_NOT
from smsframe.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

DONE = ("accepted", "sent", "duplicate")
LEFT_OUT = ("excluded", "held_out", "opted_out", "no_consent")
"""Codes of rows that are not to be sent, so that nothing is wrong with them."""


def to_confirm(messages: int, *, refused: bool) -> str:
    """Say how to confirm a plan that was shown, unless it would be refused."""
    if refused:
        return "Nothing was sent, and --confirm would not change that: see what is wrong above."
    return f"Nothing was sent. If this is right, run it again with --confirm {messages}."


def apart(out: Path, file: Path) -> Path:
    """Return where the results go; refuse the file that is read."""
    if files.is_same(out, file):
        raise InputError("--out is the file itself; give another name.")
    return out


def place_of(arguments: argparse.Namespace, out: Path, cells: pd.DataFrame) -> Path:
    """Return where the results of a send go: over earlier ones of the same rows, nothing else."""

    def renews(place: Path) -> bool:
        return not arguments.dry_run and place.is_file() and written.is_earlier(place, cells)

    if arguments.overwrite:
        return out
    if arguments.out is None:
        return next(p for p in written.names(out) if renews(p) or not os.path.lexists(p))
    if not renews(out):
        written.refuse_present(out, overwrite=False)
    return out


def report(results: pd.DataFrame, out: Path, good: Sequence[str]) -> int:
    """Print the counts, write the results, and return the exit code."""
    output.say(output.count_table(results))
    try:
        return write(results, out, good)
    except InputError as error:
        fix = "Nothing is lost: run the same command with another --out; nothing is sent twice."
        return output.complain(f"{in_shell(sentence_of(error))} {fix}", SOME_NOT)


def write(
    results: pd.DataFrame, out: Path | None, good: Sequence[str], what: str = "became"
) -> int:
    """Write the rows, if wanted; return 0 when every row has one of the good statuses, else 1."""
    if out is not None:
        written.write_frame(output.with_errors_of_a_shell(results), out, overwrite=True)
        output.say(f"\nEvery row and what {what} of it: {out}")
    fine = results["sms_status"].isin(good).to_numpy()
    for code in LEFT_OUT:
        fine = fine | output.is_held(results, code)
    return ALL_ACCEPTED if bool(fine.all()) else SOME_NOT
