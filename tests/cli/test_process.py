"""The command as a process of its own: its exit codes, its streams, its files, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
import pytest
from samples import make_people

from smsframe._files import read, write
from smsframe._send import plan as planning
from smsframe._send import run
from smsframe.cli import commands, options, output
from smsframe.errors import JournalError

TEXT = "Hi %%FirstName%%"
N = 4
FULL = pytest.mark.full  # what a command says is tried without a process of its own, too


@pytest.fixture
def command(sandbox, monkeypatch, tmp_path):
    """Work in an empty folder; return the words that send a file to the sandbox."""
    monkeypatch.chdir(tmp_path)
    for name, value in sandbox.credentials.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)
    place = ["--base-url", sandbox.base_url]
    return lambda name, *more: [
        "send", name, "--text", TEXT, "--program", "148372", "--phone", "mobile", *place, *more,
    ]  # fmt: skip


def started(words: list[str]) -> subprocess.Popen[str]:
    """Start the command as a shell does."""
    return subprocess.Popen(
        [sys.executable, "-m", "smsframe", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("out", ["out.csv", "out.xlsx", "out.parquet"])
@pytest.mark.parametrize("name", ["people.csv", "people.tsv", "people.xlsx", "people.parquet"])
def test_send__every_kind_of_file(command, sandbox, name, out):
    """Each kind of file is sent from, and every row comes back in each, phones as they were."""
    people = make_people(N).assign(order_no="0042")
    if name.endswith(".tsv"):
        people.to_csv(name, sep="\t", index=False)
    else:
        write.write_frame(people, Path(name))
    assert commands.main(command(name, "--confirm", str(N), "--out", out)) == commands.ALL_ACCEPTED
    assert sandbox.outbox()["text"].tolist() == [f"Hi {name}" for name in people["FirstName"]]
    back = read.read_frame(Path(out), {})
    assert back["sms_status"].tolist() == ["accepted"] * N
    assert back["mobile"].tolist() == people["mobile"].tolist()
    assert back["order_no"].tolist() == ["0042"] * N
    assert commands.main(command(name, "--confirm", str(N), "--out", out)) == commands.ALL_ACCEPTED
    assert len(sandbox.outbox()) == N


def test_send__rehearsed_then_sent(command, sandbox, capsys):
    """A dry run of a clean file ends with 0, sends nothing, and leaves the send to be done."""
    make_people(N).to_csv("people.csv", index=False)
    assert commands.main(command("people.csv", "--dry-run")) == commands.ALL_ACCEPTED
    assert pd.read_csv("people-results.csv")["sms_status"].tolist() == ["planned"] * N
    assert len(sandbox.requests()) == 0
    assert commands.main(command("people.csv")) == commands.USAGE
    assert f"--confirm {N}" in capsys.readouterr().err
    assert commands.main(command("people.csv", "--confirm", str(N))) == commands.ALL_ACCEPTED
    assert len(sandbox.outbox()) == N


def sends(sandbox) -> int:
    """Return how many sends the sandbox is done with."""
    return int(sandbox.requests()["path"].str.endswith("/sends").sum())


def has_begun(sandbox) -> bool:
    """Tell whether a send has reached the sandbox, answered or not."""
    return bool(sandbox._room.log.in_flight() or sends(sandbox))


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize(
    ("presses", "fault", "then"),
    [
        pytest.param(1, "delay", "all 4 messages were accepted already", id="once"),
        pytest.param(2, "hang", "unknown", id="impatiently"),
    ],
)
def test_send__ctrl_c(command, sandbox, presses, fault, then):
    """Stopped while its call is under way it ends with 130 and a line, and can be run again."""
    make_people(N).to_csv("people.csv", index=False)
    sandbox.faults.add(fault, on=1, seconds=2.0)
    child = started(command("people.csv", "--confirm", str(N)))
    until = time.monotonic() + 30
    while not has_begun(sandbox):
        assert time.monotonic() < until, "nothing was sent"
        assert child.poll() is None, child.communicate()
    for _ in range(presses):
        child.send_signal(signal.SIGINT)
        until = time.monotonic() + 0.2
        while time.monotonic() < until and child.poll() is None:
            pass
    _, err = child.communicate(timeout=30)
    assert child.returncode == commands.INTERRUPTED, err
    assert "\nsmsframe: " in err
    assert "Traceback" not in err
    assert len(pd.read_csv("people-results.csv")) == N
    again = started(command("people.csv", "--confirm", str(N)))
    out, err = again.communicate(timeout=30)
    assert again.returncode == (commands.ALL_ACCEPTED if presses == 1 else commands.SOME_NOT), err
    assert then in out
    assert sends(sandbox) == 1
    assert sandbox.outbox()["to"].is_unique


@pytest.mark.parametrize(
    ("words", "code", "stream"),
    [
        pytest.param(["runs", "--journal", "none.sqlite3"], 0, "out", id="runs", marks=FULL),
        pytest.param(["plan", "people.csv", "--text", "Hi", "--program", "1"], 0, "out", id="plan"),
        pytest.param(["plan", "gone.csv", "--text", "Hi", "--program", "1"], 2, "err", id="gone"),
        pytest.param(["status", "no-run", "--sandbox"], 2, "err", id="status", marks=FULL),
        pytest.param(
            ["sandbox", "--port", "0", "--contacts", "gone.csv"], 2, "err", id="sandbox", marks=FULL
        ),
        pytest.param(["demo", "gone.csv"], 2, "err", id="demo", marks=FULL),
        pytest.param(["--help"], 0, "out", id="help", marks=FULL),
        pytest.param(["text"], 2, "err", id="no such command"),
    ],
)
def test_commands__exit_code_and_stream(monkeypatch, tmp_path, words, code, stream):
    """What was asked for is on standard output; what went wrong, on the other, in one sentence."""
    monkeypatch.chdir(tmp_path)
    make_people(N).to_csv("people.csv", index=False)
    child = started(words)
    out, err = child.communicate(timeout=60)
    assert child.returncode == code, err
    assert bool(out) == (stream == "out")
    assert bool(err) == (stream == "err")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["plan"], commands.ALL_ACCEPTED, id="plan"),
        pytest.param(["send", "--confirm", str(N)], commands.ALL_ACCEPTED, id="send"),
    ],
)
def test_commands__reader_has_left(command, sandbox, words, code):
    """Where nobody reads the output any more, all is done as before, and nothing is said of it."""
    make_people(N).to_csv("people.csv", index=False)
    child = started([words[0], *command("people.csv", "--out", "out.csv", *words[1:])[1:]])
    child.stdout.close()
    child.stdout = None
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err.replace("\r", "\n").count("Traceback")) == (code, 0)
    assert "BrokenPipe" not in err
    assert len(pd.read_csv("out.csv")) == N


def test_demo__reader_of_both_streams_has_left(monkeypatch, tmp_path):
    """``smsframe demo 2>&1 | head -1`` goes on to its end: the bar has no reader either."""
    monkeypatch.chdir(tmp_path)
    people = make_people(N).assign(order_no="1", total="2")
    people.to_csv("people.csv", index=False)
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "smsframe", "demo", "people.csv", "--fast"]
    child = subprocess.run(words, stdout=writer, stderr=writer, timeout=60, check=False)
    os.close(writer)
    assert child.returncode == commands.ALL_ACCEPTED
    assert len(pd.read_csv("results.csv")) == N


def test_say__reader_has_left(monkeypatch):
    """What nobody reads any more goes nowhere, now and when the process ends."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        output.say("one")
        output.say("two")
        stream.write("three")  # still in the buffer when the stream is closed


def test_warnings__of_others_are_shown_as_ever(command, monkeypatch, capsys):
    """Only our own warnings become sentences; another library's keeps its kind and its line."""
    make_people(N).to_csv("people.csv", index=False)
    plan_lines = output.plan_lines

    def warned(*given, **how):
        warnings.warn("old", FutureWarning, stacklevel=1)
        return plan_lines(*given, **how)

    monkeypatch.setattr(output, "plan_lines", warned)
    with pytest.warns(FutureWarning, match="^old$"):
        assert commands.main(["plan", *command("people.csv")[1:]]) == commands.ALL_ACCEPTED
    assert "old" not in capsys.readouterr().err


def test_send__ctrl_c_at_the_very_end(command, sandbox, monkeypatch, capsys):
    """Ctrl-C after the last answer leaves nothing to send, and that is what is said."""
    make_people(N).to_csv("people.csv", index=False)
    monkeypatch.setattr(run, "send_plan", interrupted_at_the_end)
    assert commands.main(command("people.csv", "--confirm", str(N))) == commands.INTERRUPTED
    assert capsys.readouterr().err.endswith("Nothing is left to send.\n")
    assert len(sandbox.outbox()) == N
    assert len(pd.read_csv("people-results.csv")) == N


def interrupted_at_the_end(*given, send_plan=run.send_plan):
    """Send a plan and be interrupted when all is done."""
    send_plan(*given)
    raise KeyboardInterrupt("Stopped.")


def test_send__ctrl_c_and_a_journal_that_fails(command, monkeypatch, capsys):
    """Where it cannot be counted what is left, the same command is what to run."""
    make_people(N).to_csv("people.csv", index=False)
    monkeypatch.setattr(run, "send_plan", interrupted_at_the_end)
    monkeypatch.setattr(planning.Plan, "history", property(broken))
    assert commands.main(command("people.csv", "--confirm", str(N))) == commands.INTERRUPTED
    assert capsys.readouterr().err.endswith("Run the same command again to go on.\n")


def broken(_):
    """Fail as a journal does."""
    raise JournalError("The disk is full.")


def test_commands__are_all_tried():
    """The commands that there are, are those that the pages and these tests know."""
    (parsers,) = [a for a in options.parser("")._actions if getattr(a, "choices", None)]
    assert set(parsers.choices) == {
        "demo", "sandbox", "plan", "send", "runs", "status", "report", "journal",
    }  # fmt: skip
