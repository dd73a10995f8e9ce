"""``smsframe status RUN``: what became of a run since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import smsframe
from smsframe._files import write
from smsframe.cli import folders, output, results_file
from smsframe.cli.arguments import connect, journal_of, prices
from smsframe.cli.runs import results_of

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Bring a run up to date and say what became of it."""
    out = arguments.out
    if out is not None:
        write.check_out(out, overwrite=True)
    results = results_of(arguments.run, journal_of(arguments))
    if isinstance(results, smsframe.SentFiles):
        return folders.status(results, arguments)
    if out and not write.is_earlier(out, output.with_row_numbers(results)):
        write.refuse_present(out, overwrite=arguments.overwrite)
    if (results["sms_status"] == "accepted").any():  # else everything is known; no call is needed
        client = connect(arguments)
        results = smsframe.refresh(results, deadline_s=arguments.wait, client=client)
    summary = smsframe.summary(results, price_per_segment=prices(arguments.price_per_segment))
    output.say(str(summary))
    return results_file.write(output.with_row_numbers(results), out, results_file.DONE)
