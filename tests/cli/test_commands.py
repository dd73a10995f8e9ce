"""The command: what it prints, what it sends, and the exit code that a script goes by."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe._acoustic import client as clients
from smsframe._base.send_settings import SendSettings
from smsframe._files import read, write
from smsframe._send import cancellation
from smsframe._send.row_outcomes import Tally
from smsframe.cli import commands, output
from smsframe.errors import InputError, JournalError

ROOT = Path(__file__).parents[2]
ORDERS = ROOT / "data/orders.csv"
TEXT = "Hi %%FirstName%%, order %%Order%% has shipped."


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Work in an empty directory, 100 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def people_csv(place):
    """Write three people, one of them without a phone, and return the path."""
    path = place / "people.csv"
    path.write_text(
        "mobile,FirstName,order_no,total\n"
        "(201) 555-0123,Ann,007,1234.5\n,Bob,008,9\n+1 202 555 0124,Zoë,009,12\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def options(sandbox, monkeypatch):
    """Return options that send to the sandbox by its address, credentials in the environment."""
    for name, value in sandbox.credentials.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)
    return ["--base-url", sandbox.base_url, "--program", "148372", "--phone", "mobile",
            "--region", "US", "--text", TEXT, "--tag", "Order=order_no"]  # fmt: skip


def table_of(path: str | Path) -> pd.DataFrame:
    """Read a results file, every cell as text."""
    return pd.read_csv(path, dtype="string")


def test_send__asks_before_it_sends(people_csv, options, sandbox, capsys):
    """Without --confirm the plan is shown, nothing is sent, and the number to confirm is named."""
    assert commands.main(["send", str(people_csv), *options]) == 2
    out, err = capsys.readouterr()
    assert "Plan: 2 messages in 1 call" in out
    assert "--confirm 2" in err
    assert len(sandbox.outbox()) == 0


def test_send__confirmed(people_csv, options, sandbox, capsys):
    """With the right number it sends, has a word on every row, and 1 says that not all went."""
    assert commands.main(["send", str(people_csv), *options, "--confirm", "2"]) == 1
    assert sandbox.outbox()["text"].tolist() == [
        "Hi Ann, order 007 has shipped.",
        "Hi Zoë, order 009 has shipped.",
    ]
    results = table_of("people-results.csv")
    assert results["sms_status"].tolist() == ["accepted", "invalid", "accepted"]
    assert results["sms_contact"].tolist()[0] == "12015550123"
    out = capsys.readouterr().out
    assert "people-results.csv" in out
    assert "results.sms" not in out


def test_send__again(people_csv, options, sandbox, capsys):
    """The same command a second time sends nothing, says so and gives the same table."""
    command = ["send", str(people_csv), *options, "--confirm", "2"]
    assert commands.main(command) == 1
    first = table_of("people-results.csv")
    assert commands.main(command) == 1
    pd.testing.assert_frame_equal(table_of("people-results.csv"), first)
    assert "Nothing was sent" in capsys.readouterr().out
    assert len(sandbox.outbox()) == 2


def test_send__all_accepted(people_csv, options):
    """When every row is accepted, or repeats one that was, the exit code is 0."""
    frame = read.read_frame(people_csv, {}).dropna()
    pd.concat([frame, frame[:1]]).to_csv("good.csv", index=False)
    assert commands.main(["send", "good.csv", *options, "--confirm", "2"]) == 0
    statuses = table_of("good-results.csv")["sms_status"]
    assert statuses.tolist() == ["accepted", "accepted", "duplicate"]


def test_send__wrong_number(people_csv, options, sandbox, capsys):
    """Another number than would go out sends nothing."""
    assert commands.main(["send", str(people_csv), *options, "--confirm", "3"]) == 2
    assert len(sandbox.outbox()) == 0
    assert "--confirm 3, but 2 messages" in capsys.readouterr().err


def test_send__unknown(people_csv, options, sandbox, capsys):
    """A lost answer is warned of in a sentence, without the line of code Python would add."""
    sandbox.faults.add("drop_after", on=1)
    assert commands.main(["send", str(people_csv), *options, "--confirm", "2"]) == 1
    err = capsys.readouterr().err
    assert "may or may not have gone out" in err
    assert "UnknownOutcomeWarning" not in err
    assert table_of("people-results.csv")["sms_status"].tolist() == [
        "unknown",
        "invalid",
        "unknown",
    ]


def test_send__dry_run(people_csv, options, sandbox):
    """A dry run writes the table and sends nothing."""
    command = ["send", str(people_csv), *options, "--dry-run", "--out", "dry.csv"]
    assert commands.main(command) == 1
    assert table_of("dry.csv")["sms_status"].tolist() == ["planned", "invalid", "planned"]
    assert len(sandbox.requests()) == 0


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        pytest.param(["--out", "people.csv"], "--out is the file itself", id="out is input"),
        pytest.param(["--out", "people.doc"], "ending must be one of", id="out of unknown kind"),
        pytest.param(["--format", "totl=,.2f"], "did you mean 'total'", id="unknown column"),
        pytest.param(["--limit", "-1"], "--limit -1", id="option out of range"),
        pytest.param(["--pod", "us-1"], "either --pod or --base-url", id="two places"),
    ],
)
def test_send__usage(people_csv, options, capsys, extra, sentence):
    """What cannot be used is one sentence on standard error and exit code 2."""
    assert commands.main(["send", str(people_csv), *options, "--confirm", "2", *extra]) == 2
    err = capsys.readouterr().err
    assert sentence.casefold() in err.casefold()
    assert "Traceback" not in err
    assert not Path("people-results.csv").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no command"),
        pytest.param(["send"], id="no file"),
        pytest.param(["plan", "people.csv", "--text", "Hi"], id="no program"),
        pytest.param(["send", "x.csv", "--program", "1", "--tag", "Order"], id="half a pair"),
        pytest.param(["sandbox", "--prot", "1"], id="misspelt"),
    ],
)
def test_usage__argparse(arguments, capsys):
    """A command line that cannot be read ends with exit code 2."""
    with pytest.raises(SystemExit) as stopped:
        commands.main(arguments)
    assert stopped.value.code == commands.USAGE
    out, err = capsys.readouterr()
    assert "usage: smsframe" in err
    assert out == ""


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (["send"], "smsframe send: the following arguments are required: FILE, --program"),
        (
            ["plan", "x.csv", "--program"],
            "smsframe plan: argument --program: expected one argument",
        ),
        (["sned"], "smsframe: argument COMMAND: invalid choice: 'sned'"),
    ],
)
def test_usage__what_is_wrong_comes_first(arguments, first, capsys):
    """The first line says what is wrong; how the command is used stands below."""
    with pytest.raises(SystemExit):
        commands.main(arguments)
    assert capsys.readouterr().err.splitlines()[0].startswith(first)


def test_usage__no_command_lists_them(capsys):
    """The bare command lists what there is."""
    with pytest.raises(SystemExit):
        commands.main([])
    err = capsys.readouterr().err
    assert all(f"\n    {name} " in err for name in ("demo", "plan", "send", "runs", "status"))


def test_version(capsys):
    """--version says which one it is."""
    with pytest.raises(SystemExit) as stopped:
        commands.main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"smsframe {smsframe.__version__}\n"


def test_send__no_credentials(people_csv, capsys):
    """Without any credentials it says what to set, and where."""
    command = ["send", str(people_csv), "--program", "148372", "--text", "Hi", "--pod", "us-1"]
    assert commands.main(command) == 2
    assert "SMSFRAME_CLIENT_ID" in capsys.readouterr().err


def test_send__interrupted(people_csv, options, monkeypatch, capsys):
    """Ctrl-C before there are results ends with 130 and a line, not a traceback."""

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("smsframe._send.run.send_plan", interrupted)
    assert commands.main(["send", str(people_csv), *options, "--confirm", "2"]) == 130
    assert capsys.readouterr().err == "\nsmsframe: Stopped.\n"
    assert not Path("people-results.csv").exists()


def many_csv(number: int) -> Path:
    """Write a file of people and return its path."""
    make_people(number).assign(order_no="1").to_csv("many.csv", index=False)
    return Path("many.csv")


def test_send__interrupted_midway(options, sandbox, monkeypatch, capsys):
    """Ctrl-C midway: the results are written, and the command that it names sends the rest."""
    monkeypatch.setattr(clients, "SendSettings", partial(SendSettings, batch_size=2))
    settle = Tally.settle

    def press_ctrl_c(*given):
        settle(*given)
        signal.raise_signal(signal.SIGINT)

    command = ["send", str(many_csv(40)), *options, "--confirm"]
    with monkeypatch.context() as patched:
        patched.setattr(Tally, "settle", press_ctrl_c)
        patched.setattr(cancellation, "GIVEN_UP", 1000)
        assert commands.main([*command, "40"]) == commands.INTERRUPTED
    out, err = capsys.readouterr()
    results = table_of("many-results.csv")
    gone, left = len(sandbox.outbox()), (results["sms_status"] == "not_attempted").sum()
    assert 0 < gone < 40
    assert "many-results.csv" in out
    assert "last_results" not in err
    assert f"run the same command with --confirm {left}." in err
    assert commands.main([*command, str(left)]) == commands.ALL_ACCEPTED
    assert sandbox.outbox()["to"].is_unique
    assert len(sandbox.outbox()) == 40


def test_send__stopped_by_an_error(people_csv, options, monkeypatch, capsys):
    """An error in the middle is exit code 1, and the results are written all the same."""

    def full(*_, **__):
        raise JournalError("The disk is full.")

    monkeypatch.setattr("smsframe._journal.store.Journal.record", full)
    assert commands.main(["send", str(people_csv), *options, "--confirm", "2"]) == commands.SOME_NOT
    assert "smsframe: The disk is full.\n" in capsys.readouterr().err
    assert len(table_of("people-results.csv")) == 3


def test_send__left(people_csv, options, sandbox, capsys):
    """When messages are left, the command that sends them is named."""
    sandbox.faults.add("status", on=1, status=403)
    assert commands.main(["send", str(people_csv), *options, "--confirm", "2"]) == commands.SOME_NOT
    assert "2 messages are left to send" in capsys.readouterr().err


def test_send__limit(people_csv, options, capsys):
    """What a limit held back is told apart from what the same command would go on with."""
    command = ["send", str(people_csv), *options, "--limit", "1", "--confirm", "1"]
    for _ in range(2):
        assert commands.main(command) == commands.SOME_NOT
        out = capsys.readouterr().out
        assert "1  not_attempted  --limit stopped before it; a higher --limit, or none" in out
        assert "run it again" not in out


def test_count_table__stopped_and_limited():
    """Rows a stop left and rows a limit held back have a line each; no line is empty."""
    status = pd.Series(["accepted", *["not_attempted"] * 5], dtype="category")
    codes = pd.Series([None, "stopped", "stopped", "limit", "limit", "limit"], dtype="string")
    frame = pd.DataFrame({"sms_status": status, "sms_code": codes})
    table = output.count_table(frame)
    assert "2  not_attempted  the run stopped before it; run it again" in table
    assert "3  not_attempted  --limit stopped before it; a higher" in table
    assert "accepted" not in output.count_table(frame[1:])


def test_send__journal_error(people_csv, options, capsys):
    """A journal that cannot be used is a sentence and exit code 1."""
    Path("broken.sqlite3").write_text("no database" * 1000)
    command = ["send", str(people_csv), *options, "--confirm", "2", "--journal", "broken.sqlite3"]
    assert commands.main(command) == 1
    err = capsys.readouterr().err
    assert err.startswith("smsframe: ")
    assert "Traceback" not in err


def test_plan__needs_no_credentials(people_csv, capsys):
    """A plan is shown without a connection; what is wrong carries its line in the file."""
    command = ["plan", str(people_csv), "--program", "148372", "--region", "US", "--text", TEXT]
    command += ["--tag", "Order=order_no", "--phone", "mobile", "--out", "plan.xlsx"]
    assert commands.main(command) == 1
    out = capsys.readouterr().out
    assert "│ Hi Ann, order 007 has shipped." in out
    assert "1     3" in out  # one row, the first of them on line 3
    written = pd.read_excel("plan.xlsx", dtype=object, engine="openpyxl")
    assert written["sms_contact"].tolist()[0] == "12015550123"
    assert written["sms_status"].tolist() == ["planned", "invalid", "planned"]


def test_plan__knows_the_past(people_csv, options, capsys):
    """With a connection named, the plan says what of it went out before."""
    assert commands.main(["send", str(people_csv), *options, "--confirm", "2"]) == 1
    assert commands.main(["plan", str(people_csv), *options]) == 1
    assert "0 are left to send" in capsys.readouterr().out


@pytest.fixture
def sent(people_csv, options, capsys):
    """Send to two of three people, and return the options of the place they were sent to."""
    commands.main(["send", str(people_csv), *options, "--confirm", "2"])
    capsys.readouterr()
    return options[:2]


def only_run() -> str:
    """Return the id of the one run in the journal."""
    (run,) = smsframe.runs().index
    return run


def test_runs__lists_them(sent, capsys):
    """Each run is listed with its id, what became of its rows and what was sent."""
    assert commands.main(["runs", *sent]) == 0
    first, run, *text = capsys.readouterr().out.splitlines()
    assert first.split()[:2] == ["run", "started"]
    assert run.split()[0] == only_run()
    assert run.endswith("2 accepted, 1 invalid")
    assert " ".join(line.strip() for line in text) == f"148372 · {TEXT}"


def test_runs__needs_no_credentials(place, sent, monkeypatch, capsys):
    """Looking back makes no connection; the journal can be named."""
    for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"):
        monkeypatch.delenv(f"SMSFRAME_{name}")
    assert commands.main(["runs", "--journal", str(place / "rehearsal.sqlite3")]) == 0
    assert "2 accepted" in capsys.readouterr().out


def test_runs__masked(options, people_csv, capsys):
    """A number that stands in a text or a campaign does not show."""
    said = ["--text", "Call +1 201 555 0123", "--campaign", "for 12015550123"]
    commands.main(["send", str(people_csv), *options[:6], *options[6:8], *said, "--confirm", "2"])
    capsys.readouterr()
    commands.main(["runs", *options[:2]])
    out = capsys.readouterr().out
    assert "•23" in out
    assert "2015550123" not in re.sub(r"\D", "", out)


def test_runs__none(place, capsys):
    """A journal that is not there is said so, and not made by looking."""
    assert commands.main(["runs", "--journal", "none.sqlite3"]) == 0
    assert "No run is known in" in capsys.readouterr().out
    assert not Path("none.sqlite3").exists()


@pytest.mark.parametrize(
    ("command", "code", "named"),
    [
        pytest.param(["check", "none.sqlite3"], 1, "sent with: JOURNAL.", id="check, none"),
        pytest.param(["check", "broken.sqlite3"], 1, "another place with JOURNAL", id="check"),
        pytest.param(["import", "none.sqlite3", "a.sqlite3"], 1, "FROM or TO.", id="import, none"),
        pytest.param(["import", "a.sqlite3", "a.sqlite3"], 2, "Name two journals", id="import"),
        pytest.param(["upgrade", "broken.sqlite3"], 2, "give its URL", id="upgrade"),
    ],
)
def test_journal__is_named_as_the_command_takes_it(command, code, named, capsys):
    """In a place; there is no option for it."""
    Path("broken.sqlite3").write_bytes(b"no database at all" * 100)
    assert commands.main(["journal", *command]) == code
    said = capsys.readouterr().err
    assert named in said
    assert "--journal" not in said


def test_runs__broken_journal(capsys):
    """A journal that cannot be read is a sentence and exit code 1."""
    Path("broken.sqlite3").write_text("no database" * 1000)
    assert commands.main(["runs", "--journal", "broken.sqlite3"]) == 1
    assert capsys.readouterr().err.startswith("smsframe: ")


def test_runs__forgotten(sent, capsys):
    """What was forgotten is listed by what is left of it, and never as nan."""
    smsframe.journal.forget("2100-01-01", path="rehearsal.sqlite3")
    assert commands.main(["runs", *sent]) == 0
    out = capsys.readouterr().out
    assert "forgotten" in out
    assert "<NA>" not in out
    assert "nan" not in out


def test_status__asks_and_sums_up(sent, capsys):
    """Accepted becomes sent; the row that never went out makes the exit code 1."""
    command = ["status", only_run(), *sent, "--out", "now.csv", "--price-per-segment", "0.01"]
    assert commands.main(command) == 1
    out = capsys.readouterr().out
    assert "3 rows: 2 sent · 1 invalid" in out
    assert "cost: 0.02" in out
    assert table_of("now.csv")["sms_status"].tolist() == ["sent", "invalid", "sent"]


@pytest.mark.parametrize(
    ("tag", "column"), [("order", "row"), ("row", "row (in the file)")], ids=["plain", "taken"]
)
def test_status__row_numbers(options, tag, column):
    """Rows that were not sent, of which the journal has no values, are found by their number."""
    Path("o.csv").write_text(f"{tag},mobile\nA1,+1 201 555 0101\nA2,call me\nA3,\n")
    place, text = options[:6], f"Order %%{tag}%%"
    commands.main(["send", "o.csv", *place, "--text", text, "--confirm", "1"])
    commands.main(["status", only_run(), *options[:2], "--out", "now.csv"])
    table = table_of("now.csv")
    assert next(iter(table)) == column
    assert table[column].tolist() == ["1", "2", "3"]
    assert table["sms_code"].tolist()[1:] == ["phone_unreadable", "phone_missing"]


def test_status__out_is_renewed_and_nothing_else_written_over(sent, capsys):
    """The same command again renews its table; another file is left as it is."""
    command = ["status", only_run(), *sent, "--out", "now.csv"]
    assert [commands.main(command), commands.main(command)] == [commands.SOME_NOT] * 2
    Path("now.csv").write_text("precious")
    assert commands.main(command) == commands.USAGE
    assert "now.csv is there already" in capsys.readouterr().err
    assert Path("now.csv").read_text() == "precious"


def test_status__second_time_asks_nothing(sent, sandbox, capsys):
    """What is known is in the journal: no further call is made."""
    command = ["status", only_run(), *sent]
    commands.main(command)
    first, calls = capsys.readouterr().out, len(sandbox.requests())
    assert commands.main(command) == 1
    assert capsys.readouterr().out == first
    assert len(sandbox.requests()) == calls


def test_status__all_sent(people_csv, options, capsys):
    """When every row was sent the exit code is 0."""
    read.read_frame(people_csv, {}).dropna().to_csv("good.csv", index=False)
    commands.main(["send", "good.csv", *options, "--confirm", "2"])
    assert commands.main(["status", only_run(), *options[:2]]) == 0


def test_status__still_open(sent, sandbox, capsys):
    """With --wait 0 it asks once; what is not known yet stays accepted and is warned of."""
    sandbox.faults.add("status", every=1, status=500, path="status")
    assert commands.main(["status", only_run(), *sent, "--wait", "0"]) == 1
    out, err = capsys.readouterr()
    assert "2 accepted" in out
    assert err.startswith("smsframe: ")


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        pytest.param(["no-such-run"], "has no run 'no-such-run'", id="unknown run"),
        pytest.param(["--out", "now.doc"], "ending must be one of", id="out of unknown kind"),
        pytest.param(["--wait", "-1"], "--wait -1.0", id="negative wait"),
    ],
)
def test_status__usage(sent, capsys, extra, sentence):
    """What cannot be used is one sentence and exit code 2."""
    command = ["status", *(extra if len(extra) == 1 else [only_run(), *extra]), *sent]
    assert commands.main(command) == 2
    assert sentence in capsys.readouterr().err


def test_demo(place, capsys):
    """The demo makes three calls, sends nothing the second time, and leaves every row in a file."""
    assert commands.main(["demo", str(ORDERS), "--fast"]) == 0
    out, err = capsys.readouterr()
    assert "in 3 calls" in out
    assert "3 calls of at most 1,000 messages" in out
    assert "Nothing was sent: all" in out
    assert "Calls made this time: 0." in out
    assert "accepted=" in err  # the bar
    results = table_of(place / "results.csv")
    orders = pd.read_csv(ORDERS, dtype="string")
    assert results["mobile"].fillna("").tolist() == orders["mobile"].fillna("").tolist()
    assert (results["sms_status"] == "accepted").sum() > 2400
    assert results["sms_contact"].dropna().str.fullmatch(r"\d{8,15}").all()
    lines = [line for line in out.splitlines() if str(place) not in line]
    assert max(len(line) for line in lines if str(ORDERS) not in line) <= 100


def test_demo__says_what_to_type_next(place, capsys, monkeypatch):
    """It ends with how to enter the environment and with a command that works as it is printed."""
    environment = place / ".venv"
    monkeypatch.setattr(sys, "prefix", str(environment))
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(environment / name))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert commands.main(["demo", str(ORDERS), "--fast"]) == 0
    out = capsys.readouterr().out
    assert "\n    source .venv/scripts/activate\n" in out
    command = re.search(r"^    smsframe (plan .*)$", out, re.MULTILINE)[1]
    commands.main(shlex.split(command))
    assert "Plan: 2,4" in capsys.readouterr().out


@pytest.mark.parametrize(
    "entered", [pytest.param(True, id="entered"), pytest.param(False, id="no-environment")]
)
def test_demo__has_no_environment_to_enter(entered, capsys, monkeypatch):
    """Who has entered it, or has none, is not told to enter one."""
    monkeypatch.setattr(sys, "prefix", "/there" if entered else sys.base_prefix)
    monkeypatch.setenv("VIRTUAL_ENV", "/there")
    commands.main(["demo", str(ORDERS), "--fast"])
    assert "activate" not in capsys.readouterr().out


def test_demo__shows_no_phone(capsys):
    """No phone number that can be texted shows in what the demo prints."""
    commands.main(["demo", str(ORDERS), "--fast"])
    printed = "\n".join(
        re.sub(r"\D", "", line) for line in "".join(capsys.readouterr()).split("\n")
    )
    contacts = table_of("results.csv")["sms_contact"].dropna()
    assert not [number for number in contacts if number[1:] in printed]


def test_orders__hold_every_fault():
    """The sample has each kind of fault that people have, each told with its fix."""
    orders = read.read_frame(ORDERS, {"total": ",.2f"})
    plan = smsframe.plan(orders, "Hi %%FirstName%%", program="148372", phone="mobile", region="US",
                         defaults={"FirstName": "Customer"})  # fmt: skip
    assert len(orders) == 2600
    assert plan.recipients > 2400
    assert plan.batches == 3
    kinds = {kind.code: kind for kind in plan.problem_kinds}
    assert set(kinds) >= {
        "phone_missing", "phone_invalid", "phone_landline", "phone_short_code", "phone_rounded",
        "phone_unreadable", "phone_letters", "phone_extension", "phone_toll_free",
        "phone_two_numbers", "duplicate",
    }  # fmt: skip
    assert all(len(kind.sentence.split()) > 4 for kind in kinds.values())


def test_orders__are_reproducible(tmp_path):
    """The generator writes the committed files, byte by byte."""
    script = (ROOT / "data/make_samples.py").read_text(encoding="utf-8")
    (tmp_path / "make_samples.py").write_text(script, encoding="utf-8")
    subprocess.run([sys.executable, "make_samples.py"], cwd=tmp_path, check=True, timeout=60)
    for name in ("orders.csv", "appointments.csv"):
        assert (tmp_path / name).read_bytes() == (ROOT / "data" / name).read_bytes()


def test_appointments__are_clean():
    """The short sample has nothing to fix."""
    frame = read.read_frame(ROOT / "data/appointments.csv", {})
    plan = smsframe.plan(frame, "Hi %%first_name%%", program="148372", phone="phone")
    assert plan.recipients == len(frame) == 60
    assert {kind.severity for kind in plan.problem_kinds} <= {"info"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"mobile;name\n0042;Ann\n", id="semicolons"),
        pytest.param(b"mobile\tname\n0042\tAnn\n", id="tabs"),
        pytest.param("\ufeffmobile,name\n0042,Ann\n".encode(), id="byte order mark"),
    ],
)
def test_read_frame__csv(place, content):
    """A CSV is read as text, whatever its separator, its rows named by their lines."""
    Path("some.csv").write_bytes(content)
    frame = read.read_frame(Path("some.csv"), {})
    assert frame.to_dict("list") == {"mobile": ["0042"], "name": ["Ann"]}
    assert frame.index.tolist() == [2]


def test_read_frame__formats_make_numbers_and_dates(people_csv):
    """A column with a format becomes what the format needs; one for texts leaves them alone."""
    formats = {"total": ",.2f", "order_no": ">5"}
    frame = read.read_frame(people_csv, formats)
    assert frame["total"].tolist() == [1234.5, 9, 12]
    assert frame["order_no"].tolist() == ["007", "008", "009"]
    assert frame["FirstName"].tolist() == ["Ann", "Bob", "Zoë"]


@pytest.mark.parametrize("name", ["kept.xlsx", "kept.parquet", "kept.csv"])
def test_files__there_and_back(place, name):
    """Digits that are text come back as text, from every kind of file."""
    frame = pd.DataFrame({"mobile": ["0012", "12015550123"], "n": [1, 2]})
    write.write_frame(frame, Path(name))
    back = read.read_frame(Path(name), {})
    assert back["mobile"].tolist() == ["0012", "12015550123"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        pytest.param("gone.csv", None, "There is no file", id="missing"),
        pytest.param("odd.pdf", b"x", "ending must be one of", id="kind"),
        pytest.param("empty.csv", b"", "cannot be read", id="empty"),
        pytest.param("old.csv", "mobile,name\n1,Zoë\n".encode("cp1252"), "UTF-8", id="encoding"),
        pytest.param("fake.xlsx", b"not a workbook", "cannot be read", id="broken workbook"),
        pytest.param("fake.parquet", b"not parquet", "cannot be read", id="broken parquet"),
    ],
)
def test_read_frame__cannot(place, name, content, sentence):
    """A file that cannot be read is one sentence."""
    if content is not None:
        Path(name).write_bytes(content)
    with pytest.raises(InputError, match=sentence) as caught:
        read.read_frame(Path(name), {})
    assert "\n" not in str(caught.value)


def test_table__wraps_the_last_column(monkeypatch):
    """Columns are aligned, and what is long goes on below itself."""
    monkeypatch.setenv("COLUMNS", "80")
    shown = output.table(("n", "text"), [("1,000", "word " * 30)], right=(0,))
    first, *others = shown.splitlines()
    assert first == "      n  text"
    assert others[0].startswith("  1,000  word")
    assert others[1].startswith("         word")
    assert max(map(len, others)) <= 80


def test_module__runs():
    """``python -m smsframe`` is the command, and its help tells the exit codes."""
    done = subprocess.run(
        [sys.executable, "-m", "smsframe", "send", "--help"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert commands.EXIT_CODES in done.stdout
    assert "%%Tag%%" in done.stdout
