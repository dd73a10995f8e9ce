"""``smsframe report RUN``: a run as a page for people who were not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import smsframe
from smsframe._files import write
from smsframe.cli import output
from smsframe.cli.arguments import journal_of, prices
from smsframe.cli.options import ALL_ACCEPTED
from smsframe.cli.runs import results_of

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Write the page of a run."""
    path = journal_of(arguments)
    results = results_of(arguments.run, path)
    out = arguments.out
    if out is None:
        usual = Path(f"{arguments.run}-report.html")
        out = usual if arguments.overwrite else write.free_name(usual)
    price = prices(arguments.price_per_segment)
    if isinstance(results, smsframe.SentFiles):
        place = results.report(out, price_per_segment=price, overwrite=arguments.overwrite)
    else:
        place = smsframe.report(
            results, out, price_per_segment=price, overwrite=arguments.overwrite, journal=path
        )
    output.say(f"The report: {place}")
    return ALL_ACCEPTED
