"""``smsframe journal upgrade | import | check``: what is done to a journal as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe import journal
from smsframe.cli import output

if TYPE_CHECKING:
    import argparse

    from smsframe._base.journal_address import JournalAddress


def run(arguments: argparse.Namespace, usual: JournalAddress) -> int:
    """Run one of the commands; ``usual`` is the journal that is meant where none is named."""
    if arguments.what == "upgrade":
        made = journal.upgrade(arguments.journal_url)
        output.say(f"Upgraded: {', '.join(made)}." if made else "It is up to date.")
    elif arguments.what == "import":
        copied = journal.copy(arguments.source, arguments.target)
        output.say(f"Copied: {_counted(copied)}. What was there already is as it was.")
    else:
        sums = journal.check(path=usual)
        output.say(f"{usual}: {_counted(sums)}. Everything is what was written.")
    return 0


def _counted(counts: dict[str, int]) -> str:
    """Return counts in words."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())
