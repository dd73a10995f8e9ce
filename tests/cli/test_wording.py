"""What the engine says reaches a shell in the words of a shell."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe._base import sentences
from smsframe._base.sentences import OPTIONS
from smsframe.cli import commands as cli
from smsframe.cli.options import parser

PYTHON = re.compile(r"\b[Ff]rame\b|\b(?!RUN)[a-z_]+=[{'\"\d]|\bsms\.|\bplan\(|last_results|\{'|\['")


def test_options__exist():
    """Every argument that is an option has one that some command knows."""
    (commands,) = [a for a in parser("")._actions if getattr(a, "choices", None)]
    known = {o for p in commands.choices.values() for a in p._actions for o in a.option_strings}
    assert set(OPTIONS.values()) <= known


def test_help__has_a_sentence_for_every_option():
    """No option is listed without a word on what it does."""
    (commands,) = [a for a in parser("")._actions if getattr(a, "choices", None)]
    for name, command in commands.choices.items():
        assert [a.dest for a in command._actions if not a.help] == [], name
        command.format_help()


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


def test_status__of_another_process(command, sandbox, monkeypatch, capsys):
    """What an earlier process wrote into the journal is worded for a shell too."""
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(Path("journal.sqlite3").absolute()))
    more = ("--text", "Hi %%FirstName%%", "--limit", "2", "--confirm", "2")
    cli.main(command(*more))
    monkeypatch.setattr(sentences, "_remembered", {})
    (run,) = smsframe.runs(journal="rehearsal.sqlite3").index
    place = ["--base-url", sandbox.base_url, "--wait", "0"]
    cli.main(["status", run, *place, "--out", "again.csv"])
    said = " ".join(pd.read_csv("again.csv", dtype="string")["sms_error"].dropna())
    assert "--limit stopped before this row." in said
    assert "give --default 'FirstName=…'" in said
    assert not PYTHON.search(said)


def test_send__nothing_left(command, capsys):
    """Why nothing was sent is said once, with the option that names a new round."""
    cli.main(command("--text", "Hi", "--confirm", "4"))
    assert "Nothing was sent" not in capsys.readouterr().out
    cli.main(command("--text", "Hi", "--confirm", "4"))
    out = capsys.readouterr().out
    assert out.startswith("Nothing was sent: all 4 messages were accepted already")
    assert "name this round: --campaign NAME (" in out
    assert "results.sms" not in out
