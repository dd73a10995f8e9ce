"""What a database refuses, or is set to: said in plain words, with what to do, and nothing sent."""

from __future__ import annotations

import contextlib
import re

import psycopg
import pytest

import smsframe
from smsframe.errors import JournalError

SECRET = "s3cr3tword"


@pytest.fixture
def refused(send, crowd, sandbox):
    """Return what is said of a send by a journal that cannot be used; nobody is texted."""

    def said(url, text="Hello %%n%%"):
        with pytest.raises(JournalError) as caught:
            send(crowd.head(3), url, text=text)
        assert sandbox.outbox().empty
        assert SECRET not in str(caught.value)
        return str(caught.value)

    return said


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("/team_", "/missing_"), "no such user or database"),
        (("smsframe@", "nobody@"), "no such user or database"),
        (("smsframe@", "closed_out@"), "does not let this user in"),
        (("127.0.0.1", "nohost.invalid"), "cannot be found under that name"),
        (("?", "?sslmode=verify-full"), "could not agree on TLS"),
        (("?", "?sslmode=verify-ca&sslrootcert=/missing.crt"), "could not agree on TLS"),
        (("?", "?sslmode=verifyfull"), "could not agree on TLS"),
        (("?", "?connect_timeout=soon"), "an option that is wrong"),
        (("?", "?options=-c%20nonsense%3D1"), "an option that is wrong"),
        (("?", "?target_session_attrs=standby"), "its URL asks for one that takes none"),
        (("?", "?options=-c%20default_transaction_read_only%3Don"), "takes no writes"),
        (("?", f"?sslmod=require&password={SECRET}"), "cannot be read"),
    ],
)
def test_connection__that_is_refused(postgres, team, refused, change, fault):
    """Each refusal says what it is, and what can be done about just that."""
    with postgres.connect() as db, contextlib.suppress(psycopg.errors.DuplicateObject):
        db.execute("CREATE ROLE closed_out")
    assert fault in refused(f"{team}?".replace(*change).rstrip("?"))


@pytest.mark.parametrize("port", ["99999", "none"])
def test_connection__to_no_port(postgres, team, refused, port):
    """A port that is none is a slip in the URL, and no database that is away."""
    assert "an option that is wrong" in refused(team.replace(f":{postgres.port}/", f":{port}/"))


def test_connection__to_no_socket(refused):
    """A folder without a server's socket is told as a port where nothing listens."""
    assert "nothing listens there" in refused("postgresql://ann@/team?host=/nowhere/at/all")


@pytest.mark.parametrize(
    "thing",
    [
        "CREATE TABLE smsframe.runs (id int)",
        "CREATE TABLE smsframe.migrations (id int, applied timestamptz)",
        "CREATE VIEW smsframe.campaigns AS SELECT 1 AS one",
    ],
)
def test_schema__of_another_program(postgres, team, refused, thing):
    """Two programs never share a schema; what is there is left alone."""
    with postgres.connect(team.rpartition("/")[2]) as db:
        db.execute("CREATE SCHEMA smsframe")
        db.execute(thing)
        assert "holds something else" in refused(team)
        (count,) = db.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'smsframe'::regnamespace"
        ).fetchone()
    assert count == 1
    assert smsframe.runs(journal=team).empty


def test_schema__made_for_somebody(postgres, team, send, crowd):
    """Whoever owns a schema that an administrator made needs no right to make another one."""
    with postgres.connect(team.rpartition("/")[2]) as db:
        db.execute("CREATE ROLE owner_of_schema LOGIN")
        db.execute("CREATE SCHEMA smsframe AUTHORIZATION owner_of_schema")
        try:
            url = team.replace("smsframe@", "owner_of_schema@")
            assert send(crowd.head(3), url)["sms_status"].eq("accepted").all()
            assert smsframe.journal.upgrade(url) == []
        finally:
            db.execute("DROP OWNED BY owner_of_schema")
            db.execute("DROP ROLE owner_of_schema")


def test_encoding__that_cannot_hold_all_texts(postgres, refused, send, crowd):
    """A database in LATIN1 is refused before its first tables, and not by the first such text."""
    with postgres.connect() as db:
        for encoding in ("LATIN1", "SQL_ASCII"):
            db.execute(
                f"CREATE DATABASE in_{encoding} ENCODING '{encoding}' "
                "TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'".encode()
            )
    assert "encoding LATIN1" in refused(postgres.url("in_latin1"))
    given = {"text": "Привет %%n%%", "campaign": "привет"}
    done = send(crowd.head(3), f"{postgres.url('in_sql_ascii')}?client_encoding=latin1", **given)
    assert done["sms_status"].eq("accepted").all()
    runs = smsframe.runs(journal=postgres.url("in_sql_ascii"), full=True)
    assert runs["campaign"].tolist() == ["привет"]


def test_sequences__that_were_not_copied(postgres, team, send, crowd, texts):
    """A database that was replicated by its rows alone gives numbers anew; what to do is said."""
    send(crowd.head(20), team)
    with postgres.connect(team.rpartition("/")[2]) as db:
        db.execute("SELECT setval('smsframe.batches_id_seq', 1)")
        with pytest.raises(JournalError, match="without its sequences") as caught:
            send(crowd, team)
        assert len(texts()) == 20
        db.execute(re.search(r"SELECT setval.* FROM \S+batches", str(caught.value))[0])
    send(crowd, team)
    assert len(texts()) == len(crowd)
    assert texts().max() == 1


SETTINGS = (
    "default_transaction_isolation = 'serializable'",
    "default_transaction_isolation = 'repeatable read'",
    "lock_timeout = '1ms'",
    "idle_in_transaction_session_timeout = '1ms'",
    "TimeZone = 'Asia/Kathmandu'",
    "DateStyle = 'German'",
    "IntervalStyle = 'sql_standard'",
    "bytea_output = 'escape'",
    "standard_conforming_strings = off",
    "search_path = 'nowhere'",
    "synchronous_commit = off",
    "row_security = off",
)


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings__of_a_database(postgres, team, send, crowd, texts, setting):
    """Whatever a database is set to by default, a send is what it is elsewhere."""
    database = team.rpartition("/")[2]
    smsframe.journal.upgrade(team)
    with postgres.connect() as db:
        db.execute(f"ALTER DATABASE {database} SET {setting}".encode())
    done = send(crowd, team)
    assert done["sms_status"].eq("accepted").all()
    assert send(crowd, team, min_gap="1h")["sms_status"].eq("accepted").all()
    assert texts().max() == 1
    assert len(smsframe.results(done.attrs["smsframe"]["run"], journal=team)) == len(crowd)


def test_statement_timeout__ends_no_transaction_of_ours(postgres, team, journals):
    """A large journal is read and copied for longer than a web page's statement may take."""
    with postgres.connect() as db:
        db.execute(f"ALTER DATABASE {team.rpartition('/')[2]} SET statement_timeout = '0.2s'")
    journal = journals()
    with journal._snapshot() as db:
        db.execute("SELECT pg_sleep(0.4)").fetchone()
    with journal._writing() as db:
        db.execute("SELECT pg_sleep(0.4)").fetchone()
    with pytest.raises(JournalError, match="statement_timeout"), journal._reading() as db:
        db.execute("SELECT pg_sleep(0.4)").fetchone()
