"""``smsframe send`` and the other commands; `smsframe.cli.options` has them all.

Each command is the ``run`` of the file of its name. The same engine and journal as in a notebook,
so what was sent in one is known in the other; a command that is run again sends nothing twice.

An error of ours is one sentence on standard error, never a traceback; the bar and warnings go there
too, so that standard output can be read by another program. What the engine says is asked for in
the wording of a shell.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

import smsframe
from smsframe._base.sentences import in_shell, sentence_of
from smsframe._base.tracebacks import public
from smsframe.cli.options import ALL_ACCEPTED, EXIT_CODES, INTERRUPTED, SOME_NOT, USAGE, parser
from smsframe.errors import ConfigurationError, InputError, SmsframeError, SmsframeWarning

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["ALL_ACCEPTED", "EXIT_CODES", "INTERRUPTED", "SOME_NOT", "USAGE", "main"]

NO_LINES = (".parquet", ".pq")
JOURNALS = {"check": "JOURNAL", "import": "FROM or TO", "upgrade": "URL"}
"""What names a journal in commands that take it in a place, where others have ``--journal``."""


@public
def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; without arguments, those of the process."""
    made = parser(smsframe.__version__)
    given = sys.argv[1:] if argv is None else argv
    if not given:
        made.exit(USAGE, made.format_help())
    arguments = made.parse_args(given)
    from smsframe.cli import output  # noqa: PLC0415 - brings the engine; --help answers at once

    with contextlib.redirect_stderr(output.Patient(sys.stderr)):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    """Run the command; what goes wrong is a sentence and an exit code."""
    from smsframe.cli.output import complain  # noqa: PLC0415 - as above

    try:
        with _plain_warnings():
            return _command(arguments.command)(arguments)
    except SmsframeError as error:
        is_usage = isinstance(error, (InputError, ConfigurationError))
        return complain(_worded(error, arguments), USAGE if is_usage else SOME_NOT)
    except KeyboardInterrupt as stopped:
        print(file=sys.stderr)
        return complain(in_shell(sentence_of(stopped)) or "Stopped.", INTERRUPTED)


def _worded(error: SmsframeError, arguments: argparse.Namespace) -> str:
    """Return what went wrong in the words of the command that was given."""
    file, slots = getattr(arguments, "file", None), {}
    if file is not None:
        has_lines = os.path.isfile(file) and not file.name.endswith(NO_LINES)  # noqa: PTH113 - never fails
        slots["row"] = "line" if has_lines else "row"
    if arguments.command == "journal":
        slots["journal"] = JOURNALS[arguments.what]
    return in_shell(sentence_of(error), **slots)


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    """Return what does a command; of the commands, its file alone is imported."""
    return import_module(f"smsframe.cli.{name}").run


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Print our warnings as sentences, without the line of code that Python adds."""
    from smsframe.cli.output import complain  # noqa: PLC0415 - as above

    with warnings.catch_warnings():
        warnings.simplefilter("always", SmsframeWarning)
        shown = warnings.showwarning

        def show(message: Any, category: type[Warning], *rest: Any, **named: Any) -> None:
            if issubclass(category, SmsframeWarning):
                complain(in_shell(sentence_of(message)), SOME_NOT)
            else:
                shown(message, category, *rest, **named)

        warnings.showwarning = show
        yield
