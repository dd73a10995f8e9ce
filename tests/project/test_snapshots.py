"""What people see, as it was: help, plans, a summary and the demonstration, beside kept files.

The files are in ``tests/snapshots``. A change that is meant is taken over by

    SNAPSHOTS=renew .venv/bin/python -m pytest tests/project/test_snapshots.py

and stands in the diff, to be read before it is committed. What differs from run to run (addresses,
times, ids, paths, how Python breaks a line of usage) has one spelling in them.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest
from hours import moment
from samples import fictional_phones

import smsframe
from smsframe.cli import main

ROOT = Path(__file__).parents[2]
SNAPSHOTS = ROOT / "tests/snapshots"
COMMANDS = ("demo", "sandbox", "plan", "send", "runs", "status", "report", "journal",
            "journal upgrade", "journal import", "journal check")  # fmt: skip
MIDDAY = moment("2026-11-27 19:00")
"""Day in the whole of the United States, for at night a plan says so."""

PINNED = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
pytestmark = pytest.mark.skipif(
    any(version(name) != PINNED[name] for name in ("pandas", "phonenumbers")),
    reason="they are of the pinned libraries: others print tables and know numbers otherwise",
)
VARIES = (
    (r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:PORT"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?(\+00:00)?( UTC)?", "TIME"),
    (r"\b\d{8}-\d{6}-[0-9a-f]+\b", "RUN"),
    (re.escape(str(ROOT)), "ROOT"),
    (re.escape(smsframe.__version__), "VERSION"),
)


@pytest.fixture(autouse=True)
def place(own_folder, monkeypatch):
    """Work in an empty directory, 100 columns wide, in no colours, in an environment entered."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)


def check(name: str, shown: str) -> None:
    """See that what is shown is what the file has, or renew the file."""
    for pattern, spelling in ((re.escape(str(Path.cwd())), "HERE"), *VARIES):
        shown = re.sub(pattern, spelling, shown)
    shown = "".join(f"{line.rstrip()}\n" for line in shown.splitlines())
    kept = SNAPSHOTS / name
    if os.environ.get("SNAPSHOTS") == "renew":
        kept.write_text(shown, encoding="utf-8")
    assert shown == kept.read_text(encoding="utf-8"), f"{name}: see the docstring of this file"


def by_lines(html: str) -> str:
    """Return HTML with an element a line, for the diff."""
    return html.replace("><", ">\n<")


def messy_people() -> pd.DataFrame:
    """Return people with what is wrong in lists: each sort of row that a plan has words for."""
    phones: list[str | None] = [*fictional_phones(6), None, "12", "020 7946 0000", "n/a"]
    names = ["Ann", "Bob", None, "Zoë", "%%City%%", "Li 李", "Dee", "Eve", "Flo", "Gus"]
    frame = pd.DataFrame({"mobile": phones, "FirstName": names})
    frame["total"] = [1.5, 2, 3, None, 5, 1234.5, 7, 8, 9, 10]
    frame["First Order"] = [str(number) for number in range(10)]
    return pd.concat([frame, frame.iloc[:1]], ignore_index=True)


def a_plan(**options) -> smsframe.Plan:
    """Return a plan over them."""
    text = options.pop("text", "Hi %%FirstName%%, %%total%% is due. %%Shop%%")
    return smsframe.plan(
        messy_people(), text, program="148372", phone="mobile", region="US", **options
    )


PLANS = {
    "plan": {"formats": {"total": ",.2f"}, "price_per_segment": {"US": 0.0079, "*": 0.05}},
    "plan-of-two-texts": {
        "text": {"A": "Hi %%FirstName%%", "B": "%%FirstName%%!"}, "campaign": "summer",
        "holdout": 0.2, "defaults": {"FirstName": "you"}, "exclude": fictional_phones(1, 1),
    },
    "plan-that-is-wrong": {"text": "%%FirstOrder%% for %%FirstName", "limit": 3},
}  # fmt: skip


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(command, capsys):
    """The help of every command."""
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    usage, blank, rest = capsys.readouterr().out.partition("\n\n")
    check(f"help{'-' * bool(command)}{command.replace(' ', '-')}.txt",
          " ".join(usage.split()) + blank + rest)  # fmt: skip


def test_help__is_of_every_command(capsys):
    """No command is left out above."""
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert sorted(listed) == sorted({command.split()[0] for command in COMMANDS})


@pytest.mark.parametrize("name", PLANS)
def test_plan(name):
    """A plan as text, as HTML, and its problems with their sentences."""
    plan = a_plan(**PLANS[name])
    problems = plan.problems.to_csv(sep="\t", index=False)
    check(f"{name}.txt", f"{plan!r}\n\n{plan.preview(20).to_string()}\n\n{problems}")
    check(f"{name}.html", by_lines(plan._repr_html_()))


def test_plan__on_the_command_line(capsys):
    """A plan as the command line shows it."""
    messy_people().to_csv("people.csv", index=False)
    words = ["--program", "148372", "--phone", "mobile", "--region", "US", "--format", "total=,.2f"]
    main(["plan", "people.csv", "--text", "Hi %%FirstName%%, %%total%% is due. %%Shop%%", *words])
    check("plan-of-the-command-line.txt", "".join(capsys.readouterr()))


def test_summary(client, capsys):
    """A summary, in all and by a column, after a send of a messy list and what came of it."""
    frame = messy_people().assign(country=["US", "CA"] * 5 + ["US"])
    client.settings = replace(client.settings, clock=lambda: MIDDAY)
    with pytest.warns(smsframe.PlanWarning):
        results = smsframe.send(
            frame, "Hi %%FirstName%%", program="148372", phone="mobile", region="US",
            defaults={"FirstName": "you"}, client=client,
        )  # fmt: skip
    results = smsframe.refresh(results, client=client, progress=False)
    for name, by in (("summary", None), ("summary-by-column", "country")):
        summary = smsframe.summary(results, by=by, price_per_segment=0.0079)
        check(f"{name}.txt", str(summary))
        check(f"{name}.html", by_lines(summary._repr_html_()))
    check("line-of-a-send.txt", capsys.readouterr().out)


def test_demo(capsys, monkeypatch):
    """What the demonstration prints of the sample, by day."""
    connect = smsframe.connect

    def by_day(*given, **named):
        client = connect(*given, **named)
        client.settings = replace(client.settings, clock=lambda: MIDDAY)
        return client

    monkeypatch.setattr(smsframe, "connect", by_day)
    shutil.copytree(ROOT / "data", "data")
    assert main(["demo", "data/orders.csv", "--fast"]) == 0
    check("demo.txt", capsys.readouterr().out)
