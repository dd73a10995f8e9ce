"""What the commands say of lists in files: their problems, and what became of an earlier run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe._base.sentences import in_shell, recalled
from smsframe.cli import output
from smsframe.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    import smsframe


def say_problems(made: smsframe.FilesPlan) -> None:
    """Print each kind of problem of a list, with the first row that has it."""
    for kind in made.problems.to_dict("records"):
        where = f" (first in {kind['file']}, row {kind['row']})" if kind["file"] else ""
        sentence = in_shell(recalled(kind["sentence"]))
        output.say(f"{kind['severity']}: {kind['count']:,} {kind['code']}{where}. {sentence}")


def say_status(
    sent: smsframe.SentFiles,
    arguments: argparse.Namespace,
    connect: Callable[[argparse.Namespace], smsframe.Client],
) -> None:
    """Bring a run from files up to date, in its files, and print what became of it."""
    if arguments.out is not None:
        raise InputError(f"--out is for a run of one file. The results are in {sent.path}.")
    if "accepted" in sent.counts:
        sent.refresh(client=connect(arguments), deadline_s=arguments.wait)
    output.say(repr(sent), output.files_table(sent))
