"""What the journal is told it keeps, and gives back; what contradicts the record it refuses."""

from __future__ import annotations

import dataclasses
import random
import sqlite3

import numpy as np
import pytest

from smsframe._journal import ledger as journal_ledger
from smsframe._journal import schema
from smsframe._journal.records import ACCEPTED, REJECTED, UNKNOWN, Claim, RunRecord, Settlement
from smsframe._journal.store import Journal
from smsframe.errors import JournalError

SCOPE = b"0123456789abcdef"
OTHER_SCOPE = b"fedcba9876543210"


def a_run(run_id="run", **changes):
    """Make a run."""
    values = {"scope": SCOPE, "service": "host", "program": "148372", "rows": 10}
    return RunRecord(run_id=run_id, **{"started_at": 100.0, **values, **changes})


def a_claim(number=1, run_id="run", size=3, **changes):
    """Make a batch whose keys and payload follow from its number."""
    chance = random.Random(f"{run_id}{number}")
    values = {"scope": SCOPE, "source": f"smsframe:{run_id}:{number}", "claimed_at": 200.0}
    values |= {"keys": chance.randbytes(16 * size), "payload": chance.randbytes(500)}
    return Claim(batch_id=f"{run_id}:{number:04d}", run_id=run_id, size=size, **values | changes)


def an_outcome(number=1, run_id="run", state="accepted", **changes):
    """Make the outcome of a batch."""
    values = {"http_status": 202, "response_id": "r-1", "seconds": 0.5, "settled_at": 300.0}
    return Settlement(batch_id=f"{run_id}:{number:04d}", state=state, **values | changes)


@pytest.fixture
def path(tmp_path):
    """Name a journal that does not exist yet."""
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(opened):
    """Open a journal of each kind with one run."""
    with opened(SCOPE, OTHER_SCOPE) as journal:
        journal.start_run(a_run())
        yield journal


@pytest.fixture
def file_journal(path):
    """Open a journal of a file with one run."""
    with Journal(path) as journal:
        journal.start_run(a_run())
        yield journal


def raw(path, query):
    """Ask the file itself, over a connection of its own."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_record__is_seen_by_another_connection_when_it_returns(journal, ask_store):
    """What was recorded is in the store, not in the connection."""
    journal.record(claims=[a_claim(1), a_claim(2)], settlements=[an_outcome(2)])
    query = "SELECT batch_id, state, keys FROM batches JOIN messages ON batch = id ORDER BY id"
    found = ask_store(journal, query)
    assert found == [
        ("run:0001", "claimed", a_claim(1).keys),
        ("run:0002", "accepted", a_claim(2).keys),
    ]


def test_record__of_nothing_opens_no_transaction(file_journal, path):
    """Nothing to write costs nothing, even while another program is writing."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    file_journal.record()
    other.close()


def test_record__syncs_as_much_as_sqlite_can(file_journal):
    """Every connection asks for full syncs, and for a rollback journal that ends in a sync."""
    settings = ("synchronous", "fullfsync", "journal_mode", "secure_delete", "foreign_keys")
    found = [file_journal._db.execute(f"PRAGMA {name}").fetchone()[0] for name in settings]
    assert found == [3, 1, "persist", 1, 1]


@pytest.mark.parametrize("statement", ["INSERT INTO payloads", "UPDATE batches", "COMMIT"])
def test_record__that_fails_leaves_nothing(path, statement):
    """A crash anywhere before the commit leaves neither claim nor outcome."""

    class Crash(BaseException):
        pass

    class Failing(sqlite3.Connection):
        armed = False

        def execute(self, text, *values):
            if self.armed and text.startswith(statement):
                raise Crash
            return super().execute(text, *values)

    with Journal(path) as journal:
        journal.start_run(a_run())
        journal.record(claims=[a_claim(1)])
    failing = Journal(path, connect=lambda *a, **o: sqlite3.connect(*a, factory=Failing, **o))
    failing._db.armed = True
    with pytest.raises(Crash):
        failing.record(claims=[a_claim(2)], settlements=[an_outcome(1)])
    assert raw(path, "SELECT batch_id, state FROM batches") == [("run:0001", "claimed")]
    assert raw(path, "SELECT count(*) FROM payloads") == [(1,)]
    failing._db.armed = False
    failing.record(claims=[a_claim(2)], settlements=[an_outcome(1)])
    assert failing.counts("run") == {"claimed": 3, "accepted": 3, "rejected": 0, "unknown": 0}
    failing.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"claims": [a_claim(1)]}, "already in it", id="batch known"),
        pytest.param({"claims": [a_claim(2), a_claim(2)]}, "already in it", id="twice at once"),
        pytest.param({"claims": [a_claim(2, run_id="no")]}, "no run no", id="run not known"),
        pytest.param(
            {"claims": [a_claim(2, scope=OTHER_SCOPE)]}, "another scope", id="scope of another"
        ),
        pytest.param({"claims": [a_claim(2, keys=b"short")]}, "one key per", id="keys too short"),
        pytest.param(
            {"claims": [a_claim(2, recipients=b"7 bytes")]}, "one recipient", id="no recipient"
        ),
        pytest.param({"settlements": [an_outcome(9)]}, "no batch", id="batch not known"),
        pytest.param(
            {"settlements": [an_outcome(1, state="rejected", http_status=400)]},
            "already accepted",
            id="another outcome",
        ),
        pytest.param(
            {"settlements": [an_outcome(1, response_id="r-2")]}, "already", id="another response"
        ),
    ],
)
def test_record__refuses_what_contradicts_it(journal, change, words):
    """A contradiction is a JournalError, and nothing of its transaction is kept."""
    journal.record(claims=[a_claim(1)], settlements=[an_outcome(1)])
    change = {"claims": [a_claim(5), *change.get("claims", [])]} | {
        "settlements": change.get("settlements", [])
    }
    with pytest.raises(JournalError, match=words):
        journal.record(**change)
    assert [batch.batch_id for batch in journal.batches("run")] == ["run:0001"]
    assert journal.batches("run")[0].state == "accepted"


def test_record__takes_the_same_outcome_twice(journal):
    """Settling again alike, as after an interrupt, keeps the first record."""
    journal.record(claims=[a_claim(1)], settlements=[an_outcome(1)])
    journal.record(settlements=[an_outcome(1, settled_at=999.0, seconds=9.0)])
    assert journal.batches("run")[0].settled_at == 300.0


def test_runs__come_back_as_they_were_told(journal):
    """Every field of a run, its rest included, and how it ended."""
    run = a_run(
        "second",
        scope=OTHER_SCOPE,
        service="other",
        campaign="orders",
        content="Hi %%Name%%",
        content_id="7",
        near=b"[[], []]",
        is_test=True,
        settings='{"a": 1}',
        tags=("Name", "Ördér"),
        user="ana",
        host="box",
        pid=12,
        rest=b"\x00rest",
    )
    journal.start_run(run)
    assert journal.run("second") == run
    journal.end_run("second", 400.0, "done", left=2)
    ended = dataclasses.replace(run, ended_at=400.0, ending="done", left=2)
    assert journal.run("second") == ended
    assert journal.runs("other") == [dataclasses.replace(ended, rest=b"")]
    assert [run.run_id for run in journal.runs()] == ["run", "second"]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda journal: journal.run("x"), id="run"),
        pytest.param(lambda journal: journal.end_run("x", 1.0, "done"), id="end_run"),
        pytest.param(lambda journal: journal.set_statuses({"x": b""}, 1.0), id="set_statuses"),
        pytest.param(
            lambda journal: journal.set_states(
                "x", None, state="accepted", code="", message="", at=1.0
            ),
            id="set_states",
        ),
    ],
)
def test_asking__for_what_is_not_there(journal, ask):
    """A name that was never recorded is a JournalError that says so."""
    with pytest.raises(JournalError, match=r"has no .* x") as caught:
        ask(journal)
    assert caught.value.details["missing"] == "x"


def test_start_run__refuses_a_name_that_is_taken(journal):
    """A run is started once."""
    with pytest.raises(JournalError, match="run run is already in it"):
        journal.start_run(a_run())


def test_batches__give_claim_and_settlement(journal):
    """A batch comes back with all that was told of it, its blobs on request."""
    claim, outcome = a_claim(1), an_outcome(1, code="c", message="m", fix="do", location="/l")
    journal.record(claims=[claim], settlements=[outcome])
    (batch,) = journal.batches("run")
    told = dataclasses.asdict(claim) | dataclasses.asdict(outcome)
    kept = dataclasses.asdict(batch)
    assert {name: kept[name] for name in told if name in kept} == {
        name: value
        for name, value in told.items()
        if name not in ("keys", "recipients", "loose", "payload")
    }
    assert next(journal.hashes(SCOPE)).keys == claim.keys
    assert journal.payloads(["run:0001"]) == {"run:0001": claim.payload}


def test_ledger__lays_out_every_message_of_the_scope(journal):
    """Keys, states, batches and offsets are parallel; other scopes stay out."""
    journal.start_run(a_run("other", scope=OTHER_SCOPE))
    first, second = a_claim(1, size=2), a_claim(2, size=3)
    elsewhere = a_claim(1, run_id="other", scope=OTHER_SCOPE)
    journal.record(claims=[first, elsewhere, second], settlements=[an_outcome(2)])
    ledger = journal.ledger(SCOPE)
    assert ledger.keys.dtype == np.dtype("V16")
    assert ledger.keys.tobytes() == first.keys + second.keys
    assert ledger.state.tolist() == [0, 0, ACCEPTED, ACCEPTED, ACCEPTED]
    assert ledger.batch.tolist() == [0, 0, 1, 1, 1]
    assert ledger.offset.tolist() == [0, 1, 0, 1, 2]
    assert [batch.batch_id for batch in ledger.batches] == ["run:0001", "run:0002"]
    assert (ledger.state.dtype, ledger.batch.dtype, ledger.offset.dtype) == ("u1", "i4", "i4")


def test_ledger__tells_the_recipients_that_were_kept(journal):
    """The hash of each recipient where a claim had them, 0 where it had none."""
    hashes = np.array([5, 6, 7], dtype=np.uint64)
    journal.record(claims=[a_claim(1), a_claim(2, recipients=hashes.tobytes())])
    found = journal.ledger(SCOPE).recipients
    assert found.dtype == np.uint64
    assert found.tolist() == [0, 0, 0, 5, 6, 7]


def test_ledger__picks_what_is_asked_for(journal, monkeypatch):
    """Messages with a key or of a recipient that are asked for, with their batches alone."""
    monkeypatch.setattr(journal_ledger, "AT_ONCE", 4)
    hashes = [np.array([n, n + 1, 7], dtype=np.uint64).tobytes() for n in (10, 20, 30)]
    claims = [a_claim(n, recipients=h) for n, h in enumerate(hashes, start=1)]
    journal.record(claims=claims, settlements=[an_outcome(3)])
    whole = journal.ledger(SCOPE)
    one = claims[2].keys[16:32]
    found = journal.ledger(SCOPE, keys=one + bytes(16))
    assert found.keys.tobytes() == one
    assert [batch.batch_id for batch in found.batches] == ["run:0003"]
    assert (found.batch.tolist(), found.offset.tolist()) == ([0], [1])
    assert found.state.tolist() == [ACCEPTED]
    more = journal.ledger(SCOPE, keys=one, recipients=np.array([10, 21], dtype=np.uint64))
    assert more.recipients.tolist() == [10, 21, 31]
    assert [batch.batch_id for batch in more.batches] == ["run:0001", "run:0002", "run:0003"]
    assert [more.batch.tolist(), more.offset.tolist()] == [[0, 1, 2], [0, 1, 1]]
    assert len(journal.ledger(SCOPE, keys=b"")) == 0
    assert whole.recipients.tolist() == [10, 11, 7, 20, 21, 7, 30, 31, 7]


def test_ledger__refuses_a_changed_recipient(journal, ask_store):
    """A hash that is not what was written could let somebody have a campaign twice."""
    journal.record(claims=[a_claim(1, recipients=bytes(24))])
    ask_store(journal, f"UPDATE messages SET recipients = x'01{'00' * 23}'")
    nobody = np.array([1], dtype=np.uint64)
    with pytest.raises(JournalError, match="not what was written"):
        journal.ledger(SCOPE, keys=b"", recipients=nobody)


def test_recent_runs__of_the_program_and_the_week(journal):
    """Runs of another program or service, older ones and tests are no part of it."""
    others = [
        a_run("service", service="other", started_at=500.0),
        a_run("program", program="1", started_at=500.0),
        a_run("old", started_at=50.0),
        a_run("test", is_test=True, started_at=500.0),
        a_run("mine", near=b"near", campaign="c", started_at=600.0),
    ]
    for run in others:
        journal.start_run(run)
    found = journal.recent_runs("host", "148372", 90.0)
    assert [run.run_id for run in found] == ["run", "mine"]
    assert (found[1].near, found[1].campaign, found[1].forgotten) == (b"near", "c", False)


def test_recent_batches__hashes_and_states(journal):
    """Each batch since a time, with what is known of each message, and its values by number."""
    claim = a_claim(1, recipients=bytes(range(24)), loose=bytes(48))
    late = a_claim(2, recipients=bytes(24), claimed_at=900.0)
    journal.record(claims=[claim, late, a_claim(3)], settlements=[an_outcome(1)])
    first, second = journal.recent_batches(["run"], 0.0)
    assert first.recipients == bytes(range(24))
    assert (first.state, first.states, first.size) == ("accepted", None, 3)
    assert journal.loose_values(first.number) == bytes(48)
    assert journal.loose_values(second.number) == b""
    assert [batch.claimed_at for batch in journal.recent_batches(["run"], 800.0)] == [900.0]


@pytest.mark.parametrize(
    ("ending", "left", "state", "finished"),
    [
        pytest.param("done", 0, "accepted", True, id="done"),
        pytest.param("done", 0, "rejected", True, id="refused"),
        pytest.param("done", 2, "accepted", False, id="left over"),
        pytest.param("stopped", 0, "accepted", False, id="stopped"),
        pytest.param("done", 0, "unknown", False, id="unknown"),
        pytest.param(None, 0, "accepted", False, id="never ended"),
    ],
)
def test_finished_runs__nothing_left_nothing_unknown(journal, ending, left, state, finished):
    """A run is finished when it ended by itself, with nothing left over and nothing unknown."""
    journal.record(claims=[a_claim(1)], settlements=[an_outcome(1, state=state)])
    if ending:
        journal.end_run("run", 700.0, ending, left=left)
    assert [run.run_id for run in journal.finished_runs(SCOPE)] == ["run"] * finished


def test_ledger__of_an_unknown_scope_is_empty(journal):
    """No batches: arrays of length zero with their types."""
    ledger = journal.ledger(OTHER_SCOPE)
    assert (len(ledger), ledger.batches) == (0, ())
    assert ledger.keys.dtype == np.dtype("V16")


def test_set_states__overrides_the_batch_row_by_row(journal):
    """An unknown batch is resolved per message, and may be resolved again."""
    journal.record(claims=[a_claim(1)], settlements=[an_outcome(1, state="unknown")])
    states = bytes((ACCEPTED, REJECTED, UNKNOWN))
    journal.set_states("run:0001", states, state="unknown", code="resolved", message="m", at=500.0)
    assert journal.ledger(SCOPE).state.tolist() == list(states)
    assert journal.counts("run") == {"claimed": 0, "accepted": 1, "rejected": 1, "unknown": 1}
    (batch,) = journal.batches("run")
    assert (batch.states, batch.resolved_at, batch.code) == (states, 500.0, "resolved")
    journal.set_states("run:0001", None, state="accepted", code="", message="", at=501.0)
    assert journal.ledger(SCOPE).state.tolist() == [ACCEPTED] * 3


@pytest.mark.parametrize(
    ("settlement", "states"),
    [
        pytest.param(None, None, id="still claimed"),
        pytest.param(an_outcome(1), None, id="accepted by the API"),
        pytest.param(an_outcome(1, state="unknown"), b"\x01", id="too few"),
        pytest.param(an_outcome(1, state="unknown"), b"\x01\x01\x00", id="not settled"),
        pytest.param(an_outcome(1, state="unknown"), b"\x01\x01\x09", id="no state"),
    ],
)
def test_set_states__refuses(journal, settlement, states):
    """Only unknown batches are resolved, with one settled state per message."""
    journal.record(claims=[a_claim(1)], settlements=[settlement] if settlement else [])
    before = journal.batches("run")
    with pytest.raises(JournalError, match="run:0001"):
        journal.set_states("run:0001", states, state="accepted", code="", message="", at=1.0)
    assert journal.batches("run") == before


def test_bury__calls_claims_of_the_dead_unknown(journal):
    """Those of all runs of a campaign; settled ones and other scopes stay as they are."""
    journal.start_run(a_run("earlier"))
    journal.start_run(a_run("other", scope=OTHER_SCOPE))
    elsewhere = a_claim(1, run_id="other", scope=OTHER_SCOPE)
    journal.record(
        claims=[a_claim(1), a_claim(2), a_claim(1, run_id="earlier"), elsewhere],
        settlements=[an_outcome(2)],
    )
    assert journal.mark_orphans_unknown(SCOPE, at=700.0) == 2
    first, second = journal.batches("run")
    assert (first.state, first.code, first.settled_at) == ("unknown", "sender_died", 700.0)
    assert "died" in first.message
    assert "resolve" in first.fix
    assert second.state == "accepted"
    assert [journal.batches(run)[0].state for run in ("earlier", "other")] == ["unknown", "claimed"]
    assert journal.mark_orphans_unknown(SCOPE) == 0


def test_bury__is_not_undone_by_a_late_answer(file_journal):
    """A sender that was declared dead cannot settle any more; a person resolves."""
    file_journal.record(claims=[a_claim(1)])
    file_journal.mark_orphans_unknown(SCOPE)
    with pytest.raises(JournalError, match="already unknown"):
        file_journal.record(settlements=[an_outcome(1)])


def test_set_statuses__keeps_what_was_learned_last(journal):
    """The last refresh replaces earlier ones."""
    journal.record(claims=[a_claim(1)], settlements=[an_outcome(1)])
    assert journal.batches("run")[0].statuses is None
    journal.set_statuses({"run:0001": b"one"}, 1.0)
    journal.set_statuses({"run:0001": b"two"}, 2.0)
    (batch,) = journal.batches("run")
    assert (batch.statuses, batch.refreshed_at) == (b"two", 2.0)
    assert journal.ledger(SCOPE).batches[0].statuses == b"two"


def test_reprs__hold_nothing_personal(journal):
    """Keys, payloads, texts, settings and accounts are in no repr."""
    told = [
        a_run(content="SECRET", settings="SECRET", rest=b"SECRET", service="SECRET"),
        a_claim(1, payload=b"SECRET", keys=b"SECRET..........", size=1),
        an_outcome(1, message="SECRET", fix="SECRET"),
    ]
    journal.record(claims=[told[1]], settlements=[told[2]])
    told += [*journal.batches("run"), journal.ledger(SCOPE), journal]
    assert "SECRET" not in repr(told)
    assert repr(journal.ledger(SCOPE)) == "<Ledger of 1 message in 1 batch>"


def test_journal__after_close(journal):
    """Closing twice does nothing; using a closed journal is named."""
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="is closed"):
        journal.runs()


def test_ledger__of_a_million_messages_is_read_whole(opened):
    """A thousand batches of a thousand come in one reading; benchmarks/journal.py times it."""
    with opened(SCOPE) as journal:
        journal.start_run(a_run())
        for first in range(0, 1000, 100):
            numbers = range(first, first + 100)
            keys = {"keys": bytes(16_000), "payload": bytes(3000)}
            journal.record(claims=[a_claim(number, size=1000, **keys) for number in numbers])
        ledger = journal.ledger(SCOPE)
    assert len(ledger) == 1_000_000
    assert ledger.batch[-1] == 999


def test_statuses__of_nothing_write_nothing(path):
    """Nothing learned costs no transaction."""
    with Journal(path) as journal:
        before = path.read_bytes()
        journal.set_statuses({}, at=1.0)
        assert path.read_bytes() == before


def test_directory__is_synced_where_the_system_can(tmp_path, monkeypatch):
    """On a system whose directories cannot be opened, new names are left to the system."""
    opened = []
    with monkeypatch.context() as patch:
        patch.setattr(schema.os, "open", lambda *_: opened.append(1))
        patch.setattr(schema.os, "name", "nt")
        schema.sync_directory(tmp_path)
    assert opened == []


def test_open__of_a_file_that_goes_at_once_leaves_no_connection(path, monkeypatch):
    """A journal that cannot be told apart from another is refused, and its file is let go."""
    opened = []

    def connect(*args, **options):
        opened.append(sqlite3.connect(*args, **options))
        return opened[-1]

    def gone(_):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("smsframe._journal.reader.Place.of", gone)
    with pytest.raises(JournalError):
        Journal(path, connect=connect)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")
