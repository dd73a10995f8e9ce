"""The fourth promise: whatever goes wrong, no secret shows, and no phone number outside its place.

Each test makes something fail with logging at DEBUG and searches everything that came out (see
``trawl.py``). Phone numbers have one place on disk, the packed recipients of the journal; in memory
they are in the caller's own tables. Services that quote what they were sent are the worst case, so
the faults here quote it all: token, secrets and phone numbers.
"""

from __future__ import annotations

import logging
import signal
import sqlite3
from dataclasses import replace

import pandas as pd
import pytest
from samples import QUICK
from trawl import DIRTY, Trawl, dirty_people, secrets_of, work_in

import smsframe
from smsframe._acoustic.credentials import Credentials
from smsframe._acoustic.http import Reply
from smsframe._acoustic.send_request import SendRequest
from smsframe._base.message import Message
from smsframe._journal.store import Journal, campaign_lock
from smsframe._plan import build
from smsframe._send import look_back
from smsframe.cli import commands

TEXT = "Hi %%FirstName%%"
pytestmark = pytest.mark.filterwarnings("always::smsframe.errors.PlanWarning")  # one is there twice
SMALL = replace(QUICK, batch_size=2, connect_attempts=2, busy_s=0.05)
QUOTED_PHONES = "12015550123, +1 (202) 555-0124, 203.555.0125"


@pytest.fixture(autouse=True)
def one_folder(monkeypatch, tmp_path):
    """Have all that is written lie together."""
    work_in(tmp_path, monkeypatch)


@pytest.fixture
def sandbox():
    """Run a sandbox that asks nobody to wait, and knows at once what became of a message."""
    with smsframe.Sandbox(anyone=True, retry_after=0, status_delay_s=0.0) as running:
        yield running


@pytest.fixture
def client(sandbox):
    """Connect to the sandbox, with little patience."""
    with smsframe.connect(sandbox, timeout_s=(1.0, 0.3)) as connected:
        connected.settings = SMALL
        yield connected


@pytest.fixture
def trawl(sandbox, client):
    """Return a trawl that is searched at the end of the test."""
    caught = Trawl()
    yield caught
    caught.show("client", client)
    caught.dredge(client.journal_path)
    caught.check(*secrets_of(sandbox))


def send(frame=None, text=TEXT, **options):
    """Send with a bar, as in a notebook."""
    given = {"program": "148372", "phone": "mobile", "region": "US", "progress": True}
    return smsframe.send(dirty_people() if frame is None else frame, text, **{**given, **options})


def quoting(sandbox, client, *, html=False):
    """Return the body of an answer that quotes token, secrets and phones."""
    token, known = client._tokens.token(), sandbox.credentials
    words = (
        f"Cannot send to {QUOTED_PHONES}. Token provided was: {token} (Authorization: Bearer "
        f"{token}), client_secret={known['client_secret']}&refresh_token={known['refresh_token']}"
    )
    if html:
        return f"<html><body><h1>Error</h1><pre>{words}</pre></body></html>"
    return {"meta": {"generalErrors": [words], "fieldErrors": {"contacts[0]": words}}}


FAULTS = {
    "400 about a contact": {"status": 400},
    "422": {"status": 422},
    "401 twice": {"status": 401},
    "403": {"status": 403},
    "404 page": {"status": 404, "html": True},
    "429": {"status": 429, "headers": {"Retry-After": "0"}},
    "500 page": {"status": 500, "html": True},
    "500 after": {"status": 500, "after": True},
    "503": {"status": 503, "headers": {"Retry-After": "0"}},
    "200 page": {"status": 200, "after": True, "html": True},
    "token refused": {"status": 400, "path": "token"},
    "token page": {"status": 500, "path": "token", "html": True},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_leaks__answers_that_quote(sandbox, client, trawl, fault):
    """A service that quotes the call in its error betrays nothing further on."""
    options = dict(FAULTS[fault])
    body = quoting(sandbox, client, html=options.pop("html", False))
    html = isinstance(body, str)
    sandbox.faults.add("status", body=body, html=html, **options)
    if options.get("path") == "token":
        sandbox.faults.add("expire_token")
        sandbox.faults.add("status", status=401)
    with trawl.over():
        results = send()
        trawl.show("summary", results.sms.summary())
        trawl.keep("batches", results.sms.batches().to_string())
        trawl.keep("errors", results["sms_error"].to_string())
        trawl.keep("runs", smsframe.runs().to_string())


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        pytest.param("drop_before", {}, id="drop before"),
        pytest.param("drop_after", {}, id="drop after"),
        pytest.param("drop_after", {"path": "token"}, id="token lost"),
        pytest.param("hang", {}, id="hang"),
        pytest.param("truncate", {}, id="truncate"),
        pytest.param("too_many", {"form": "500"}, id="too many"),
        pytest.param("expire_token", {}, id="expired token"),
    ],
)
def test_no_leaks__connections(sandbox, client, trawl, kind, options):
    """A connection that breaks anywhere betrays nothing, to the bar and the log neither."""
    sandbox.faults.add(kind, **options)
    with trawl.over():
        trawl.keep("errors", send()["sms_error"].to_string())


def test_no_leaks__redirect(sandbox, client, trawl):
    """Where a redirect leads is kept nowhere."""
    where = f"http://127.0.0.1:1/{DIRTY[0]}?access_token={client._tokens.token()}"
    sandbox.faults.add("status", status=302, headers={"Location": where})
    with trawl.over():
        trawl.keep("batches", send().sms.batches().to_string())


def test_no_leaks__nobody_there(sandbox, client, trawl):
    """A service that cannot be reached betrays nothing."""
    client._tokens.token()
    sandbox.stop()
    with trawl.over():
        trawl.keep("errors", send()["sms_error"].to_string())


@pytest.mark.parametrize("switch", ["organization", "database", "user"])
def test_no_leaks__forbidden(sandbox, client, trawl, switch):
    """A right that is missing betrays nothing."""
    setattr(sandbox.switches, switch, False)
    with trawl.over():
        send()
    with trawl.over():
        client.programs()


@pytest.mark.parametrize("calls", ["once", "twice"])
def test_no_leaks__interrupted(sandbox, client, trawl, calls):
    """Stopped by hand, once or impatiently, a send betrays nothing."""
    sandbox.faults.add("delay", seconds=0.05)

    def stop(progress):
        trawl.show("progress", progress)
        if progress.done:
            for _ in range(1 if calls == "once" else 2):
                signal.raise_signal(signal.SIGINT)

    with trawl.over():
        send(progress=stop)
    assert "KeyboardInterrupt" in trawl.found["error"]


def test_no_leaks__a_callback_that_fails(sandbox, client, trawl):
    """An error of the caller's own function passes through with nothing of ours in it."""
    with trawl.over():
        send(progress=lambda progress: progress.done and {}["no such key"])
    assert "KeyError" in trawl.found["error"]


def _garbage(path, client):
    path.write_bytes(b"no journal at all " * 300)


def _newer(path, client):
    send(progress=False)
    with sqlite3.connect(path) as db:
        table = next(n for (n,) in db.execute("SELECT name FROM sqlite_master") if "migr" in n)
        db.execute(f"INSERT INTO {table} VALUES ('from_the_future', 0)")
    db.close()


def _damaged(path, client):
    send(progress=False)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE messages SET keys = zeroblob(3)")
    db.close()


def _directory(path, client):
    path.mkdir()


@pytest.mark.parametrize("spoil", [_garbage, _newer, _damaged, _directory])
def test_no_leaks__journal_errors(sandbox, client, trawl, spoil):
    """A journal that cannot be used is complained of by its name alone."""
    spoil(client.journal_path, client)
    with trawl.over():
        send()
    assert "JournalError" in trawl.found["error"]
    with trawl.over():
        made = dirty_people().sms.plan(TEXT, program="148372", phone="mobile", region="US")
        trawl.show("plan", made)
    assert "What went out before is not known." in trawl.found["repr of plan"]


@pytest.mark.parametrize("commit", [2, 3, 4])
def test_no_leaks__journal_fails_midway(client, trawl, monkeypatch, commit):
    """A disk that is full between two batches betrays nothing."""
    kept = Journal.record
    commits = []

    def full(journal, **what):
        commits.append(1)
        if len(commits) >= commit:
            raise smsframe.JournalError("The disk is full.")
        kept(journal, **what)

    monkeypatch.setattr(Journal, "record", full)
    with trawl.over():
        send()
    assert "JournalError" in trawl.found["error"]


def test_no_leaks__busy_campaign(client, trawl):
    """Another sender is named by process and host alone."""
    made = dirty_people().sms.plan(TEXT, program="148372", phone="mobile", region="US")
    with campaign_lock(client.journal_path, look_back.scope_of(made.data, client)):
        trawl.dredge(client.journal_path)
        with trawl.over():
            made.send()
    assert "CampaignBusyError" in trawl.found["error"]


def rounded():
    """Return people whose phones a spreadsheet has rounded."""
    return pd.DataFrame({"mobile": [1.20155e10] * 50, "FirstName": "Ann", "note": DIRTY[0]})


def headless():
    """Return people from a file without a header: the first phone became a column name."""
    frame = dirty_people()
    return frame.rename(columns={"mobile": DIRTY[0]})


def labelled(*names):
    """Return people whose labels are phones, well written, while the cells have problems."""
    frame = dirty_people().assign(mobile=DIRTY[0]).set_index(list(names))
    return frame.assign(mobile="n/a", FirstName="Ann")


def refused(cell):
    """Fail for every cell, and quote it."""
    raise ValueError(f"invalid literal: {cell!r}")


INPUTS = {
    "unclosed tag": {"text": "Hi %%FirstName"},
    "no such tag": {"text": "Hi %%Nope%%", "personalize": {"Nope": "nope"}},
    "no such column": {"phone": "moblie"},
    "phone for a column": {"phone": DIRTY[0]},
    "phone for a limit": {"limit": DIRTY[0]},
    "phone for a program": {"program": None, "campaign": " ", "source": int("12015550123")},
    "phone for a default": {"defaults": {"FirstName": int("12015550123")}},
    "phone for a region": {"region": DIRTY[0]},
    "phone for a choice": {"problems": DIRTY[0], "duplicates": DIRTY[0], "fold": DIRTY[0]},
    "phone for a price": {"price_per_segment": DIRTY[0]},
    "confirm": {"confirm": 5},
    "problems raise": {"problems": "raise"},
    "too long": {"text": "x" * 801},
    "rounded": {"frame": rounded()},
    "guessed": {"phone": None, "frame": dirty_people().assign(phone=DIRTY)},
    "headless": {"frame": headless()},
    "headless guessed": {"frame": headless(), "phone": None},
    "headless lookup": {"frame": headless(), "phone": None, "lookup": {"Mobile": "mobile"}},
    "labelled": {"frame": labelled("mobile"), "problems": "raise"},
    "two levels": {"frame": labelled("FirstName", "mobile"), "problems": "raise"},
    "failing format": {
        "text": "Hi %%N%%", "personalize": {"N": "mobile"}, "formats": {"mobile": refused},
        "problems": "raise",
    },
    "wrong format": {
        "text": "Hi %%N%%", "personalize": {"N": "mobile"}, "formats": {"mobile": ",.2f"},
        "problems": "raise",
    },
    "series": {"frame": dirty_people()["mobile"]},
    "list": {"frame": list(DIRTY)},
    "by fields": {"phone": None, "lookup": {"Mobile": "mobile"}, "problems": "raise"},
}  # fmt: skip


@pytest.mark.parametrize("fault", INPUTS)
def test_no_leaks__inputs(client, trawl, fault):
    """What is wrong with frame or arguments is told without the numbers in them."""
    with trawl.over():
        send(**INPUTS[fault])
    wanted = {**INPUTS[fault], "problems": "skip"}
    frame, text = wanted.pop("frame", dirty_people()), wanted.pop("text", TEXT)
    given = {"program": "148372", "phone": "mobile", "region": "US", **wanted}
    with trawl.over():
        made = smsframe.plan(frame, text, **given)
        trawl.show("plan", made)
        trawl.keep("examples", [kind.value for kind in made.problem_kinds])
        trawl.keep("values", made.problems["value"].tolist())
        trawl.keep("preview", made.preview(20)["to"].tolist())
    with trawl.over():
        made.text(DIRTY[3])


def test_no_leaks__refusals_are_reached(client):
    """The bad inputs are bad: most of them raise, and those that do not have problems."""
    for name, changes in INPUTS.items():
        if name == "by fields":  # any text will do
            continue
        try:
            results = send(**{**changes, "progress": False})
        except (smsframe.InputError, TypeError):
            continue
        assert (results["sms_status"] != "accepted").any(), name


def test_no_leaks__following_up(sandbox, client, trawl):
    """Asking, resolving and reconciling betray nothing, also when the service quotes it all."""
    body = quoting(sandbox, client)
    sandbox.faults.add("drop_after", on=1)
    with trawl.over():
        results = send()
        trawl.keep("unknown", len(results.sms.unknown))
    for status in (400, 401, 403, 404, 500):
        sandbox.faults.clear()
        for path in ("status", "programs", "consent"):
            sandbox.faults.add("status", status=status, body=body, path=path)
        for ask in (
            lambda: smsframe.last_results().sms.refresh(deadline_s=0, progress=True),
            client.programs,
            lambda: client.consent("1", "148372", DIRTY[0]),
            lambda: client.status("no-such-id"),
        ):
            with trawl.over():
                trawl.keep("asked", type(ask()))
    sandbox.faults.clear()
    for ask in (
        lambda: smsframe.last_results().sms.reconcile(sandbox.events()),
        lambda: smsframe.last_results().sms.reconcile(dirty_people()),
        lambda: smsframe.last_results().sms.resolve(as_=DIRTY[0]),
        lambda: smsframe.last_results().sms.resolve(dirty_people(), as_="sent"),
        lambda: smsframe.results("no such run"),
        lambda: smsframe.summary(smsframe.last_results(), by=DIRTY[0]),
        lambda: smsframe.summary(dirty_people()),
    ):
        with trawl.over():
            trawl.show("asked", type(ask()))


@pytest.mark.parametrize("command", ["plan", "send"])
def test_no_leaks__command_line(client, trawl, tmp_path, monkeypatch, command):
    """The command line shows problems and outcomes with numbers masked."""
    sandbox = client.sandbox
    for name, value in sandbox.credentials.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)
    file = tmp_path / "people.csv"
    dirty_people().to_csv(file, index=False)
    sandbox.faults.add("status", status=400, body=quoting(sandbox, client))
    given = ["--text", TEXT, "--program", "148372", "--phone", "mobile", "--region", "US"]
    where = ["--base-url", sandbox.base_url]
    with trawl.over():
        commands.main(
            [command, str(file), *given, *where, *(["--confirm", "5"] * (command == "send"))]
        )
    file.unlink()
    assert ("rejected" in trawl.found["output"]) == (command == "send")
    (tmp_path / "people-results.csv").unlink(missing_ok=True)  # the caller's own


@pytest.mark.parametrize("frame", [dirty_people(), labelled("mobile")], ids=["cells", "labels"])
def test_no_leaks__composer(sandbox, client, trawl, frame):
    """The screen shows numbers masked: its summary, and every widget."""
    sandbox.faults.add("status", status=400, body=quoting(sandbox, client), on=1)
    with trawl.over():
        composer = smsframe.compose(frame, TEXT, program="148372", phone="mobile", region="US")
        composer.wait(10)
        trawl.show("composer", composer)
        trawl.keep("code", composer.code)
        for name, state in _widgets(composer.view):
            trawl.keep(name, state)
        composer.send.send.click()
        composer.send.question.yes.click()
        composer.wait(10)
        for name, state in _widgets(composer.view):
            trawl.keep(name, state)
        trawl.show("composer after", composer)
    assert composer.results is not None or frame.index.name == "mobile"


def _widgets(view):
    """Yield every widget below a view with what it shows."""
    for child in getattr(view, "children", ()):
        yield from _widgets(child)
    shown = ("value", "description", "tooltip", "options")
    yield (
        type(view).__name__,
        [str(getattr(view, name)) for name in shown if getattr(view, name, None)],
    )


@pytest.mark.parametrize(
    "thing",
    [
        pytest.param(
            SendRequest(
                message=Message(program="148372"),
                contacts=b'[{"contactId": "12015550123"}]',
                size=1,
            ),
            id="request",
        ),
        pytest.param(Reply(200, {"x": DIRTY[0]}, DIRTY[0].encode()), id="reply"),
        pytest.param(Credentials("id", "rehearsal-client-secret", "r" * 9), id="credentials"),
        pytest.param(
            smsframe.plan(dirty_people(), TEXT, program="1", phone="mobile").data, id="data"
        ),
        pytest.param(
            smsframe.plan(dirty_people(), TEXT, program="1", phone="mobile").data.slice(
                build.np.array([0])
            ),
            id="slice",
        ),
    ],
)
def test_no_leaks__records(thing):
    """Records that cross boundaries show no recipient, as verbose tracebacks print them."""
    caught = Trawl()
    caught.show("record", thing)
    caught.check("rehearsal-client-secret")


def test_no_leaks__would_be_noticed(sandbox, client):
    """The search finds a number, however written, and a token, wherever they come out."""
    token = client._tokens.token()  # which hides itself; plain text made from it does not
    for spill in (
        lambda: print("to +1 (201) 555-0123"),
        lambda: logging.getLogger("smsframe").debug("%s", {"to": "12015550123"}),
        lambda: send(progress=lambda _: {}["" + token]),
    ):
        caught = Trawl()
        with caught.over():
            spill()
        with pytest.raises(AssertionError, match=r"output: |log: |error: "):
            caught.check(*secrets_of(sandbox))
