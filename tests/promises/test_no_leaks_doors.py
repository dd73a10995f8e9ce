"""No secret and no phone number shows: every public call that fails, and every command.

The sends are tried in ``test_no_leaks.py``; here is what stands around them. Each call is given
phone numbers and secrets where they do not belong, or meets a service or a journal that fails.
Nothing but the journal, and the results that a command is asked for, may appear on the disk.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time

import pandas as pd
import pytest
from trawl import DIRTY, Trawl, dirty_people, secrets_of, work_in

import smsframe
from smsframe.cli import commands

pytestmark = pytest.mark.filterwarnings("ignore::smsframe.PlanWarning")  # repeated people
TEXT = "Hi %%FirstName%%"
RULES = {"program": "148372", "phone": "mobile", "region": "US"}
SECRET = "a-secret-that-must-not-show"
NUMBER = DIRTY[0]


@pytest.fixture
def sandbox():
    """Run a sandbox that asks nobody to wait, and knows at once what became of a message."""
    with smsframe.Sandbox(anyone=True, retry_after=0, status_delay_s=0.0) as running:
        yield running


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Work in an empty folder, which is home and place for temporary files as well."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    work_in(place, monkeypatch)
    (place / "spoilt.sqlite3").write_text("no database " * 99)
    return place


@pytest.fixture
def trawl(sandbox, client, elsewhere):
    """Return a trawl that is searched at the end of the test, files included."""
    caught = Trawl()
    yield caught
    caught.dredge(client.journal_path)
    assert "elsewhere" in [path.name for path in client.journal_path.parent.iterdir()]
    caught.check(SECRET, *secrets_of(sandbox))


def results_of(rows: int = 1) -> pd.DataFrame:
    """Return the results of a send of which some rows have problems."""
    people = pd.concat([dirty_people()] * rows, ignore_index=True)
    return smsframe.send(people, TEXT, progress=False, **RULES)


CALLS = {
    "connect in the clear": lambda: smsframe.connect(base_url=f"http://me:{SECRET}@example.com"),
    "connect to no address": lambda: smsframe.connect(base_url=f"https://[{SECRET}"),
    "connect without an id": lambda: smsframe.connect(
        pod="us-1", client_secret=SECRET, refresh_token=SECRET
    ),
    "connect too much": lambda: smsframe.connect(
        pod="us-1", client_id="a", client_secret=SECRET, refresh_token=SECRET, max_in_flight=99
    ),
    "connect with a number": lambda: smsframe.connect(
        pod="us-1", client_id="a", client_secret=SECRET, refresh_token=SECRET, timeout_s=NUMBER
    ),
    "connect to a thing": lambda: smsframe.connect(dirty_people()),
    "plan of nothing": lambda: smsframe.plan(None, TEXT, program=NUMBER),
    "preview": lambda: smsframe.preview(dirty_people(), TEXT, phone=NUMBER),
    "preview of too many": lambda: smsframe.preview(dirty_people(), TEXT, n=NUMBER),
    "compose": lambda: smsframe.compose(dirty_people(), TEXT, phone=NUMBER),
    "normalize": lambda: smsframe.normalize(dirty_people()["mobile"], region=NUMBER),
    "normalize a frame": lambda: smsframe.normalize(dirty_people()),
    "normalize a list": lambda: smsframe.normalize(list(DIRTY)),
    "segments": lambda: smsframe.segments(list(DIRTY)),
    "summary": lambda: smsframe.summary(dirty_people()),
    "summary by a number": lambda: smsframe.summary(results_of(), by=NUMBER),
    "summary at a price": lambda: smsframe.summary(results_of(), price_per_segment=NUMBER),
    "batches": lambda: smsframe.batches(dirty_people()),
    "counts": lambda: smsframe.counts(dirty_people()),
    "failed": lambda: smsframe.failed(dirty_people()),
    "unknown": lambda: smsframe.unknown(dirty_people()),
    "to_retry": lambda: smsframe.to_retry(dirty_people()),
    "explore": lambda: smsframe.explore(dirty_people()),
    "plot": lambda: smsframe.plot(dirty_people()),
    "compare": lambda: smsframe.compare(dirty_people(), "mobile"),
    "power": lambda: smsframe.power(dirty_people(), 0.01),
    "plan_files": lambda: smsframe.plan_files(f"{NUMBER}.csv", "Hi", program="148372"),
    "send_files": lambda: smsframe.send_files(
        f"{NUMBER}.csv", "Hi", program="148372", out=f"{NUMBER}.d"
    ),
    "report": lambda: smsframe.report(dirty_people(), "report.html"),
    "report to a number": lambda: smsframe.report(results_of(), f"{NUMBER}.doc"),
    "report at a price": lambda: smsframe.report(
        results_of(), "report.html", price_per_segment=NUMBER
    ),
    "to_excel": lambda: smsframe.to_excel(results_of(), f"{NUMBER}.doc"),
    "read": lambda: smsframe.read(f"{NUMBER}.csv"),
    "refresh": lambda: smsframe.refresh(dirty_people()),
    "refresh for ever": lambda: smsframe.refresh(results_of(), deadline_s=NUMBER),
    "refresh spoilt": lambda: smsframe.refresh(
        results_of().assign(sms_status=NUMBER, sms_batch=NUMBER, sms_response_id=NUMBER)
    ),
    "resolve": lambda: smsframe.resolve(results_of(), NUMBER, as_="sent"),
    "resolve to a number": lambda: smsframe.resolve(results_of(), as_=NUMBER),
    "reconcile": lambda: smsframe.reconcile(results_of(), dirty_people()),
    "reconcile by a number": lambda: smsframe.reconcile(
        results_of(), dirty_people(), phone="mobile", source=NUMBER
    ),
    "reconcile with itself": lambda: smsframe.reconcile(
        results_of(), dirty_people(), phone="mobile", source="FirstName", settled=True
    ),
    "results": lambda: smsframe.results(NUMBER),
    "runs": lambda: smsframe.runs(journal="spoilt.sqlite3"),
    "forget": lambda: smsframe.journal.forget(NUMBER),
    "forget elsewhere": lambda: smsframe.journal.forget("2026-01-01", path="spoilt.sqlite3"),
}
NO_ERROR = {"reconcile with itself"}  # nothing is unknown there


@pytest.mark.parametrize("call", CALLS)
def test_no_leaks__calls(trawl, call):
    """A call that cannot be made says why without numbers and secrets, and leaves no file."""
    with trawl.over():
        CALLS[call]()
    assert ("error" in trawl.found) == (call not in NO_ERROR)


def test_no_leaks__every_function_is_tried():
    """No public function is left out, but those that only hand out what there is."""
    source = " ".join(CALLS)
    left = {name for name in smsframe.__all__ if name[0].islower()} - set(source.split())
    assert left == {"send", "last_plan", "last_results", "journal"}


def quoting(client) -> dict[str, object]:
    """Return a body that quotes token and numbers."""
    words = f"No {NUMBER}, 12025550124. Token provided was: {client._tokens.token()}"
    return {"meta": {"generalErrors": [words], "fieldErrors": {"x": words}}}


COMMANDS = {
    "plan": ["plan", "people.csv"],
    "plan to a file of no kind": ["plan", "people.csv", "--out", f"{NUMBER}.doc"],
    "plan of no file": ["plan", f"{NUMBER}.csv"],
    "send unconfirmed": ["send", "people.csv"],
    "send wrongly confirmed": ["send", "people.csv", "--confirm", "12015550123"],
    "send": ["send", "people.csv", "--confirm", "4", "--out", "results.csv"],
    "send by a column of that name": ["send", "people.csv", "--phone", NUMBER],
    "send rehearsed": ["send", "people.csv", "--dry-run", "--out", "results.csv"],
    "runs": ["runs"],
    "runs of no journal": ["runs", "--journal", "people.csv"],
    "status of no run": ["status", NUMBER],
    "status": ["status", "RUN", "--wait", "0"],
    "status of no journal": ["status", "RUN", "--journal", "people.csv"],
}


@pytest.fixture
def by_environment(sandbox, monkeypatch):
    """Put the credentials where commands look for them."""
    for name, value in sandbox.credentials.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)


@pytest.mark.usefixtures("by_environment")
@pytest.mark.parametrize(
    ("command", "status"),
    [
        *((name, 400) for name in COMMANDS),
        *((n, s) for n in ("send", "status") for s in (401, 500)),
    ],
)
def test_no_leaks__commands(trawl, client, elsewhere, command, status):
    """Commands tell what is wrong with numbers masked, whatever the service quotes."""
    sandbox = client.sandbox
    run = results_of().attrs["smsframe"]["run"]
    dirty_people().assign(FirstName="Eve").to_csv("people.csv", index=False)
    for path in ("send", "status"):
        sandbox.faults.add("status", status=status, body=quoting(client), path=path)
    given = [run if word == "RUN" else word for word in COMMANDS[command]]
    if given[0] in {"plan", "send"}:
        message = ["--text", TEXT, "--program", "148372", "--region", "US"]
        given += [*message, *([] if "--phone" in given else ["--phone", "mobile"])]
    with trawl.over():
        commands.main([*given, "--base-url", sandbox.base_url])
    assert trawl.found["output"].strip()
    (elsewhere / "people.csv").unlink()  # the caller's own
    if (elsewhere / "results.csv").exists():  # asked for by name: the numbers are the point of it
        assert "--out" in given
        (elsewhere / "results.csv").unlink()


SENDER = """
import logging, sys
import pandas as pd
import smsframe
logging.basicConfig(level=logging.DEBUG)
smsframe.connect(base_url=sys.argv[1], timeout_s=(1.0, 20.0))
people = pd.read_csv("people.csv", dtype="string")
print("READY", flush=True)
smsframe.send(people, "Hi %%FirstName%%", program="148372", phone="mobile", region="US")
"""


@pytest.mark.usefixtures("by_environment")
@pytest.mark.parametrize(
    ("way", "ending"),
    [
        ("script", "killed"),
        ("command", "interrupt"),
        pytest.param("script", "interrupt", marks=pytest.mark.full),
        pytest.param("command", "killed", marks=pytest.mark.full),
    ],
)
def test_no_leaks__another_process(trawl, client, elsewhere, way, ending):
    """A process that is stopped or killed while a call is under way prints and leaves nothing."""
    sandbox = client.sandbox
    sandbox.faults.add("hang", seconds=1.5)
    dirty_people().to_csv("people.csv", index=False)
    message = ["--text", TEXT, "--program", "148372", "--phone", "mobile", "--region", "US"]
    place = ["--confirm", "5", "--base-url", sandbox.base_url]
    command = {
        "script": ["-c", SENDER, sandbox.base_url],
        "command": ["-m", "smsframe", "send", "people.csv", *message, *place],
    }[way]
    child = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 30
    while not (sandbox.requests()["path"].str.endswith("/sends")).any():
        assert time.monotonic() < until, "nothing was sent"
        assert child.poll() is None, child.communicate()
    child.send_signal(signal.SIGINT if ending == "interrupt" else signal.SIGKILL)
    out, err = child.communicate(timeout=30)
    trawl.keep("output", out)
    trawl.keep("errors", err)
    (elsewhere / "people.csv").unlink()
    if (way, ending) == ("command", "interrupt"):  # the caller's own, as far as it came
        (elsewhere / "people-results.csv").unlink()
    codes = {"killed": {-signal.SIGKILL}, "interrupt": {130, -signal.SIGINT}}
    assert child.returncode in codes[ending]


def test_no_leaks__a_file_would_be_noticed(sandbox, client, elsewhere):
    """A number in a file that somebody leaves, here or among temporary ones, is found."""
    with tempfile.NamedTemporaryFile("w", prefix="left", delete=False) as file:
        file.write(f"to {NUMBER}")
    caught = Trawl()
    caught.dredge(client.journal_path)
    with pytest.raises(AssertionError, match="bytes beside the journal"):
        caught.check(*secrets_of(sandbox))
