"""Commands over the files of a folder, pattern or address: their plan, their send, their status."""

from __future__ import annotations

from dataclasses import fields
from glob import has_magic
from typing import TYPE_CHECKING, Final

import pandas as pd

import smsframe
from smsframe._base.sentences import in_shell, recalled
from smsframe._base.validation import refuse_unreachable
from smsframe._files import write
from smsframe._files.way import Way
from smsframe._send.cancellation import SendControl
from smsframe._stream.send_files import check_out, send_list
from smsframe._stream.sent_files import refuse_missing_files
from smsframe._stream.stores import address_of
from smsframe.cli import output, results_file
from smsframe.cli.arguments import connect, is_named, options_of, said
from smsframe.cli.options import ALL_ACCEPTED, SOME_NOT, USAGE
from smsframe.cli.results_file import DONE, LEFT_OUT, to_confirm
from smsframe.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

OF_ONE_FILE: Final = (*(field.name for field in fields(Way)), "overwrite")


def are_files(path: Path) -> bool:
    """Tell whether a folder, a pattern or an address was named, in place of one file."""
    if address_of(path) is not None:
        return True
    refuse_unreachable(path)
    if path.is_dir():
        return True
    return has_magic(str(path)) and not path.exists()


def _refuse_of_one_file(arguments: argparse.Namespace) -> None:
    """Refuse what is for one file alone."""
    for name in OF_ONE_FILE:
        if getattr(arguments, name):
            flag = f"--{name.replace('_', '-')}"
            raise InputError(f"{flag} is for one file. Leave it out, or send file by file.")


def plan(arguments: argparse.Namespace) -> int:
    """Show what would be sent from a folder or pattern."""
    _refuse_of_one_file(arguments)
    if arguments.out is not None:
        raise InputError("--out of a plan is for one file. Leave it out.")
    if is_named(arguments):
        connect(arguments)
    made = smsframe.plan_files(arguments.file, said(arguments), **options_of(arguments))
    _show(made)
    fine = sum(made.counts.get(name, 0) for name in ("ready", *DONE, *LEFT_OUT))
    return ALL_ACCEPTED if fine == made.rows and not _is_refused(made) else SOME_NOT


def _show(made: smsframe.FilesPlan) -> None:
    """Print a plan of files, with what is wrong."""
    output.say(repr(made))
    for kind in made.problems.to_dict("records"):
        has_lines = not pd.isna(kind["line"])
        at = f"line {kind['line']:,}" if has_lines else f"row {kind['row']}"
        where = f" (first in {kind['file']}, {at})" if kind["file"] else ""
        sentence = in_shell(recalled(kind["sentence"]))
        output.say(f"{kind['severity']}: {kind['count']:,} {kind['code']}{where}. {sentence}")


def _is_refused(made: smsframe.FilesPlan) -> bool:
    """Tell whether something is wrong with the whole, not with single rows."""
    kinds = made.problems
    return bool((kinds["severity"].eq("error") & kinds["row"].isna()).any())


def send(arguments: argparse.Namespace) -> int:
    """Send the files of a folder or pattern, once somebody has confirmed the number."""
    _refuse_of_one_file(arguments)
    if arguments.out is None:
        raise InputError("Give --out FOLDER: the results of several files are files too.")
    check_out(arguments.file, arguments.out, is_dry=arguments.dry_run)
    options = options_of(arguments)
    options["client"] = connect(arguments)
    if not arguments.dry_run and arguments.confirm is None:
        made = smsframe.plan_files(arguments.file, said(arguments), **options)
        _show(made)
        return output.complain(to_confirm(made.recipients, refused=_is_refused(made)), USAGE)
    if arguments.dry_run:
        options["dry_run"] = True
    else:
        options["confirm"] = arguments.confirm
    control = SendControl(quiet=True)
    sent = send_list(arguments.file, said(arguments), arguments.out, options, control)
    if control.nothing_sent is not None and not arguments.dry_run:
        output.say(in_shell(control.nothing_sent))
    return _shown(sent, ("planned", *DONE) if arguments.dry_run else DONE)


def status(sent: smsframe.SentFiles, arguments: argparse.Namespace) -> int:
    """Bring a run from files up to date, in its files, and print what became of it."""
    out = arguments.out
    if out is not None:
        refuse_missing_files(sent)
    if "accepted" in sent.counts:
        sent.refresh(client=connect(arguments), deadline_s=arguments.wait)
    code = _shown(sent, DONE)
    if out is None:
        return code
    rows = sent.to_frame()
    if not write.is_earlier(out, rows):
        write.refuse_present(out, overwrite=arguments.overwrite)
    return results_file.write(rows, out, DONE)


def _shown(sent: smsframe.SentFiles, good: Sequence[str]) -> int:
    """Print what became of the rows of files, and return the exit code."""
    output.say(repr(sent), output.files_table(sent))
    counted = sent.summary()
    fine = counted["status"].isin(good) | counted["code"].isin(LEFT_OUT)
    return ALL_ACCEPTED if bool(fine.all()) else SOME_NOT
