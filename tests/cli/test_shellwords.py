"""What the engine says reaches a shell in the words of a shell."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe.cli import commands as cli
from smsframe.cli.shellwords import OPTIONS, spoken

PYTHON = re.compile(r"\b[Ff]rame\b|\b(?!RUN)[a-z_]+=[{'\"\d]|\bsms\.|\bplan\(|last_results|\{'|\['")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Name it, such as phone='mobile'; or", "Name it, such as --phone mobile; or"),
        ("phone='my phone'.", "--phone 'my phone'."),
        ("Look, then give confirm=144.", "Look, then give --confirm 144."),
        ("confirm=37,000, but 36,000", "--confirm 37000, but 36,000"),
        ("limit=-1 must be", "--limit -1 must be"),
        ("deadline_s=-1.0 must", "--wait -1.0 must"),
        ("limit= stopped before", "--limit stopped before"),
        ("either pod= or base_url=, not", "either --pod or --base-url, not"),
        ("give defaults={'Name': …}.", "give --default 'Name=…'."),
        ("meant: personalize={'Order': 'order_no'}.", "meant: --tag Order=order_no."),
        ("{'x': 1} formats={'total': ',.2f'}", "{'x': 1} --format total=,.2f"),
        ("lookup['account'] names", "--lookup account names"),
        ('give defaults={"it\'s": …}', "give --default 'it'\"'\"'s=…'"),
        ("resend_unknown=True sends", "--resend-unknown sends"),
        ("duplicates='send' sends", "--duplicates send sends"),
        (
            "out: exclude=smsframe.results('20261126-1'). To",
            (
                "out: smsframe status 20261126-1 --out had.csv (--sandbox, --pod, --journal as "
                "here), then --exclude had.csv. To"
            ),
        ),
        ("another campaign= name", "another --campaign name"),
        ('use smsframe.connect("sandbox").', "use --sandbox."),
        ("with connect(journal=...) or SMSFRAME_JOURNAL", "with --journal or SMSFRAME_JOURNAL"),
        ("Stopped: 1 accepted. smsframe.last_results() has the table.", "Stopped: 1 accepted."),
        ("Column 'x', row 7: 'a'; 3 rows", "Column 'x', line 7: 'a'; 3 rows"),
        (
            "phone= names column 'a', which the frame does not have. It has: 'the frame'.",
            "--phone names column 'a', which the file does not have. It has: 'the frame'.",
        ),
        (
            "phone= names column 'a', which the frame has 2 times: rename one.",
            "--phone names column 'a', which the file has 2 times: rename one.",
        ),
        ("The frame has no columns, so there", "The file has no columns, so there"),
        ("campaigns=3 and my-limit=4", "campaigns=3 and my-limit=4"),
        ("client=", "client="),
    ],
)
def test_spoken(said, meant):
    """An argument becomes its option, with its value as a shell takes it."""
    assert spoken(said) == meant


def test_spoken__row_of_a_file_without_lines():
    """Where a file has no lines, a row stays a row."""
    assert spoken("row 7: limit=3", place="row") == "row 7: --limit 3"


def test_options__exist():
    """Every option that the table names is one that some command has."""
    (commands,) = [a for a in cli._parser()._actions if getattr(a, "choices", None)]
    known = {o for p in commands.choices.values() for a in p._actions for o in a.option_strings}
    assert set(OPTIONS.values()) <= known


def test_help__has_a_sentence_for_every_option():
    """No option is listed without a word on what it does."""
    (commands,) = [a for a in cli._parser()._actions if getattr(a, "choices", None)]
    for name, parser in commands.choices.items():
        assert [a.dest for a in parser._actions if not a.help] == [], name
        parser.format_help()


@pytest.fixture
def command(sandbox, monkeypatch, tmp_path):
    """Work in an empty folder; return the words that send four people to the sandbox."""
    monkeypatch.chdir(tmp_path)
    for name, value in sandbox.credentials.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)
    people = make_people(4)
    people.loc[1, "FirstName"] = ""
    people.to_csv("people.csv", index=False)
    place = ["--base-url", sandbox.base_url, "--program", "148372"]
    return lambda *more: ["send", "people.csv", *place, *more]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(["--text", "Hi %%FirstName%%", "--phone", "mobil"], id="phone"),
        pytest.param(["--text", "Hi %%FirstName%%", "--confirm", "4"], id="confirm"),
        pytest.param(["--text", "Hi %%FirstName%%", "--confirm", "3"], id="value missing"),
        pytest.param(["--text", "Hi %%Firstname%%", "--tag", "x=y"], id="tag"),
        pytest.param(["--text", "Hi %%Firstname%%"], id="tag of another case"),
        pytest.param(["--text", "Hi %%FirstName%%", "--problems", "raise", "--confirm", "3"],
                     id="problems"),
        pytest.param(["--text", "Hi", "--limit", "1", "--confirm", "1"], id="limit"),
        pytest.param(["--text", "Hi", "--content-id", "7", "--region", "XX"], id="both"),
        pytest.param(["--text", "Hi", "--pod", "us-1"], id="places"),
        pytest.param(["--text", "Hi", "--program", " "], id="program"),
    ],
)  # fmt: skip
def test_commands__speak_shell(command, capsys, more):
    """Whatever a command prints or writes holds no argument or method of Python."""
    assert cli.main(command(*more)) != cli.ALL_ACCEPTED
    printed = "".join(capsys.readouterr())
    results = Path("people-results.csv")
    said = printed + (results.read_text(encoding="utf-8") if results.exists() else "")
    found = [m for m in PYTHON.finditer(said) if "smsframe.connect()" not in said[m.start() - 20 :]]
    assert [said[max(0, m.start() - 30) : m.end() + 10] for m in found] == []


def test_unknown__says_where_to_settle_it(command, sandbox, capsys):
    """The command has no way to settle what is unknown, and says where there is one."""
    sandbox.faults.add("drop_after", on=1)
    cli.main(command("--text", "Hi", "--confirm", "4"))
    err = capsys.readouterr().err
    assert "in Python: smsframe.results(RUN).sms.reconcile(...)" in err
    assert "--resend-unknown" in err


def test_blocked__lines_are_called_lines(command, capsys):
    """A row with a problem is named by its line."""
    words = ["--text", "Hi %%FirstName%%", "--problems", "raise", "--confirm", "3"]
    assert cli.main(command(*words)) == cli.USAGE
    assert "line 3: " in capsys.readouterr().err


@pytest.mark.parametrize("confirm", ["1", "3", "4"])
def test_confirm__right_once_is_right_again(command, sandbox, capsys, confirm):
    """When nothing is left, a number that was right at some time is no mistake; another is."""
    assert cli.main(command("--text", "Hi", "--confirm", "4")) == cli.ALL_ACCEPTED
    assert cli.main(command("--text", "Hi", "--confirm", confirm)) == cli.ALL_ACCEPTED
    assert cli.main(command("--text", "Hi", "--confirm", "5")) == cli.USAGE
    assert "--confirm 5" in capsys.readouterr().err
    assert len(sandbox.outbox()) == 4
    people = pd.read_csv("people.csv", dtype="string")
    with smsframe.connect(sandbox), pytest.raises(smsframe.InputError, match="confirm=5"):
        people.sms.send("Hi", program="148372", confirm=5)
