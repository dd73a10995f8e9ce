"""The front door for a shell: ``smsframe send`` and its like; `smsframe.cli.options` has them all.

The same engine and journal as in a notebook, so what was sent in one is known in the other.
``send`` sends only what somebody has looked at: ``--confirm N`` must be the number of messages that
would go out now, and without it the plan is shown and nothing sent. A command that is run again
sends nothing twice.

An error of ours is one sentence on standard error, never a traceback; the bar and warnings go there
too, so that standard output can be read by another program. What the engine says is asked for in
the wording of a shell.

Where the results go is looked at before anything is sent, and they are written whatever ends the
send: an interrupt, an error, or a reader of the output that has left.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from dataclasses import replace
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import smsframe
from smsframe._base.sentences import Sentence, in_shell, sentence_of
from smsframe._base.tracebacks import public
from smsframe.cli.options import EXIT_CODES, parser
from smsframe.errors import ConfigurationError, InputError, SmsframeError, SmsframeWarning

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._base.journal_address import JournalAddress
    from smsframe._plan.options import SendOptions
    from smsframe._send.plan import Plan
    from smsframe._stream.sent_files import SentFiles

__all__ = ["EXIT_CODES", "main"]

ALL_ACCEPTED, SOME_NOT, USAGE, INTERRUPTED = 0, 1, 2, 130
DONE = ("accepted", "sent", "duplicate")
_ON = {"on": True, "off": False}
NO_LINES = (".parquet", ".pq")


@public
def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; without arguments, those of the process."""
    made = _parser()
    given = sys.argv[1:] if argv is None else argv
    if not given:
        made.exit(USAGE, made.format_help())
    arguments = made.parse_args(given)
    from smsframe.cli import output  # noqa: PLC0415 - brings pandas; --help answers at once

    with contextlib.redirect_stderr(output.Patient(sys.stderr)):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    """Run the command; what goes wrong is a sentence and an exit code."""
    command: Callable[[argparse.Namespace], int] = arguments.command
    place = "row" if str(getattr(arguments, "file", "")).endswith(NO_LINES) else "line"
    try:
        with _plain_warnings():
            return command(arguments)
    except (InputError, ConfigurationError) as error:
        return _complain(in_shell(sentence_of(error), row=place), USAGE)
    except SmsframeError as error:
        return _complain(in_shell(sentence_of(error), row=place), SOME_NOT)
    except KeyboardInterrupt as stopped:
        print(file=sys.stderr)
        return _complain(in_shell(sentence_of(stopped)) or "Stopped.", INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    return parser(
        {
            "demo": _demo,
            "sandbox": _sandbox,
            "plan": _plan,
            "send": _send,
            "runs": _runs,
            "status": _status,
            "journal": _whole_journal,
            "report": _report,
        },
        smsframe.__version__,
    )


def _complain(sentence: str, code: int) -> int:
    """Print what is wrong and return the exit code."""
    print(f"smsframe: {sentence}", file=sys.stderr)
    return code


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Print our warnings as sentences, without the line of code that Python adds."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", SmsframeWarning)
        shown = warnings.showwarning

        def show(message: Any, category: type[Warning], *rest: Any, **named: Any) -> None:
            if issubclass(category, SmsframeWarning):
                _complain(in_shell(sentence_of(message)), SOME_NOT)
            else:
                shown(message, category, *rest, **named)

        warnings.showwarning = show
        yield


def _demo(arguments: argparse.Namespace) -> int:
    """Run the demonstration."""
    from smsframe.cli.demo import demonstrate  # noqa: PLC0415 - brings Flask, for rehearsals only

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
    from smsframe._files import read as files  # noqa: PLC0415 - brings pandas; --help is quick
    from smsframe._files import write  # noqa: PLC0415 - brings pandas; --help is quick
    from smsframe.cli import output  # noqa: PLC0415 - brings pandas; --help is quick

    if _are_files(arguments.file):
        return _plan_files(arguments)
    if arguments.out is not None:
        write.check_out(_apart(arguments.out, arguments.file), overwrite=arguments.overwrite)
    if _named(arguments):
        _connect(arguments)  # then the plan says what the journal knows of it
    made, cells = _made(arguments)
    if arguments.out is not None:
        write.check_fits(cells, arguments.out)
    output.say(output.plan_lines(made, texts=arguments.texts))
    planned = files.with_cells(made.to_frame(), cells)
    code = _written(planned, arguments.out, ("planned", *DONE), "would become")
    return SOME_NOT if _is_refused(made) else code


def _is_refused(made: Plan) -> bool:
    """Tell whether the journal has something against the whole send."""
    with contextlib.suppress(SmsframeError):  # a journal that fails has said so with the plan
        past = made.history
        return past is not None and bool(past.blocking)
    return False


def _send(arguments: argparse.Namespace) -> int:
    """Send a file, once somebody has confirmed the number of messages."""
    from smsframe._files import read as files  # noqa: PLC0415 - brings pandas; --help answers at once
    from smsframe._files import write  # noqa: PLC0415 - brings pandas; --help answers at once

    if arguments.test_to or arguments.test_rows is not None:
        return _test(arguments)
    if _are_files(arguments.file):
        return _send_files(arguments)
    usual = Path(f"{arguments.file.stem}-results.csv")
    out = _apart(arguments.out or usual, arguments.file)
    write.check_out(out, overwrite=True)
    client = _connect(arguments)
    made, cells = _made(arguments)
    out = _place(arguments, out, cells)
    write.check_fits(cells, out)
    if arguments.dry_run:
        planned = files.with_cells(made.send(client=client, dry_run=True), cells)
        return _reported(planned, out, ("planned", *DONE))
    if arguments.confirm is None:
        return _ask(made)
    with _kept_whatever_happens(made, cells, out):
        results = _sent(made, client, arguments.confirm)
    code = _reported(files.with_cells(results, cells), out, DONE)
    return code if code == ALL_ACCEPTED else _advised(made, code)


READING: Final = ("sheet", "hidden_rows", "encoding", "separator", "header_line", "decimal")


def _are_files(path: Path) -> bool:
    """Tell whether a folder, a pattern or an address was named, in place of one file."""
    from smsframe._stream.stores import address_of  # noqa: PLC0415 - as above

    if path.is_dir() or address_of(path) is not None:
        return True
    return has_magic(str(path)) and not path.exists()


def _refuse_of_one_file(arguments: argparse.Namespace) -> None:
    """Refuse what is for one file alone."""
    for name in (*READING, "overwrite"):
        if getattr(arguments, name):
            flag = f"--{name.replace('_', '-')}"
            raise InputError(f"{flag} is for one file. Leave it out, or send file by file.")


def _plan_files(arguments: argparse.Namespace) -> int:
    """Show what would be sent from a folder or pattern."""
    from smsframe.cli import lists, output  # noqa: PLC0415 - as above

    _refuse_of_one_file(arguments)
    if arguments.out is not None:
        raise InputError("--out of a plan is for one file. Leave it out.")
    if _named(arguments):
        _connect(arguments)
    made = smsframe.plan_files(arguments.file, _said(arguments), **_options(arguments))
    output.say(repr(made))
    lists.say_problems(made)
    goes = made.counts.get("ready", 0) == made.rows
    wrong = bool((made.problems["severity"] == "error").any())
    return ALL_ACCEPTED if goes and not wrong else SOME_NOT


def _send_files(arguments: argparse.Namespace) -> int:
    """Send the files of a folder or pattern, once somebody has confirmed the number."""
    from smsframe._send.cancellation import SendControl  # noqa: PLC0415 - as above
    from smsframe._stream.send_files import send_list  # noqa: PLC0415 - as above
    from smsframe.cli import output  # noqa: PLC0415 - as above

    _refuse_of_one_file(arguments)
    if arguments.out is None:
        raise InputError("Give --out FOLDER: the results of several files are files too.")
    client = _connect(arguments)
    options = _options(arguments)
    options["client"] = client
    control = SendControl(quiet=True)
    if arguments.dry_run:
        options["dry_run"] = True
        looked = send_list(arguments.file, _said(arguments), arguments.out, options, control)
        output.say(repr(looked), output.files_table(looked))
        return _code(looked, ("planned", *DONE))
    if arguments.confirm is None:
        made = smsframe.plan_files(arguments.file, _said(arguments), **options)
        output.say(repr(made))
        if not made.recipients:
            output.say("Nothing is left to send.")
            return ALL_ACCEPTED
        left = f"Nothing was sent. If this is right, run it again with --confirm {made.recipients}."
        return _complain(left, USAGE)
    options["confirm"] = arguments.confirm
    sent = send_list(arguments.file, _said(arguments), arguments.out, options, control)
    if control.nothing_sent is not None:
        output.say(in_shell(control.nothing_sent))
    output.say(repr(sent), output.files_table(sent))
    return _code(sent, DONE)


def _code(sent: SentFiles, good: Sequence[str]) -> int:
    """Return the exit code of results in files."""
    return ALL_ACCEPTED if set(sent.counts) <= set(good) else SOME_NOT


def _place(arguments: argparse.Namespace, out: Path, cells: pd.DataFrame) -> Path:
    """Return where the results of a send go: over earlier ones of the same rows, nothing else."""
    from smsframe._files import write  # noqa: PLC0415 - as above

    renewed = not arguments.dry_run and out.is_file() and write.is_earlier(out, cells)
    if arguments.overwrite or renewed:
        return out
    if arguments.out is None:
        return write.free_name(out)
    write.refuse_present(out, overwrite=False)
    return out


def _test(arguments: argparse.Namespace) -> int:
    """Send the words of the first rows to one's own numbers."""
    from smsframe.cli import output  # noqa: PLC0415 - as above

    rows = 1 if arguments.test_rows is None else arguments.test_rows
    if not arguments.test_to or rows < 1:
        raise InputError("--test-rows is a number of rows, from 1, and goes with --test-to.")
    if arguments.confirm is not None or arguments.dry_run:
        raise InputError("--test-to sends a test alone: leave out --confirm and --dry-run.")
    client = _connect(arguments)
    made, _ = _made(arguments)
    first = made.frame.index[made.data.ready[:rows]].tolist() or None
    results = made.send_test(arguments.test_to, rows=first, client=client, progress=False)
    output.say(output.test_table(results))
    return ALL_ACCEPTED if bool(results["sms_status"].eq("accepted").all()) else SOME_NOT


def _apart(out: Path, file: Path) -> Path:
    """Return where the results go; refuse the file that is read."""
    from smsframe._files import read as files  # noqa: PLC0415 - as above

    if files.is_same(out, file):
        raise InputError("--out is the file itself; give another name.")
    return out


def _sent(made: Plan, client: Client, confirm: int) -> pd.DataFrame:
    """Send a plan without the line of the engine, which counts what is counted here."""
    from smsframe._plan.options import Sending  # noqa: PLC0415 - as above
    from smsframe._send.cancellation import SendControl  # noqa: PLC0415 - as above
    from smsframe._send.run import send_plan  # noqa: PLC0415 - as above
    from smsframe.cli import output  # noqa: PLC0415 - as above

    control = SendControl(quiet=True)
    how = Sending(client=client, confirm=confirm, wait_s=made.wait_s)
    results = send_plan(made.data, how, control)
    if control.nothing_sent is not None:
        output.say(in_shell(control.nothing_sent))
    return results


@contextlib.contextmanager
def _kept_whatever_happens(made: Plan, cells: pd.DataFrame, out: Path) -> Iterator[None]:
    """Write the results also of a send that is interrupted or fails, and say how to go on."""
    from smsframe import last_results  # noqa: PLC0415 - as above
    from smsframe._files import read as files  # noqa: PLC0415 - as above

    before = last_results()
    try:
        yield
    except InputError:
        raise  # nothing was sent
    except (KeyboardInterrupt, SmsframeError) as stopped:
        results = last_results()
        if results is None or results is before:
            raise
        _reported(files.with_cells(results, cells), out, DONE)
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
        sentence = f"{past.left:,} messages are left to send."
        return _complain(f"{sentence} {_how_to_go_on(made)}", code)
    return code


def _runs(arguments: argparse.Namespace) -> int:
    """List the runs that the journal knows."""
    from smsframe import runs  # noqa: PLC0415 - as above
    from smsframe.cli import output  # noqa: PLC0415 - as above

    path = _journal(arguments)
    output.say(output.run_lines(runs(full=True, journal=path), path))
    return ALL_ACCEPTED


def _status(arguments: argparse.Namespace) -> int:
    """Bring a run up to date and say what became of it."""
    from smsframe._files import write  # noqa: PLC0415 - as above
    from smsframe.cli import lists, output  # noqa: PLC0415 - as above

    if arguments.out is not None:
        write.check_out(arguments.out, overwrite=True)
    path = _journal(arguments)
    results = _results_of(arguments.run, path)
    if isinstance(results, smsframe.SentFiles):
        lists.say_status(results, arguments, _connect)
        return _code(results, DONE)
    if arguments.out and not write.is_earlier(arguments.out, output.with_row_numbers(results)):
        write.refuse_present(arguments.out, overwrite=arguments.overwrite)
    if (results["sms_status"] == "accepted").any():  # else everything is known; no call is needed
        client = _connect(arguments)
        results = smsframe.refresh(results, deadline_s=arguments.wait, client=client)
    summary = smsframe.summary(results, price_per_segment=_prices(arguments.price_per_segment))
    output.say(str(summary))
    return _written(output.with_row_numbers(results), arguments.out, DONE)


def _whole_journal(arguments: argparse.Namespace) -> int:
    """Upgrade, import or check a journal."""
    from smsframe._journal import location  # noqa: PLC0415 - as above
    from smsframe.cli import journal  # noqa: PLC0415 - as above

    return journal.run(arguments, location.journal_path(getattr(arguments, "journal", None)))


def _results_of(run: str, path: JournalAddress) -> pd.DataFrame | smsframe.SentFiles:
    """Return the results of a run that the journal has."""
    if run not in smsframe.runs(journal=path).index:
        raise InputError(f"{path} has no run {run!r}. smsframe runs lists what there is.")
    return smsframe.results(run, journal=path)


def _report(arguments: argparse.Namespace) -> int:
    """Write a run as a page for people who were not there."""
    from smsframe._files import write  # noqa: PLC0415 - as above
    from smsframe.cli import output  # noqa: PLC0415 - as above

    path = _journal(arguments)
    results = _results_of(arguments.run, path)
    if isinstance(results, smsframe.SentFiles):
        results = results.to_frame()
    out = arguments.out
    if out is None:
        usual = Path(f"{arguments.run}-report.html")
        out = usual if arguments.overwrite else write.free_name(usual)
    prices = _prices(arguments.price_per_segment)
    place = smsframe.report(
        results, out, price_per_segment=prices, overwrite=arguments.overwrite, journal=path
    )
    output.say(f"The report: {place}")
    return ALL_ACCEPTED


def _journal(arguments: argparse.Namespace) -> JournalAddress:
    """Return the journal that a connection to this place would use."""
    from smsframe._acoustic import address  # noqa: PLC0415 - as above
    from smsframe._journal import location  # noqa: PLC0415 - as above

    rehearsal = arguments.sandbox or address.is_loopback(arguments.base_url or "")
    return location.journal_path(arguments.journal, rehearsal=rehearsal)


def _ask(made: Plan) -> int:
    """Show the plan and say how to confirm it."""
    from smsframe.cli import output  # noqa: PLC0415 - as above

    output.say(output.plan_lines(made))
    past = made.history
    left = made.recipients if past is None else past.left
    if past is not None and past.blocking:
        sentence = "Nothing was sent, and --confirm would not change that: see what is wrong above."
        return _complain(sentence, USAGE)
    return _complain(
        f"Nothing was sent. If this is right, run it again with --confirm {left}.", USAGE
    )


def _reported(results: pd.DataFrame, out: Path, good: Sequence[str]) -> int:
    """Print the counts, write the results, and return the exit code."""
    from smsframe.cli import output  # noqa: PLC0415 - as above

    output.say(output.count_table(results))
    try:
        return _written(results, out, good)
    except InputError as error:
        fix = "Nothing is lost: run the same command with another --out; nothing is sent twice."
        return _complain(f"{in_shell(sentence_of(error))} {fix}", SOME_NOT)


def _written(
    results: pd.DataFrame, out: Path | None, good: Sequence[str], what: str = "became"
) -> int:
    """Write the rows, if wanted; return 0 when every row has one of the good statuses, else 1."""
    from smsframe._files import write  # noqa: PLC0415 - as above
    from smsframe.cli import output  # noqa: PLC0415 - as above

    if out is not None:
        write.write_frame(output.with_errors_of_a_shell(results), out, overwrite=True)
        output.say(f"\nEvery row and what {what} of it: {out}")
    fine = results["sms_status"].isin(good).to_numpy()
    for code in ("excluded", "held_out", "opted_out", "no_consent"):
        fine = fine | output.is_held(results, code)
    return ALL_ACCEPTED if bool(fine.all()) else SOME_NOT


def _named(arguments: argparse.Namespace) -> bool:
    """Return whether the command line or the environment says where to send."""
    pod = arguments.pod or os.environ.get("SMSFRAME_POD", "").strip()
    return bool(arguments.sandbox or arguments.base_url or pod)


def _connect(arguments: argparse.Namespace) -> Client:
    """Connect to the sandbox of this machine or to the service."""
    if arguments.sandbox:
        return smsframe.connect("sandbox", journal=arguments.journal)
    return smsframe.connect(
        pod=arguments.pod, base_url=arguments.base_url, journal=arguments.journal
    )


def _made(arguments: argparse.Namespace) -> tuple[Plan, pd.DataFrame]:
    """Return the plan that the command line asks for, and the cells of the file as they are."""
    from smsframe._files import read as files  # noqa: PLC0415 - as above
    from smsframe._files.csv_reader import CsvWay  # noqa: PLC0415 - as above

    formats: dict[Any, str] = dict(arguments.format)
    files.check_way(arguments.separator, arguments.header_line)
    cells = files.read_cells(
        arguments.file,
        sheet=arguments.sheet,
        hidden_rows=arguments.hidden_rows,
        way=CsvWay(
            encoding=arguments.encoding,
            separator=arguments.separator,
            header_line=arguments.header_line,
        ),
        decimal=arguments.decimal,
    )
    files.check_header(cells, _columns_named(arguments), arguments.file.name)
    frame = files.prepared(cells, formats, arguments.decimal)
    made = smsframe.plan(frame, _said(arguments), **_options(arguments))
    return _with_words(made, cells), cells


def _said(arguments: argparse.Namespace) -> str | dict[str, str] | None:
    """Return the text, or the texts by name, from the command line or a file."""
    from smsframe.cli import texts  # noqa: PLC0415 - as above

    return texts.text_of(arguments.text, arguments.text_file)


def _options(arguments: argparse.Namespace) -> SendOptions:
    """Return the arguments of ``plan`` that the command line gives."""
    from smsframe.cli import hours, texts  # noqa: PLC0415 - as above

    who = texts.who_gets_which(arguments)
    return {
        "program": arguments.program,
        "phone": arguments.phone,
        "lookup": dict(arguments.lookup) or None,
        "personalize": _personalize(arguments),
        "defaults": dict(arguments.default),
        "formats": dict(arguments.format),
        "region": arguments.region,
        "region_from": arguments.region_from,
        "campaign": arguments.campaign,
        "limit": arguments.limit,
        "problems": arguments.problems,
        "duplicates": arguments.duplicates,
        "resend_unknown": arguments.resend_unknown,
        "exclude": arguments.exclude or None,
        "sending_hours": hours.sending_hours(arguments.sending_hours),
        "closed": arguments.closed or None,
        "time_zone": arguments.time_zone,
        "min_gap": arguments.min_gap,
        "check_consent": arguments.check_consent,
        "consent_database": arguments.consent_database,
        "split": who["split"],
        "by": who["by"],
        "holdout": who["holdout"],
        "content_id": arguments.content_id,
        "source": arguments.source,
        "campaign_name": arguments.campaign_name,
        "ttl_minutes": arguments.ttl_minutes,
        "character_swap": _ON.get(arguments.character_swap),
        "price_per_segment": _prices(arguments.price_per_segment),
        "fold": arguments.fold,
        "wait_s": getattr(arguments, "wait", 0.0),
    }


def _columns_named(arguments: argparse.Namespace) -> list[str]:
    """Return the columns that the command line names."""
    pairs = (*arguments.lookup, *arguments.tag)
    named = [
        arguments.phone,
        arguments.by,
        *(column for _, column in pairs),
        *(c for c, _ in arguments.format),
    ]
    return [name for name in named if name]


def _prices(given: Sequence[tuple[str, float]]) -> float | dict[str, float] | None:
    """Return what ``--price-per-segment`` says: one price, or those of countries."""
    alone = [price for country, price in given if not country]
    if alone and len(given) > 1:
        raise InputError(
            "Give one --price-per-segment, or one for each country, with * for the others: "
            "--price-per-segment US=0.0079 --price-per-segment '*=0.05'."
        )
    if len({country.upper() for country, _ in given}) < len(given):
        raise InputError("--price-per-segment names a country twice. Keep one.")
    return alone[0] if alone else dict(given) or None


def _personalize(arguments: argparse.Namespace) -> dict[str, str | None] | None:
    """Return what ``--tag`` names; nothing behind the ``=`` is the database's."""
    given: dict[str, str | None] = {}
    for tag, column in arguments.tag:
        if given.get(tag, column or None) != (column or None):
            raise InputError(f"--tag {tag} is given twice, with different columns. Keep one.")
        given[tag] = column or None
    return given or None


def _with_words(made: Plan, cells: pd.DataFrame) -> Plan:
    """Return a plan that warns of words that count as blank in the columns it takes values from."""
    from smsframe._files import read  # noqa: PLC0415 - as above
    from smsframe._plan import value_problems  # noqa: PLC0415 - as above

    found = made.data.problems_with(None)
    for name in made.data.read_columns if cells.index.name == "line" else ():
        rows = read.are_words(cells[name]).nonzero()[0]
        value_problems.note_words(found, name, cells[name], rows, file=True)
    return made.of(replace(made.data, problems=found))
