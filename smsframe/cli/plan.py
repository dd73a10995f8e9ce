"""``smsframe plan``: what would be sent from a file, and what is wrong; nothing is sent."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from smsframe._files import read as files
from smsframe._files import write
from smsframe.cli import folders, output, results_file
from smsframe.cli.arguments import connect, is_named, made_of
from smsframe.cli.options import SOME_NOT
from smsframe.cli.results_file import DONE
from smsframe.errors import SmsframeError

if TYPE_CHECKING:
    import argparse

    from smsframe._send.plan import Plan


def run(arguments: argparse.Namespace) -> int:
    """Show what would be sent."""
    if folders.are_files(arguments.file):
        return folders.plan(arguments)
    out = arguments.out
    if out is not None:
        write.check_out(results_file.apart(out, arguments.file), overwrite=arguments.overwrite)
    if is_named(arguments):
        connect(arguments)  # then the plan says what the journal knows of it
    made, cells = made_of(arguments)
    if out is not None:
        write.check_fits(cells, out)
    output.say(output.plan_lines(made, texts=arguments.texts))
    planned = files.with_cells(made.to_frame(), cells)
    code = results_file.write(planned, out, ("planned", *DONE), "would become")
    return SOME_NOT if _is_refused(made) else code


def _is_refused(made: Plan) -> bool:
    """Tell whether the journal has something against the whole send."""
    with contextlib.suppress(SmsframeError):  # a journal that fails has said so with the plan
        past = made.history
        return past is not None and bool(past.blocking)
    return False
