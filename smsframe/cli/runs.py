"""``smsframe runs``: earlier runs, and the results of one of them, as other commands need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import smsframe
from smsframe.cli import output
from smsframe.cli.arguments import journal_of
from smsframe.cli.options import ALL_ACCEPTED
from smsframe.errors import InputError

if TYPE_CHECKING:
    import argparse

    import pandas as pd

    from smsframe._base.journal_address import JournalAddress


def run(arguments: argparse.Namespace) -> int:
    """List the runs that the journal knows."""
    path = journal_of(arguments)
    output.say(output.run_lines(smsframe.runs(full=True, journal=path), path))
    return ALL_ACCEPTED


def results_of(name: str, path: JournalAddress) -> pd.DataFrame | smsframe.SentFiles:
    """Return the results of a run that the journal has."""
    if name not in smsframe.runs(journal=path).index:
        raise InputError(f"{path} has no run {name!r}. smsframe runs lists what there is.")
    return smsframe.results(name, journal=path)
