"""``smsframe send``: a file is sent once somebody has looked at it.

``--confirm N`` must be the number of messages that would go out now, and without it the plan is
shown and nothing sent. Where the results go is looked at before anything is sent, and they are
written whatever ends the send: an interrupt, an error, or a reader of the output that has left.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import smsframe
from smsframe._base.sentences import Sentence, in_shell, many, sentence_of
from smsframe._files import read as files
from smsframe._files import write
from smsframe._plan.options import Sending
from smsframe._send import run as engine
from smsframe._send.cancellation import SendControl
from smsframe.cli import folders, output, results_file
from smsframe.cli.arguments import connect, made_of
from smsframe.cli.options import ALL_ACCEPTED, SOME_NOT, USAGE
from smsframe.cli.results_file import DONE, to_confirm
from smsframe.errors import InputError, SmsframeError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._send.plan import Plan


def run(arguments: argparse.Namespace) -> int:
    """Send a file, once somebody has confirmed the number of messages."""
    if arguments.test_to or arguments.test_rows is not None:
        return _test(arguments)
    if folders.are_files(arguments.file):
        return folders.send(arguments)
    usual = Path(f"{arguments.file.stem}-results.csv")
    out = results_file.apart(arguments.out or usual, arguments.file)
    write.check_out(out, overwrite=True)
    client = connect(arguments)
    made, cells = made_of(arguments)
    out = results_file.place_of(arguments, out, cells)
    write.check_fits(cells, out)
    if arguments.dry_run:
        planned = files.with_cells(made.send(client=client, dry_run=True), cells)
        return results_file.report(planned, out, ("planned", *DONE))
    if arguments.confirm is None:
        return _ask(made)
    with _kept_whatever_happens(made, cells, out):
        results = _sent(made, client, arguments.confirm)
    code = results_file.report(files.with_cells(results, cells), out, DONE)
    return code if code == ALL_ACCEPTED else _advised(made, code)


def _test(arguments: argparse.Namespace) -> int:
    """Send the words of the first rows to one's own numbers."""
    rows = 1 if arguments.test_rows is None else arguments.test_rows
    if not arguments.test_to or rows < 1:
        raise InputError("--test-rows is a number of rows, from 1, and goes with --test-to.")
    if arguments.confirm is not None or arguments.dry_run:
        raise InputError("--test-to sends a test alone: leave out --confirm and --dry-run.")
    client = connect(arguments)
    made, _ = made_of(arguments)
    first = made.frame.index[made.data.ready[:rows]].tolist() or None
    results = made.send_test(arguments.test_to, rows=first, client=client, progress=False)
    output.say(output.test_table(results))
    return ALL_ACCEPTED if bool(results["sms_status"].eq("accepted").all()) else SOME_NOT


def _ask(made: Plan) -> int:
    """Show the plan and say how to confirm it."""
    output.say(output.plan_lines(made))
    past = made.history
    left = made.recipients if past is None else past.left
    refused = past is not None and bool(past.blocking)
    return output.complain(to_confirm(left, refused=refused), USAGE)


def _sent(made: Plan, client: Client, confirm: int) -> pd.DataFrame:
    """Send a plan without the line of the engine, which counts what is counted here."""
    control = SendControl(quiet=True)
    how = Sending(client=client, confirm=confirm, wait_s=made.wait_s)
    results = engine.send_plan(made.data, how, control)
    if control.nothing_sent is not None:
        output.say(in_shell(control.nothing_sent))
    return results


@contextlib.contextmanager
def _kept_whatever_happens(made: Plan, cells: pd.DataFrame, out: Path) -> Iterator[None]:
    """Write the results also of a send that is interrupted or fails, and say how to go on."""
    before = smsframe.last_results()
    try:
        yield
    except InputError:
        raise  # nothing was sent
    except (KeyboardInterrupt, SmsframeError) as stopped:
        results = smsframe.last_results()
        if results is None or results is before:
            raise
        results_file.report(files.with_cells(results, cells), out, DONE)
        if not isinstance(stopped, KeyboardInterrupt):
            raise
        how = Sentence(sentence_of(stopped), f" {_how_to_go_on(made)}")
        raise KeyboardInterrupt(how) from stopped


def _how_to_go_on(made: Plan) -> str:
    """Say which command sends the rest."""
    with contextlib.suppress(SmsframeError):  # a journal that fails has said so before
        past = made.history
        if past is not None and past.left:
            return f"To go on, run the same command with --confirm {past.left}."
        return "Nothing is left to send."
    return "Run the same command again to go on."


def _advised(made: Plan, code: int) -> int:
    """Say how to go on if something is left to send, and return the exit code."""
    past = made.history
    if past is not None and past.left:
        sentence = f"{many(past.left, 'message is', 'messages are')} left to send."
        return output.complain(f"{sentence} {_how_to_go_on(made)}", code)
    return code
