"""``smsframe journal upgrade | import | check``: what is done to a journal as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe import journal
from smsframe._journal import location
from smsframe.cli import output
from smsframe.cli.options import ALL_ACCEPTED

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Run one of the commands."""
    if arguments.what == "upgrade":
        made = journal.upgrade(arguments.journal_url)
        output.say(f"Upgraded: {', '.join(made)}." if made else "It is up to date.")
    elif arguments.what == "import":
        copied = journal.copy(arguments.source, arguments.target)
        output.say(f"Copied: {_counted(copied)}. What was there already is as it was.")
    else:
        path = location.journal_path(arguments.journal)
        sums = journal.check(path=path)
        output.say(f"{path}: {_counted(sums)}. Everything is what was written.")
    return ALL_ACCEPTED


def _counted(counts: dict[str, int]) -> str:
    """Return counts in words."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())
