"""The options of the command line: what there is to give, with a sentence on each.

Apart from the commands themselves, so that ``--help`` answers at once and the list can be read in
one go.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from smsframe._base.journal_address import TeamAddress, is_database_url
from smsframe._plan.options import ARGUMENTS, GROUPS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ALL_ACCEPTED, SOME_NOT, USAGE, INTERRUPTED = 0, 1, 2, 130
EXIT_CODES = """\
exit codes:
  0    every row was accepted, now or before (or repeats one, is excluded, held out, or opted out)
  1    some rows were not: a problem of the row, a refusal, an unknown outcome, a stop
  2    usage: an argument, the file or a setting; nothing was sent
  130  interrupted; the results are written, and it says with which --confirm to go on
"""

CREDENTIALS_HELP = """\
credentials come from the environment: SMSFRAME_CLIENT_ID, SMSFRAME_CLIENT_SECRET,
SMSFRAME_REFRESH_TOKEN, and SMSFRAME_POD unless --pod or --base-url is given.
"""

FILE_HELP: Final = """\
files: every cell of a CSV is the text that stands in it, every cell of an Excel file what it shows.
With --format it has to be a number such as 1234.50, or a date such as 2026-03-05 or
2026-03-05 14:30. In CSV and Excel files these words count as blank in a message, with a warning;
the results keep them as they are:
  N/A  n/a  NA  NaN  nan  None  NULL  null  <NA>  NaT  -NaN  -nan  undefined  #REF!  #NAME?
  #VALUE!  #DIV/0!  #N/A  #NUM!  #NULL!
and so do other errors of spreadsheets, in many languages, and what else programs write there.
"""


_OF_LISTS: Final = ("plan", "send")
_ONE_LIST: Final = (
    "One file, folder or pattern is taken; a pattern stands in quotes, so that the shell leaves it "
    "as it is: 'people/*.csv'"
)
KINDS: Final = ".csv, .xlsx or .parquet"


class _Parser(argparse.ArgumentParser):
    """A parser that says first what is wrong, and then how the command is used."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end with the exit code of usage."""
        self.exit(USAGE, f"{self.prog}: {message}\n{self.format_usage()}")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read the words of a command; say of those that are left over where they come from."""
        given, left = self.parse_known_args(args, namespace)
        if left:
            lists = given.command in _OF_LISTS and not any(word.startswith("-") for word in left)
            told = f"unrecognized arguments: {' '.join(left)}"
            self.error(f"{told}. {_ONE_LIST}" if lists else told)
        return given


def parser(version: str) -> argparse.ArgumentParser:
    """Return the parser of the whole command; ``command`` is the name of the one that is given."""
    made = _Parser(
        prog="smsframe",
        description="Send one text to a file of people through Acoustic Campaign: once, with an "
        "answer for every row.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--version", action="version", version=f"smsframe {version}")
    added = made.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    for add in (
        *(_add_demo, _add_sandbox, _add_plan, _add_send),
        *(_add_runs, _add_status, _add_journal, _add_report),
    ):
        add(added)
    return made


def _pair(text: str) -> tuple[str, str]:
    """Read ``NAME=VALUE``; the value may hold further equals signs."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


def _price(text: str) -> tuple[str, float]:
    """Read ``PRICE`` or ``COUNTRY=PRICE``; a price alone has no country."""
    country, equals, price = text.rpartition("=")
    try:
        return country if equals else "", float(price)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither PRICE nor COUNTRY=PRICE") from None


def _path(text: str) -> Path:
    """Read a path; a blank one, of a variable that is not set, would be the folder one is in."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is blank, where a file should be named")
    return Path(text)


def journal_name(text: str) -> Path | str:
    """Read a file or a URL; a password on a command line is seen by all who list processes."""
    if not is_database_url(text):
        return _path(text)
    if TeamAddress(text, Path()).has_password:
        raise argparse.ArgumentTypeError(
            "a password on the command line can be read in the list of processes; leave it out of "
            "the URL, and give it by PGPASSWORD, by ~/.pgpass, or in SMSFRAME_JOURNAL"
        )
    return text


_PAIRS: Final = {"type": _pair, "action": "append", "default": []}
OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "program": {"required": True, "metavar": "ID"},
    "personalize": {
        "flag": "--tag", "metavar": "TAG=COLUMN", **_PAIRS,
        "help": "fill a tag from a column of another name; TAG= is the database's",
    },
    "defaults": {"flag": "--default", "metavar": "TAG=TEXT", **_PAIRS},
    "formats": {
        "flag": "--format", "metavar": "COLUMN=SPEC", **_PAIRS,
        "help": "how values become text: total=,.2f",
    },
    "fold": {"choices": ["gsm7"]},
    "source": {},
    "campaign_name": {"metavar": "NAME"},
    "ttl_minutes": {"type": int, "metavar": "N"},
    "character_swap": {"choices": ["on", "off"]},
    "split": {"metavar": "NAME=WEIGHT", **_PAIRS},
    "by": {"metavar": "COLUMN"},
    "holdout": {"type": float, "metavar": "SHARE"},
    "content_id": {"metavar": "ID"},
    "phone": {"metavar": "COLUMN"},
    "lookup": {"metavar": "FIELD=COLUMN", **_PAIRS},
    "region": {"metavar": "US"},
    "region_from": {"metavar": "COLUMN"},
    "campaign": {"metavar": "NAME"},
    "exclude": {"type": _path, "action": "append", "default": [], "metavar": "FILE"},
    "sending_hours": {"metavar": "HOURS"},
    "closed": {"action": "append", "default": [], "metavar": "DATE"},
    "time_zone": {"metavar": "COLUMN"},
    "min_gap": {"metavar": "24h"},
    "check_consent": {"nargs": "?", "const": True, "choices": ["require"]},
    "consent_database": {"metavar": "ID"},
    "limit": {"type": int, "metavar": "N"},
    "problems": {"choices": ["skip", "raise"]},
    "duplicates": {"choices": ["skip", "send"]},
    "resend_unknown": {"action": "store_true"},
    "price_per_segment": {
        "type": _price, "action": "append", "default": [], "metavar": "[COUNTRY=]PRICE",
        "help": "price of one SMS, to show costs; US=0.0079 is that of a country, *=0.05 of the "
        "others, and may be repeated",
    },
    "wait_s": {"flag": "--wait", "type": float, "metavar": "SECONDS"},
    "confirm": {"type": int, "metavar": "N"},
    "dry_run": {"action": "store_true"},
}  # fmt: skip
"""How each argument of ``send`` is given here; its help is the line of its definition."""

WITHOUT_OPTION: Final = {
    "client": "--sandbox, --pod, --base-url and --journal say where to",
    "progress": "a bar is shown on standard error where somebody looks",
}


def _command(commands: Any, name: str, summary: str, epilog: str = "") -> Any:
    """Add a command and return its parser."""
    return commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_demo(commands: Any) -> None:
    """Add ``demo``."""
    parser = _command(commands, "demo", "send a sample file to a sandbox and show every step")
    parser.add_argument(
        "file", nargs="?", type=_path, metavar="FILE",
        help="file with the columns of the sample that comes with smsframe, which is the default",
    )  # fmt: skip
    parser.add_argument("--fast", action="store_true", help="do not slow the sandbox down")


def _add_sandbox(commands: Any) -> None:
    """Add ``sandbox``."""
    parser = _command(commands, "sandbox", "serve the API on this machine; nobody is texted")
    parser.add_argument("--port", type=int, default=8000, help="port on loopback (default 8000)")
    parser.add_argument("--contacts", type=_path, metavar="FILE.csv", help="people to load")
    parser.add_argument("--anyone", action="store_true", help="every other number is opted in")
    parser.add_argument("--world", type=_path, metavar="FILE", help="keep contacts and outbox here")
    parser.add_argument("--calling-code", metavar="1", help="put before ten-digit numbers")


def _add_plan(commands: Any) -> None:
    """Add ``plan``."""
    parser = _command(
        commands, "plan", "show what would be sent, and what is wrong",
        f"{FILE_HELP}\nexit codes: 0 every row can go out (or did), 1 some cannot, 2 usage\n",
    )  # fmt: skip
    _add_message(parser)
    _add_options(parser.add_argument_group("run"), "run", but=("confirm", "dry_run", "wait_s"))
    _add_place(parser.add_argument_group("where to"))
    parser.add_argument("--texts", type=int, default=2, help="how many texts to show (default 2)")
    _add_out(parser, f"write every row with what would become of it; {KINDS}")


def _add_send(commands: Any) -> None:
    """Add ``send``."""
    parser = _command(
        commands, "send", "send, once the number of messages is confirmed",
        f"{FILE_HELP}\n{CREDENTIALS_HELP}\n{EXIT_CODES}",
    )  # fmt: skip
    _add_message(parser)
    _add_options(parser.add_argument_group("run"), "run")
    _add_place(parser.add_argument_group("where to"))
    parser.add_argument(
        "--test-to", action="append", default=[], metavar="NUMBER",
        help="send a test to this number of your own, and nothing else; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--test-rows",
        type=int,
        metavar="N",
        help="with --test-to: the words of the first N rows that would go out (default 1)",
    )
    _add_out(
        parser,
        "where the results go (default FILE-results.csv in this directory, or FILE-results-2.csv "
        f"and so on where that is taken by anything but earlier results of the same rows); {KINDS}",
    )


def _add_runs(commands: Any) -> None:
    """Add ``runs``."""
    parser = _command(
        commands, "runs", "list earlier runs, the latest first; numbers are masked",
        "exit codes: 0 listed (also when there are none), 1 the journal cannot be read\n",
    )  # fmt: skip
    _add_place(parser.add_argument_group("whose"))


def _add_run(parser: argparse.ArgumentParser) -> None:
    """Add the run that a command is about."""
    parser.add_argument("run", metavar="RUN", help="id of the run, as 'smsframe runs' lists it")


def _add_status(commands: Any) -> None:
    """Add ``status``."""
    parser = _command(
        commands, "status", "ask what became of a run",
        f"{CREDENTIALS_HELP}\n{EXIT_CODES}",
    )  # fmt: skip
    _add_run(parser)
    parser.add_argument(
        "--wait", type=float, default=60.0, metavar="SECONDS",
        help="how long to ask about what is still open (default 60; 0 asks once)",
    )  # fmt: skip
    _add_option(parser, "price_per_segment")
    _add_out(
        parser,
        "write every row with what became of it, by its number in the file that was sent (1 is "
        f"the row below the header); {KINDS}",
    )
    _add_place(parser.add_argument_group("where to"))


def _add_journal(commands: Any) -> None:
    """Add ``journal`` with its own commands."""
    parser = _command(commands, "journal", "bring a journal to a team's database, or check it")
    added = parser.add_subparsers(
        title="commands", required=True, metavar="COMMAND", dest="what", help="what is done to it"
    )
    upgrade = _command(
        added, "upgrade", "bring a team's database to this version of smsframe",
        "Nobody may be sending, and older versions refuse it afterwards.\n",
    )  # fmt: skip
    upgrade.add_argument("journal_url", type=journal_name, metavar="URL", help="the database")
    copies = _command(
        added, "import", "copy into a journal what another one knows and it does not",
        "Import everybody's files before the first send by a team's journal: what it does not "
        "know,\nit texts again. Either may be a file or postgresql://user@host/database.\n",
    )  # fmt: skip
    copies.add_argument("source", type=journal_name, metavar="FROM", help="the journal to read")
    copies.add_argument("target", type=journal_name, metavar="TO", help="the journal to write")
    check = _command(added, "check", "hold everything in a journal against its checksums")
    check.add_argument(
        "journal", nargs="?", type=journal_name, metavar="JOURNAL",
        help="a file or a URL (default: the one that is sent with)",
    )  # fmt: skip


def _add_report(commands: Any) -> None:
    """Add ``report``."""
    parser = _command(
        commands, "report", "write what happened in a run as a page for others",
        "The page holds no phone numbers, no names and no values. Nothing is asked of the service: "
        "run\n'smsframe status RUN' before, to know what became of accepted messages.\n\n"
        "exit codes: 0 written, 1 the journal cannot be read, 2 usage\n",
    )  # fmt: skip
    _add_run(parser)
    _add_option(parser, "price_per_segment")
    _add_out(
        parser,
        "where the page goes; .html (default RUN-report.html in this directory, or "
        "RUN-report-2.html and so on where that is taken)",
    )
    _add_place(parser.add_argument_group("whose"))


def _add_out(parser: Any, purpose: str) -> None:
    """Add ``--out``."""
    parser.add_argument("--out", type=_path, metavar="FILE", help=purpose)
    parser.add_argument(
        "--overwrite", action="store_true", help="write over a file that is there already"
    )


def _add_message(parser: Any) -> None:
    """Add what ``plan`` and ``send`` have in common."""
    parser.add_argument("file", type=_path, metavar="FILE", help="CSV, Excel or Parquet")
    _add_reading(parser.add_argument_group("the file, where it can be read in two ways"))
    message = parser.add_argument_group("message (options with NAME=VALUE may be repeated)")
    message.add_argument("--text", help="the text, with %%%%Tag%%%% placeholders")
    message.add_argument(
        "--text-file",
        type=_path,
        metavar="PATH",
        help="the text is in this file, or several by name in a .toml",
    )
    _add_options(message, "message")
    _add_options(parser.add_argument_group("people"), "people")
    _add_options(parser.add_argument_group("rules"), "rules")


def _add_options(group: Any, name: str, *, but: Collection[str] = ()) -> None:
    """Add the options of a group of arguments, in its order."""
    for argument in GROUPS[name].__annotations__:
        if argument in OPTIONS and argument not in but:
            _add_option(group, argument)


def _add_option(group: Any, argument: str) -> None:
    """Add the option of an argument; what it says is what the argument says, or its own words."""
    told, given = ARGUMENTS[argument], dict(OPTIONS[argument])
    flag = given.pop("flag", f"--{argument.replace('_', '-')}")
    given.setdefault("help", told.line)
    group.add_argument(flag, **{"dest": argument, "default": told.default, **given})


def _add_reading(file: Any) -> None:
    """Add how the file is to be read."""
    file.add_argument("--sheet", metavar="NAME", help="which sheet of an Excel file")
    file.add_argument(
        "--hidden-rows", choices=["send", "skip"],
        help="whether rows that a filter hides in an Excel file are sent to",
    )  # fmt: skip
    file.add_argument("--encoding", metavar="NAME", help="of a CSV (default utf-8): cp1252, utf-16")
    file.add_argument(
        "--separator", metavar="MARK", help="between the cells of a CSV: a mark such as ;, or tab"
    )
    file.add_argument(
        "--header-line", type=int, metavar="N", help="line that has the names of the columns"
    )
    file.add_argument(
        "--decimal", choices=[",", "."], metavar="MARK", help="decimal mark of numbers: , or ."
    )


def _add_place(place: Any) -> None:
    """Add where the messages go."""
    place.add_argument("--sandbox", action="store_true", help="rehearse; nothing leaves here")
    place.add_argument("--pod", help="where the account lives, such as us-1")
    place.add_argument("--base-url", metavar="URL", help="address in place of --pod")
    place.add_argument(
        "--journal", type=journal_name, metavar="FILE",
        help="record of what was sent: a file, or postgresql://user@host/database",
    )  # fmt: skip
