"""Disks fail, files are damaged, other programs interfere: the journal says so, and what to do."""

from __future__ import annotations

import dataclasses
import os
import random
import sqlite3
import stat

import pytest

from smsframe._journal import schema
from smsframe._journal.store import Claim, Journal, RunRecord, Settlement
from smsframe.errors import JournalError

SCOPE = b"0123456789abcdef"
TEXT = "a text about someone"
PAYLOAD = b"payload of somebody " * 2000
REST = b"rows that stayed home " * 100
STATUSES = b"what became of everybody " * 100


@pytest.fixture
def path(tmp_path):
    """Name a journal that does not exist yet."""
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def filled(path):
    """Write a journal with twenty batches, and close it."""
    with Journal(path) as journal:
        fill(journal, "run", started_at=100.0)
    return path


def fill(journal, run_id, *, started_at):
    """Write a run of twenty batches with texts, payloads and statuses."""
    run = RunRecord(
        run_id=run_id,
        scope=SCOPE,
        service="host",
        program="program",
        content=TEXT,
        rows=20,
        started_at=started_at,
        rest=REST,
    )
    claims = [a_claim(number, run_id) for number in range(20)]
    journal.start_run(run)
    journal.record(
        claims=claims,
        settlements=[
            Settlement(batch_id=claim.batch_id, state="accepted", settled_at=300.0)
            for claim in claims
        ],
    )
    journal.set_statuses({f"{run_id}:0000": STATUSES}, 400.0)


def a_claim(number, run_id="run", size=1000):
    """Make a batch whose keys tell its number."""
    return Claim(
        batch_id=f"{run_id}:{number:04d}",
        run_id=run_id,
        scope=SCOPE,
        keys=number.to_bytes(16, "big") * size,
        size=size,
        payload=PAYLOAD,
        claimed_at=200.0,
    )


def with_settings(*settings):
    """Give a seam that weakens every connection once it is open."""

    def connect(*args, **options):
        class Set(sqlite3.Connection):
            def execute(self, statement, *values):
                if statement.startswith("BEGIN"):
                    for setting in settings:
                        super().execute(f"PRAGMA {setting}").fetchall()
                return super().execute(statement, *values)

        return sqlite3.connect(*args, factory=Set, **options)

    return connect


def refusal(work):
    """Give the sentence with which some work is refused."""
    with pytest.raises(JournalError) as caught:
        work()
    return caught.value


# How the file is made


def test_open__makes_file_and_directories_for_this_user_alone(tmp_path):
    """Modes 0600 and 0700, whatever the umask; the side file is no exception."""
    path = tmp_path / "data" / "smsframe" / "journal.sqlite3"
    before = os.umask(0)
    try:
        with Journal(path) as journal:
            fill(journal, "run", started_at=1.0)
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"journal.sqlite3": 0o600, "journal.sqlite3-journal": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


def test_open__takes_the_journal_away_from_others(filled):
    """A file that others may read is tightened."""
    filled.chmod(0o644)
    Journal(filled).close()
    assert stat.S_IMODE(filled.stat().st_mode) == 0o600


def test_open__syncs_the_directories_that_hold_new_names(tmp_path, monkeypatch):
    """A power cut must not take a new file, or the directory it was made in, away."""
    synced = []
    monkeypatch.setattr(schema, "sync_directory", synced.append)
    Journal(tmp_path / "a" / "b" / "journal.sqlite3").close()
    assert synced == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]


def test_open__takes_no_lock_when_nothing_is_to_be_made(filled):
    """A plan can look into the journal while another process is writing."""
    other = sqlite3.connect(filled, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Journal(filled, busy_timeout_s=0.0) as journal:
        assert len(journal.ledger(SCOPE)) == 20_000
    other.close()


@pytest.mark.parametrize("size", [0, 1])
def test_open__starts_from_an_empty_file_but_not_from_another(path, size):
    """An empty file is a journal that was not begun; anything else is left alone."""
    path.write_bytes(b"x" * size)
    if size:
        assert "no smsframe journal" in str(refusal(lambda: Journal(path)))
        assert path.read_bytes() == b"x"
    else:
        Journal(path).close()


# Faults


def test_open__of_a_directory(tmp_path):
    """A directory is not a journal."""
    error = refusal(lambda: Journal(tmp_path))
    assert "is a directory" in str(error)
    assert "SMSFRAME_JOURNAL" in str(error)


def test_open__where_no_directory_can_be_made(tmp_path):
    """A file stands where the directory should be."""
    (tmp_path / "file").write_bytes(b"")
    error = refusal(lambda: Journal(tmp_path / "file" / "sub" / "journal.sqlite3"))
    assert "cannot be made" in str(error)
    assert "SMSFRAME_JOURNAL" in str(error)


@pytest.mark.parametrize("content", [b"name,phone\n" * 1000, b"\x00" * 5000])
def test_open__of_a_file_that_is_no_database(path, content):
    """A file of another kind is refused and left as it is."""
    path.write_bytes(content)
    error = refusal(lambda: Journal(path))
    assert "holds something else" in str(error)
    assert str(path) in str(error)
    assert path.read_bytes() == content


def test_open__of_a_database_of_another_program(path):
    """Another program's database is refused and left as it is."""
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes (note TEXT)")
    other.close()
    content = path.read_bytes()
    assert "database of another program" in str(refusal(lambda: Journal(path)))
    assert path.read_bytes() == content


def test_open__of_a_newer_journal(filled):
    """A migration this version does not know means: upgrade smsframe."""
    with sqlite3.connect(filled) as newer:
        newer.execute("INSERT INTO migrations VALUES ('of_next_year', 1.0)")
    newer.close()
    error = refusal(lambda: Journal(filled))
    assert "newer smsframe" in str(error)
    assert "Upgrade" in str(error)


def test_open__of_a_journal_from_before_the_first_version(filled):
    """It told messages apart in another way, so it is refused with the way on, and left alone."""
    with sqlite3.connect(filled) as older:
        older.execute("UPDATE migrations SET name = 'runs_and_batches' WHERE rowid = 1")
    older.close()
    error = refusal(lambda: Journal(filled))
    assert "before 0.1.0" in str(error)
    assert "exclude=" in str(error)
    assert "newer" not in str(error)


def test_open__upgrades_an_older_journal(filled, monkeypatch):
    """A missing migration is applied once, recorded with what it changed."""

    def add_notes(db):
        db.execute("CREATE TABLE notes (note TEXT)")

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, add_notes))
    for _ in range(2):
        with Journal(filled) as journal:
            assert len(journal.ledger(SCOPE)) == 20_000
            names = journal._db.execute("SELECT name FROM migrations ORDER BY rowid").fetchall()
            assert names == [("first_tables",), ("places",), ("variants",), ("add_notes",)]


def test_open__undoes_a_migration_that_fails(filled, monkeypatch):
    """A migration that fails half way leaves the journal as it was."""

    def half(db):
        db.execute("CREATE TABLE notes (note TEXT)")
        db.execute("CREATE TABLE notes (note TEXT)")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, half))
        refusal(lambda: Journal(filled))
    with Journal(filled) as journal:
        tables = journal._db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'notes'")
        assert tables.fetchone() == (0,)


def damage(path, place):
    """Overwrite 200 bytes of a file."""
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 200)


def test_ledger__of_a_damaged_file(filled):
    """Damage anywhere in the keys is noticed, SQLite's own structure or not."""
    content = filled.read_bytes()
    places = [content.index(number.to_bytes(16, "big") * 50) + 64 for number in (3, 12)]
    places.append(places[0] - places[0] % schema.PAGE_BYTES)
    for place in places:
        filled.write_bytes(content)
        damage(filled, place)
        with Journal(filled) as journal:
            error = refusal(lambda journal=journal: journal.ledger(SCOPE))
        assert "is damaged" in str(error), place
        assert "restore a backup" in str(error)


def test_ledger__of_a_damaged_file_is_whole_or_refused(path):
    """Random bytes anywhere never make the ledger shorter or otherwise: it is whole, or refused."""
    chance = random.Random(3)
    with Journal(path) as journal:
        run = {"run_id": "run", "scope": SCOPE, "service": "", "program": "", "rows": 0}
        journal.start_run(RunRecord(**run, started_at=0.0))
        claims = [a_claim(number, size=100) for number in range(200)]
        journal.record(claims=[dataclasses.replace(claim, payload=b"x" * 500) for claim in claims])
        whole = journal.ledger(SCOPE).keys.tobytes()
    schema.side_file(path).unlink()
    content = path.read_bytes()
    refused = 0
    for _ in range(150):
        place = chance.randrange(len(content))
        hurt = chance.randbytes(chance.choice((1, 8, 200)))
        path.write_bytes((content[:place] + hurt + content[place + len(hurt) :])[: len(content)])
        try:
            with Journal(path) as journal:
                assert journal.ledger(SCOPE).keys.tobytes() == whole
        except JournalError:
            refused += 1
    assert refused > 25


def test_ledger__of_a_truncated_file(filled):
    """A file that lost its end is damaged."""
    content = filled.read_bytes()
    filled.write_bytes(content[: len(content) // 2])

    def read():
        with Journal(filled) as journal:
            journal.ledger(SCOPE)

    assert "is damaged" in str(refusal(read))


def read_only(path, **options):
    """Open a database that cannot be written, as on a read-only disk."""
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, **options)


FAULTS = [
    pytest.param(read_only, "read-only", "writable", id="read-only file"),
    pytest.param(with_settings("query_only = ON"), "read-only", "writable", id="read-only disk"),
    pytest.param(
        with_settings("max_page_count = 1"), "disk is full", "Free some space", id="disk full"
    ),
]


@pytest.mark.parametrize(("connect", "fault", "fix"), FAULTS)
def test_record__on_a_failing_disk(filled, connect, fault, fix):
    """The fault, the file and the fix are named, and nothing is kept by half."""
    with Journal(filled, connect=connect) as journal:
        claims = [a_claim(number) for number in range(20, 40)]
        error = refusal(lambda: journal.record(claims=claims))
    assert fault in str(error)
    assert fix in str(error)
    assert str(filled) in str(error)
    with Journal(filled) as journal:
        assert len(journal.batches("run")) == 20


@pytest.mark.parametrize(("connect", "fault", "fix"), FAULTS)
def test_open__of_a_new_journal_on_a_failing_disk(path, connect, fault, fix):
    """A journal that cannot be begun is named before anything is sent."""
    error = refusal(lambda: Journal(path, connect=connect))
    assert fault in str(error)
    assert fix in str(error)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        pytest.param(sqlite3.SQLITE_IOERR_FSYNC, "operating system", id="sync failed"),
        pytest.param(sqlite3.SQLITE_CANTOPEN, "cannot be opened", id="cannot open"),
        pytest.param(sqlite3.SQLITE_PERM, "may not be used", id="not permitted"),
        pytest.param(sqlite3.SQLITE_NOMEM, "could not be used", id="anything else"),
        pytest.param(None, "could not be used", id="no code"),
    ],
)
def test_explain__has_a_sentence_for_every_fault(path, code, fault):
    """SQLite's code, extended or not, becomes a cause and a fix."""
    error = sqlite3.OperationalError("words of SQLite")
    if code is not None:
        error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_NAME"
    told = str(schema.explain(path, error))
    assert fault in told
    assert str(path) in told
    assert "words of SQLite" not in told


def test_record__when_another_program_holds_the_file(filled):
    """A lock that stays is named after the busy timeout; a short one is waited for."""
    other = sqlite3.connect(filled, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(JournalError, match="locked by another program"):
        Journal(filled, busy_timeout_s=0.05)
    other.execute("COMMIT")
    with Journal(filled, busy_timeout_s=0.05) as journal:
        other.execute("BEGIN EXCLUSIVE")
        error = refusal(lambda: journal.record(claims=[a_claim(99)]))
        assert "Close what has it open" in str(error)
        refusal(lambda: journal.ledger(SCOPE))
        other.execute("COMMIT")
        journal.record(claims=[a_claim(99)])
    other.close()


def test_record__when_a_reader_blocks_the_commit(filled):
    """A browser that reads the file holds up the commit: refused whole, and fine afterwards."""
    other = sqlite3.connect(filled, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM batches").fetchone()
    with Journal(filled, busy_timeout_s=0.05) as journal:
        assert "locked" in str(refusal(lambda: journal.record(claims=[a_claim(99)])))
        other.execute("COMMIT")
        journal.record(claims=[a_claim(99)])
        assert len(journal.batches("run")) == 21
    other.close()


# Forgetting


def traces(path):
    """Name what can still be found in the journal's files."""
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    told = {"text": TEXT.encode(), "payload": PAYLOAD[:200], "rest": REST[:40]}
    told |= {"statuses": STATUSES[:50], "keys": a_claim(7).keys[:256]}
    return {name for name, words in told.items() if words in content}


def test_forget__removes_the_bytes_but_not_the_keys(filled):
    """Texts, payloads and statuses are gone from the files; the ledger stays as it was."""
    assert traces(filled) == {"text", "payload", "rest", "statuses", "keys"}
    size = filled.stat().st_size
    with Journal(filled) as journal:
        before = journal.ledger(SCOPE)
        assert journal.forget(before=101.0) == 1
        after = journal.ledger(SCOPE)
        assert (after.keys == before.keys).all()
        assert (after.state == before.state).all()
        run = journal.run("run")
        assert (run.content, run.rest, run.forgotten) == (None, b"", True)
        assert journal.payloads(["run:0000"]) == {}
        assert traces(filled) == {"keys"}
        assert filled.stat().st_size < size / 2
        assert journal.forget(before=101.0) == 0
        assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("persist",)
    assert traces(filled) == {"keys"}


def test_forget__keeps_what_is_newer(filled):
    """Runs started at or after the time stay whole."""
    with Journal(filled) as journal:
        fill(journal, "newer", started_at=200.0)
        assert journal.forget(before=200.0) == 1
        assert journal.payloads(["newer:0000"]) == {"newer:0000": PAYLOAD}
        assert journal.run("newer").content == TEXT
        assert journal.run("run").forgotten
        journal.record(claims=[a_claim(50)])


def test_forget__finishes_later_what_was_held_up(filled):
    """When a reader keeps the file from being rewritten, the next call does it."""
    other = sqlite3.connect(filled, isolation_level=None)
    with Journal(filled, busy_timeout_s=0.05) as journal:
        other.execute("BEGIN")
        other.execute("SELECT * FROM batches").fetchone()
        refusal(lambda: journal.forget(before=101.0))
        other.execute("COMMIT")
        journal.forget(before=101.0)
    other.close()
    assert traces(filled) == {"keys"}


def test_forget__leaves_nothing_while_another_sender_works(filled):
    """Another open connection neither prevents it nor brings the bytes back."""
    with Journal(filled) as sender, Journal(filled) as journal:
        sender.record(claims=[a_claim(60, size=1)])
        journal.forget(before=101.0)
        sender.end_run("run", 5.0, "done")
        assert traces(filled) == {"keys"}
