"""The demonstration: a messy file of orders becomes three calls, a bar and a word on every row.

It needs no credentials and leaves nothing behind but ``results.csv``, or ``results-2.csv`` and so
on where there is one: the sandbox lives in memory and the journal in a directory that goes when it
ends. The sandbox is slowed down a little, so that
the bar can be seen; ``fast`` leaves that out. The last lines say what to type next.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import smsframe
from smsframe._files import read as files
from smsframe._files import write
from smsframe._files.unclear import without_arguments
from smsframe.cli import output
from smsframe.cli.options import ALL_ACCEPTED
from smsframe.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    import pandas as pd

    from smsframe._send.plan import Plan
    from smsframe.sandbox import Sandbox

TEXT = "Hi %%FirstName%%, your order %%Order%% over $%%total%% has shipped."
FORMATS: Mapping[Any, str] = {"total": ",.2f"}
LATENCY_S = 0.3
RESULTS = Path("results.csv")
PACKAGE = Path(__file__).parents[1]
SAMPLES = (PACKAGE / "samples/orders.csv", PACKAGE.parent / "data/orders.csv")
"""The sample, as an installed package and as a checkout have it."""


def run(arguments: argparse.Namespace) -> int:
    """Send a file of orders to a sandbox, twice, and tell what happens.

    The file has the columns ``mobile``, ``FirstName``, ``order_no``, ``total`` and, if the people
    have said, ``consent``; where none is named, it is the sample that comes with the package.
    """
    path = arguments.file or next(place for place in SAMPLES if place.is_file())
    if files.is_same(path, RESULTS):
        raise InputError(f"{path} is where the demonstration writes its results; rename it.")
    try:
        orders = files.read_frame(path, FORMATS)
    except InputError as error:
        raise InputError(without_arguments(error, path)) from error
    with (
        tempfile.TemporaryDirectory() as place,
        smsframe.Sandbox(latency_s=0.0 if arguments.fast else LATENCY_S) as sandbox,
        smsframe.connect(sandbox, journal=Path(place) / "journal.sqlite3"),
    ):
        _show(orders, path, sandbox)
    return ALL_ACCEPTED


def _show(orders: pd.DataFrame, path: Path, sandbox: Sandbox) -> None:
    """Go through the demonstration, step by step."""
    output.say(output.heading("1. The people and the sandbox"))
    output.say(f"  {path}: {len(orders):,} rows, phones as people type them.")
    output.say(f"  A sandbox of the API listens on {sandbox.base_url}; nobody is texted.")
    plan = smsframe.plan(
        orders,
        TEXT,
        program="148372",
        phone="mobile",
        personalize={"FirstName": "FirstName", "Order": "order_no", "total": "total"},
        defaults={"FirstName": "Customer"},
        formats=FORMATS,
        region="US",
    )
    known = _load_people(orders, sandbox)
    output.say(f"  {known:,} people of the file are in its database, with the consent they gave.")
    output.say(output.heading("2. The plan: what would go out, nothing sent yet"))
    output.say(output.plan_lines(plan))
    output.say(output.heading("3. Sending"))
    results, _ = _sent(plan)
    _tell(results, sandbox)
    output.say(output.heading("4. The same send again"))
    calls = _calls(sandbox)
    _, line = _sent(plan)
    output.say(output.wrapped(line))
    output.say(f"  Calls made this time: {_calls(sandbox) - calls}.")
    out = write.free_name(RESULTS)
    write.write_frame(results, out)
    output.say(f"\nEvery row and what became of it: {out.absolute()}")
    output.say(output.heading("5. What to type next"), *_next_steps(path))


def _next_steps(path: Path) -> list[str]:
    """Return what to type next, and before that how to enter the environment, if one has to."""
    lines = []
    if sys.prefix not in (sys.base_prefix, os.environ.get("VIRTUAL_ENV")):
        script = Path(sysconfig.get_path("scripts")) / "activate"
        typed = shlex.quote(str(_seen_from_here(script)))
        enter = typed if os.name == "nt" else f"source {typed}"
        lines += ["  Enter the environment that smsframe is installed in:", f"    {enter}"]
    plan = '--sandbox --program 148372 --phone mobile --region US --text "We open at 9."'
    return [
        *lines,
        "  Look at a text of your own; a plan sends nothing:",
        f"    smsframe plan {shlex.quote(str(path))} {plan}",
        "  In Python or a notebook: the quickstart in README.md. In a clone, 'make lab' opens the",
        "  notebooks.",
    ]


def _seen_from_here(path: Path) -> Path:
    """Return a path as it is typed in the current folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _load_people(orders: pd.DataFrame, sandbox: Sandbox) -> int:
    """Put everybody whose phone can be read into the sandbox's database, with their consent."""
    read = smsframe.normalize(orders["mobile"], region="US")
    people = orders.assign(mobile=read["e164"])[read["code"].isna()]
    return sandbox.load_contacts(people.drop_duplicates("mobile"), phone="mobile")


def _sent(plan: Plan) -> tuple[pd.DataFrame, str]:
    """Send with a bar; return the results and the line that stands under a notebook's cell."""
    line = io.StringIO()
    with contextlib.redirect_stdout(line):
        results = plan.send(progress=True)
    return results, line.getvalue().strip()


def _tell(results: pd.DataFrame, sandbox: Sandbox) -> None:
    """Say what became of the rows."""
    texted = len(sandbox.outbox())
    output.say(
        "",
        output.count_table(results),
        "",
        output.wrapped(
            f"{_calls(sandbox)} calls of at most 1,000 messages. {texted:,} phones of people who "
            "opted in would show the text; the API drops the others after it accepted the call."
        ),
    )


def _calls(sandbox: Sandbox) -> int:
    """Return how many send calls the sandbox has received."""
    received = sandbox.requests()
    return int((received["method"].eq("POST") & received["path"].str.endswith("/sends")).sum())
