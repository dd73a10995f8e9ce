"""The front door for a shell: ``smsframe demo | sandbox | plan | send | runs | status``.

The same engine and journal as in a notebook, so what was sent in one is known in the other.
``send`` sends only what somebody has looked at: ``--confirm N`` must be the number of messages that
would go out now, and without it the plan is shown and nothing sent. A command that is run again
sends nothing twice.

An error of ours is one sentence on standard error, never a traceback; the bar and warnings go there
too, so that standard output can be read by another program.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smsframe.errors import ConfigurationError, InputError, SmsframeError, SmsframeWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from smsframe.acoustic.client import Client
    from smsframe.planning import Plan

ALL_ACCEPTED, SOME_NOT, USAGE, INTERRUPTED = 0, 1, 2, 130
DONE = ("accepted", "sent", "duplicate")

EXIT_CODES = """\
exit codes:
  0    every row was accepted, now or before (or repeats one that was)
  1    some rows were not: a problem of the row, a refusal, an unknown outcome, a stop
  2    usage: an argument, the file or a setting; nothing was sent
  130  interrupted; what was sent is in the journal, run it again to go on
"""

CREDENTIALS_HELP = """\
credentials come from the environment: SMSFRAME_CLIENT_ID, SMSFRAME_CLIENT_SECRET,
SMSFRAME_REFRESH_TOKEN, and SMSFRAME_POD unless --pod or --base-url is given.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; without arguments, those of the process."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        with _plain_warnings():
            return command(arguments)
    except (InputError, ConfigurationError) as error:
        return _complain(error, USAGE)
    except SmsframeError as error:
        return _complain(error, SOME_NOT)
    except KeyboardInterrupt as stopped:
        print(f"\nsmsframe: {stopped or 'Stopped.'}", file=sys.stderr)
        return INTERRUPTED


def _complain(error: object, code: int) -> int:
    """Print what is wrong and return the exit code."""
    print(f"smsframe: {error}", file=sys.stderr)
    return code


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Print our warnings as sentences, without the line of code that Python adds."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", SmsframeWarning)
        shown = warnings.showwarning

        def show(message: Any, category: type[Warning], *rest: Any, **named: Any) -> None:
            if issubclass(category, SmsframeWarning):
                print(f"smsframe: {message}", file=sys.stderr)
            else:
                shown(message, category, *rest, **named)

        warnings.showwarning = show
        yield


def _demo(arguments: argparse.Namespace) -> int:
    """Run the demonstration."""
    from smsframe.demo import demonstrate  # noqa: PLC0415 - brings Flask, for rehearsals only

    return demonstrate(arguments.file, fast=arguments.fast)


def _sandbox(arguments: argparse.Namespace) -> int:
    """Serve a sandbox until it is stopped."""
    from smsframe.sandbox import serve  # noqa: PLC0415 - brings Flask, for rehearsals only

    try:
        serve(
            arguments.port,
            arguments.contacts,
            arguments.anyone,
            arguments.world,
            calling_code=arguments.calling_code,
        )
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The sandbox cannot start: {error}") from error
    return 0


def _plan(arguments: argparse.Namespace) -> int:
    """Show what would be sent."""
    from smsframe import console  # noqa: PLC0415 - brings pandas; --help answers at once

    if _named(arguments):
        _connect(arguments)  # then the plan says what the journal knows of it
    made = _made(arguments)
    print(console.plan_lines(made, texts=arguments.texts))
    return _written(made.to_frame(), arguments.out, ("planned", *DONE), "would become")


def _send(arguments: argparse.Namespace) -> int:
    """Send a file, once somebody has confirmed the number of messages."""
    from smsframe import files  # noqa: PLC0415 - brings pandas; --help answers at once

    out = arguments.out or Path(f"{arguments.file.stem}-results.csv")
    if out.absolute() == arguments.file.absolute():
        raise InputError("--out is the file itself; give another name.")
    files.check_ending(out)
    client = _connect(arguments)
    made = _made(arguments)
    if arguments.dry_run:
        return _reported(made.send(client=client, dry_run=True), out, ("planned", *DONE))
    if arguments.confirm is None:
        return _ask(made)
    confirm = None if _was_done(made, arguments.confirm) else arguments.confirm
    line = io.StringIO()
    with contextlib.redirect_stdout(line):  # send's own line speaks of methods on results
        results = made.send(client=client, confirm=confirm)
    if line.getvalue().startswith("Nothing was sent"):
        print(line.getvalue().rstrip())
    return _reported(results, out, DONE)


def _runs(arguments: argparse.Namespace) -> int:
    """List the runs that the journal knows."""
    from smsframe import console, runs  # noqa: PLC0415 - as above

    path = _journal(arguments)
    print(console.run_lines(runs(journal=path), path))
    return ALL_ACCEPTED


def _status(arguments: argparse.Namespace) -> int:
    """Bring a run up to date and say what became of it."""
    import smsframe  # noqa: PLC0415 - as above
    from smsframe import files  # noqa: PLC0415 - as above

    if arguments.out is not None:
        files.check_ending(arguments.out)
    path = _journal(arguments)
    if arguments.run not in smsframe.runs(journal=path).index:
        raise InputError(f"{path} has no run {arguments.run!r}. smsframe runs lists what there is.")
    results = smsframe.results(arguments.run, journal=path)
    if (results["sms_status"] == "accepted").any():  # else everything is known; no call is needed
        client = _connect(arguments)
        results = smsframe.refresh(results, deadline_s=arguments.wait, client=client)
    print(smsframe.summary(results, price_per_segment=arguments.price_per_segment))
    return _written(results, arguments.out, DONE)


def _journal(arguments: argparse.Namespace) -> Path:
    """Return the journal that a connection to this place would use."""
    from smsframe import config  # noqa: PLC0415 - as above

    rehearsal = arguments.sandbox or config.is_loopback(arguments.base_url or "")
    return config.journal_path(arguments.journal, rehearsal=rehearsal)


def _was_done(made: Plan, confirm: int) -> bool:
    """Tell whether these very messages went out before: the same command again is no mistake."""
    past = made.history
    return past is not None and past.left == 0 and confirm == made.recipients


def _ask(made: Plan) -> int:
    """Show the plan and say how to confirm it."""
    from smsframe import console  # noqa: PLC0415 - as above

    print(console.plan_lines(made))
    past = made.history
    left = made.recipients if past is None else past.left
    return _complain(
        f"Nothing was sent. If this is right, run it again with --confirm {left}.", USAGE
    )


def _reported(results: pd.DataFrame, out: Path, good: Sequence[str]) -> int:
    """Print the counts, write the results, and return the exit code."""
    from smsframe import console  # noqa: PLC0415 - as above

    counts = results["sms_status"].value_counts()
    print(console.count_table({str(status): n for status, n in counts.items() if n}))
    try:
        return _written(results, out, good)
    except InputError as error:
        cure = "Nothing is lost: run the same command with another --out; nothing is sent twice."
        return _complain(f"{error} {cure}", SOME_NOT)


def _written(
    results: pd.DataFrame, out: Path | None, good: Sequence[str], what: str = "became"
) -> int:
    """Write the rows, if wanted; return 0 when every row has one of the good statuses, else 1."""
    from smsframe import files  # noqa: PLC0415 - as above

    if out is not None:
        files.write_frame(results, out)
        print(f"\nEvery row and what {what} of it: {out}")
    return ALL_ACCEPTED if bool(results["sms_status"].isin(good).all()) else SOME_NOT


def _named(arguments: argparse.Namespace) -> bool:
    """Return whether the command line or the environment says where to send."""
    pod = arguments.pod or os.environ.get("SMSFRAME_POD", "").strip()
    return bool(arguments.sandbox or arguments.base_url or pod)


def _connect(arguments: argparse.Namespace) -> Client:
    """Connect to the sandbox of this machine or to the service."""
    import smsframe  # noqa: PLC0415 - as above

    if arguments.sandbox:
        return smsframe.connect("sandbox", journal=arguments.journal)
    return smsframe.connect(
        pod=arguments.pod, base_url=arguments.base_url, journal=arguments.journal
    )


def _made(arguments: argparse.Namespace) -> Plan:
    """Return the plan that the command line asks for."""
    import smsframe  # noqa: PLC0415 - as above
    from smsframe import files  # noqa: PLC0415 - as above

    formats: dict[Any, str] = dict(arguments.format)
    frame = files.read_frame(arguments.file, formats)
    return smsframe.plan(
        frame,
        arguments.text,
        program=arguments.program,
        phone=arguments.phone,
        lookup=dict(arguments.lookup) or None,
        personalize=_personalize(arguments, frame),
        defaults=dict(arguments.default),
        formats=formats,
        region=arguments.region,
        campaign=arguments.campaign,
        limit=arguments.limit,
        problems=arguments.problems,
        duplicates=arguments.duplicates,
        resend_unknown=arguments.resend_unknown,
        content_id=arguments.content_id,
        source=arguments.source,
        campaign_name=arguments.campaign_name,
        ttl_minutes=arguments.ttl_minutes,
        price_per_segment=arguments.price_per_segment,
        fold=arguments.fold,
    )


def _personalize(arguments: argparse.Namespace, frame: pd.DataFrame) -> dict[str, str] | None:
    """Return what ``--tag`` names and the tags that name a column; None without ``--tag``."""
    from smsframe.templates import tags  # noqa: PLC0415 - as above

    given = dict(arguments.tag)
    if not given:
        return None
    plain = {tag: tag for tag in tags(arguments.text or "") if tag in frame.columns}
    return {**plain, **given}


def _pair(text: str) -> tuple[str, str]:
    """Read ``NAME=VALUE``; the value may hold further equals signs."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog="smsframe",
        description="Send one text to a file of people through Acoustic Campaign: once, with an "
        "answer for every row.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (_add_demo, _add_sandbox, _add_plan, _add_send, _add_runs, _add_status):
        add(commands)
    return parser


def _command(commands: Any, name: str, summary: str, run: Callable[..., int], epilog: str) -> Any:
    """Add a command and return its parser."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(command=run)
    return parser


def _add_demo(commands: Any) -> None:
    """Add ``demo``."""
    parser = _command(
        commands, "demo", "send a sample file to a sandbox and show every step", _demo, ""
    )
    parser.add_argument(
        "file", nargs="?", type=Path, default=Path("data/orders.csv"), metavar="FILE",
        help="file with the columns of data/orders.csv, which is the default",
    )  # fmt: skip
    parser.add_argument("--fast", action="store_true", help="do not slow the sandbox down")


def _add_sandbox(commands: Any) -> None:
    """Add ``sandbox``."""
    parser = _command(
        commands, "sandbox", "serve the API on this machine; nobody is texted", _sandbox, ""
    )
    parser.add_argument("--port", type=int, default=8000, help="port on loopback (default 8000)")
    parser.add_argument("--contacts", type=Path, metavar="FILE.csv", help="people to load")
    parser.add_argument("--anyone", action="store_true", help="every other number is opted in")
    parser.add_argument("--world", type=Path, metavar="FILE", help="keep contacts and outbox here")
    parser.add_argument("--calling-code", metavar="1", help="put before ten-digit numbers")


def _add_plan(commands: Any) -> None:
    """Add ``plan``."""
    parser = _command(
        commands, "plan", "show what would be sent, and what is wrong", _plan,
        "exit codes: 0 every row can go out (or did), 1 some cannot, 2 usage\n",
    )  # fmt: skip
    _add_message(parser)
    parser.add_argument("--texts", type=int, default=2, help="how many texts to show (default 2)")
    _add_results(parser, "write every row with what would become of it")


def _add_send(commands: Any) -> None:
    """Add ``send``."""
    parser = _command(
        commands, "send", "send, once the number of messages is confirmed", _send,
        f"{CREDENTIALS_HELP}\n{EXIT_CODES}",
    )  # fmt: skip
    _add_message(parser)
    parser.add_argument(
        "--confirm", type=int, metavar="N",
        help="send only if exactly N messages would go out now; without it nothing is sent",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="send nothing, write the results")
    _add_results(parser, "where the results go (default FILE-results.csv in this directory)")


def _add_runs(commands: Any) -> None:
    """Add ``runs``."""
    parser = _command(
        commands, "runs", "list earlier runs, the latest first; numbers are masked", _runs,
        "exit codes: 0 listed (also when there are none), 1 the journal cannot be read\n",
    )  # fmt: skip
    _add_place(parser.add_argument_group("whose"))


def _add_status(commands: Any) -> None:
    """Add ``status``."""
    parser = _command(
        commands, "status", "ask what became of a run", _status,
        f"{CREDENTIALS_HELP}\n{EXIT_CODES}",
    )  # fmt: skip
    parser.add_argument("run", metavar="RUN", help="id of the run, as 'smsframe runs' lists it")
    parser.add_argument(
        "--wait", type=float, default=60.0, metavar="SECONDS",
        help="how long to ask about what is still open (default 60; 0 asks once)",
    )  # fmt: skip
    parser.add_argument("--price-per-segment", type=float, metavar="PRICE")
    _add_results(parser, "write every row with what became of it")
    _add_place(parser.add_argument_group("where to"))


def _add_results(parser: Any, purpose: str) -> None:
    """Add ``--out``."""
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help=f"{purpose}; .csv, .xlsx or .parquet"
    )


def _add_message(parser: Any) -> None:
    """Add what ``plan`` and ``send`` have in common."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, Excel or Parquet")
    message = parser.add_argument_group("message")
    message.add_argument("--text", help="the text, with %%%%Tag%%%% placeholders")
    message.add_argument("--content-id", metavar="ID", help="a published message in its place")
    message.add_argument("--program", required=True, metavar="ID", help="SMS program")
    message.add_argument("--source", help="comes back on the event of each message")
    message.add_argument("--campaign-name", metavar="NAME", help="shown in the product")
    message.add_argument("--ttl-minutes", type=int, metavar="N", help="drop what is unsent by then")
    message.add_argument("--fold", choices=["gsm7"], help="replace look-alikes that cost more")
    columns = parser.add_argument_group("columns (those with NAME=VALUE may be repeated)")
    columns.add_argument("--phone", metavar="COLUMN", help="default: the one that plainly is")
    for option, shape, purpose in (
        ("--lookup", "FIELD=COLUMN", "find people by a database field, not by phone"),
        ("--tag", "TAG=COLUMN", "fill a tag from a column of another name"),
        ("--default", "TAG=TEXT", "text where a tag has no value"),
        ("--format", "COLUMN=SPEC", "how values become text: total=,.2f"),
    ):
        columns.add_argument(
            option, type=_pair, action="append", default=[], metavar=shape, help=purpose
        )
    columns.add_argument("--region", metavar="US", help="of numbers without a country code")
    _add_rules(parser.add_argument_group("rules"))
    _add_place(parser.add_argument_group("where to"))


def _add_rules(rules: Any) -> None:
    """Add what decides which rows go out."""
    rules.add_argument("--campaign", metavar="NAME", help="nobody gets the same campaign twice")
    rules.add_argument("--limit", type=int, metavar="N", help="only the first N that can go out")
    rules.add_argument("--problems", choices=["skip", "raise"], default="skip")
    rules.add_argument("--duplicates", choices=["skip", "send"], default="skip")
    rules.add_argument(
        "--resend-unknown", action="store_true",
        help="send again what may have gone out: some get the text twice",
    )  # fmt: skip
    rules.add_argument("--price-per-segment", type=float, metavar="PRICE")


def _add_place(place: Any) -> None:
    """Add where the messages go."""
    place.add_argument("--sandbox", action="store_true", help="rehearse; nothing leaves here")
    place.add_argument("--pod", help="where the account lives, such as us-1")
    place.add_argument("--base-url", metavar="URL", help="address in place of --pod")
    place.add_argument("--journal", type=Path, metavar="FILE", help="record of what was sent")
