"""``--exclude`` and ``--test-to``: who must not be texted, and a test to oneself."""

from __future__ import annotations

import pandas as pd
import pytest
from samples import fictional_phones

import smsframe
from smsframe.cli import commands

PHONES = fictional_phones(3)
TEXT = ("--program", "148372", "--text", "Hi %%name%%")


@pytest.fixture
def shell(tmp_path, monkeypatch, capsys, sandbox):
    """Return a shell in a folder with a file of three people; it gives code, output and errors."""
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"mobile": PHONES, "name": ["Ann", "Bob", "Cy"]}).to_csv("p.csv", index=False)
    (tmp_path / "no.txt").write_text("201-555-0101\n")
    for name, value in sandbox.credentials.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)

    def run(command, *rest):
        code = commands.main([command, "p.csv", "--base-url", sandbox.base_url, *TEXT, *rest])
        written = capsys.readouterr()
        return code, " ".join(written.out.split()), " ".join(written.err.split())

    return run


def test_exclude__plan_and_send(shell, sandbox):
    """Who is excluded is counted and not sent to, and the command has done all there is to do."""
    code, out, _ = shell("plan", "--exclude", "no.txt")
    assert (code, "excluded: 1" in out) == (0, True)
    code, out, _ = shell("send", "--exclude", "no.txt", "--confirm", "2")
    assert code == 0
    assert "1 not_attempted --exclude, or the file of SMSFRAME_EXCLUDE, names the person" in out
    assert len(sandbox.outbox()) == 2


def test_exclude__several_and_results(shell, sandbox):
    """The option may be repeated; results of an earlier send exclude who had it, run after run."""
    shell("send", "--limit", "1", "--confirm", "1")
    for _ in range(2):  # the second time it reads the results that the first has written
        both = ("--exclude", "no.txt", "--exclude", "p-results.csv")
        code, _, _ = shell("send", "--campaign", "new", "--confirm", "1", *both)
        assert code == 0
    assert sandbox.outbox()["to"].value_counts().tolist() == [1, 1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "--exclude names 'a.csv'", id="gone"),
        pytest.param(
            f"phone,mobile\n{PHONES[0]},{PHONES[1]}\n", "Keep in it only the column", id="two"
        ),
        pytest.param("phone\n1.20156E+10\n", "scientific notation", id="rounded"),
    ],
)
def test_exclude__refused(shell, sandbox, tmp_path, content, words):
    """A file that cannot be read stops the command."""
    if content is not None:
        (tmp_path / "a.csv").write_text(content)
    code, _, errors = shell("send", "--exclude", "a.csv", "--confirm", "3")
    assert (code, words in errors) == (2, True), errors
    assert len(sandbox.outbox()) == 0


def test_test_to__sends_a_test_alone(shell, sandbox, tmp_path):
    """A test needs no --confirm, and leaves the campaign and the folder as they were."""
    code, out, _ = shell("send", "--test-to", "+12015550177", "--test-rows", "2")
    assert code == 0
    assert sandbox.outbox()["text"].tolist() == ["Hi Ann", "Hi Bob"]
    assert set(sandbox.outbox()["to"]) == {"12015550177"}
    assert "accepted Hi Ann" in out
    assert "2015550177" not in out
    assert not (tmp_path / "p-results.csv").exists()
    code, _, _ = shell("send", "--confirm", "3")
    assert (code, len(sandbox.outbox())) == (0, 5)


def test_test_to__several_numbers(shell, sandbox):
    """The option may be repeated; without --test-rows it is the first row's words."""
    assert shell("send", "--test-to", "+12015550177", "--test-to", "+12015550178")[0] == 0
    assert sandbox.outbox()["text"].tolist() == ["Hi Ann"] * 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(["--test-to", "5550177"], "--test-to cannot be used", id="bad-number"),
        pytest.param(["--test-rows", "2"], "goes with --test-to", id="rows-alone"),
        pytest.param(["--test-to", PHONES[0], "--test-rows", "0"], "from 1", id="no-rows"),
        pytest.param(["--test-to", PHONES[0], "--test-rows", "11"], None, id="fewer-than-asked"),
        pytest.param(["--test-to", PHONES[0], "--confirm", "3"], "leave out --confirm", id="both"),
        pytest.param(["--test-to", PHONES[0], "--dry-run"], "leave out", id="dry-run"),
    ],
)
def test_test_to__refused(shell, sandbox, options, words):
    """What contradicts itself, or a number that cannot be texted, sends nothing."""
    code, _, errors = shell("send", *options)
    assert (code, len(sandbox.outbox())) == ((2, 0) if words else (0, 3))
    assert (words or "") in errors


def test_test_to__an_answer_that_was_lost(shell, sandbox):
    """A test of which nothing is known is no success, and why is told."""
    sandbox.faults.add("drop_after", on=1)
    code, out, _ = shell("send", "--test-to", "+12015550177")
    assert (code, "unknown" in out) == (1, True)
    assert smsframe.runs()["campaign"].notna().all()


def test_min_gap__waits_and_says_so(shell, sandbox):
    """Who had a message waits; the same command later goes on, and until then sends nothing."""
    assert shell("send", "--limit", "1", "--confirm", "1", "--campaign", "one")[0] == 1
    gap = ("--min-gap", "24h", "--campaign", "two")
    code, out, _ = shell("plan", *gap)
    assert "too soon: 1" in out
    code, out, _ = shell("send", *gap, "--confirm", "2")
    assert code == 1
    assert "1 not_attempted had a message within --min-gap" in out
    results = pd.read_csv("p-results.csv")
    assert "and --min-gap keeps 24 hours between two messages" in results["sms_error"][0]
    code, out, _ = shell("send", *gap, "--confirm", "0")
    assert "Nothing was sent: 2 accepted · 1 not attempted (1 too soon)" in out
    assert sandbox.outbox()["to"].is_unique


def test_min_gap__without_a_unit(shell):
    """A number alone is refused, with the way to write it."""
    code, _, told = shell("plan", "--min-gap", "24")
    assert code == 2
    assert "--min-gap 24 has no unit. Write it with one, such as --min-gap 24h" in told


def test_team_list__is_told_at_a_shell(shell, tmp_path, monkeypatch):
    """The plan says that the team's file was applied, and how many rows it holds back."""
    monkeypatch.setenv("SMSFRAME_EXCLUDE", str(tmp_path / "no.txt"))
    _, out, _ = shell("plan", "--exclude", "no.txt")
    assert "excluded: 1, of which 1 by SMSFRAME_EXCLUDE" in out
