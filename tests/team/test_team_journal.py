"""A journal by URL: found, made, refused, upgraded, copied, read; its password is never shown."""

from __future__ import annotations

import concurrent.futures
import contextlib
import importlib.util
import shlex
import subprocess
import time
from pathlib import Path

import pandas as pd
import psycopg
import pytest

import smsframe
from smsframe import cli
from smsframe._base.journal_address import TeamAddress
from smsframe._journal import location, transfer
from smsframe._journal.postgres import dialect, schema, standbys
from smsframe._journal.records import Claim
from smsframe.errors import ConfigurationError, InputError, JournalError, SmsframeWarning

SECRET = "s3cr3tword"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://ann:{SECRET}@db.example.com:5433/team", "ann@db.example.com:5433/team"),
        (f"postgres://ann:{SECRET}@one,two:5433/team?sslmode=require", "ann@one,two:5433/team"),
        (f"postgresql://h/team?user=ann&password={SECRET}", "h/team?user=ann"),
        ("postgresql://?service=texting", "?service=texting"),
        ("postgresql://ann@%2Fvar%2Frun/team", "ann@/var/run/team"),
        (f"postgresql://ann:a@{SECRET}@h/team", "ann@h/team"),
        (f"postgresql://ann:a/{SECRET}@h/team", "(hidden)"),
        (f"postgresql://ann:a?{SECRET}@h/team", "(hidden)"),
        (f"postgresql://ann:{SECRET}#a@h/team", "(hidden)"),
    ],
)
def test_address__shows_no_password(url, shown, tmp_path):
    """User, host and database, or nothing at all where the parts cannot be told apart."""
    address = TeamAddress(url, tmp_path)
    assert str(address) == f"postgresql://{shown}"
    assert SECRET not in repr(address)
    assert SECRET not in str(address.folder)
    assert address.has_password is (SECRET in url)
    with pytest.raises(TypeError):
        Path(address)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ann:{SECRET}@127.0.0.1:1/team",
        f"postgresql://ann:{SECRET}@127.0.0.1:none/team",
        f"postgresql://ann:{SECRET}@127.0.0.1:1/team?nonsense={SECRET}",
        f"postgresql://ann:{SECRET} @127.0.0.1:1/team",
    ],
)
def test_password__is_in_no_error(url, people, sandbox):
    """What cannot be reached or read is named without its password, and so is its chain."""
    with smsframe.connect(sandbox, journal=url) as client:
        assert SECRET not in repr(client) + repr(vars(client))
        for look in (
            smsframe.runs,
            lambda: smsframe.send(people, "Hi", program="148372", phone="mobile", progress=False),
        ):
            with pytest.raises(JournalError) as caught:
                look()
            error = caught.value
            while error is not None:
                assert SECRET not in f"{error!r}{error}{vars(error)}"
                error = error.__cause__ or error.__context__
    assert sandbox.outbox().empty


def test_password__on_a_command_line_is_refused(capsys):
    """A list of processes shows it to everybody."""
    with pytest.raises(SystemExit):
        cli.main(["runs", "--journal", f"postgresql://ann:{SECRET}@h/team"])
    said = capsys.readouterr().err
    assert "PGPASSWORD" in said
    assert SECRET not in said


def test_connect__without_psycopg_says_what_to_install(monkeypatch):
    """The extra is named before anything is asked."""
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *_: None if name == "psycopg" else name
    )
    with pytest.raises(ConfigurationError, match=r'pip install "smsframe\[postgres\]"'):
        location.journal_path("postgresql://h/team")


def test_connect__a_url_that_was_made_a_path(tmp_path):
    """A Path drops a slash; it is no file then."""
    path = Path("postgresql://h/team")
    with pytest.raises(ConfigurationError, match="slash too few"):
        location.journal_path(path)


@pytest.mark.parametrize(
    "said",
    [
        f"postgressql://ann:{SECRET}@h/team",
        f"postgre://ann:{SECRET}@h/team",
        f"postgresql+psycopg://ann:{SECRET}@h/team",
        f"jdbc:postgresql://h/team?user=ann&password={SECRET}",
        f"psql://ann:{SECRET}@h/team",
        f"mysql://ann:{SECRET}@h/team",
        f"'postgresql://ann:{SECRET}@h/team'",
        f'"postgresql://ann:{SECRET}@h/team"',
        f"postgresql//ann:{SECRET}@h/team",
        f"ann:{SECRET}@h:5432/team",
        f"host=h dbname=team user=ann password={SECRET}",
        "service=texting",
        "dbname = team",
        "sqlite:///team.sqlite3",
        "file:team.sqlite3",
        "s3://team/journal.sqlite3",
    ],
)
def test_address_with_a_slip__is_no_file(said, tmp_path, monkeypatch, sandbox, capsys):
    """A new file of that name knows nobody whom the team texted, and would text all again."""
    monkeypatch.chdir(tmp_path)
    asked = [
        lambda: smsframe.connect(sandbox, journal=said),
        lambda: smsframe.runs(journal=said),
        lambda: smsframe.journal.copy(tmp_path / "mine.sqlite3", said),
        lambda: smsframe.runs(journal=Path(said)),
    ]
    for ask in asked:
        with pytest.raises(ConfigurationError, match="postgresql://user@host") as caught:
            ask()
        assert SECRET not in str(caught.value)
    assert cli.main(["runs", "--journal", said.replace(SECRET, "")]) == 2
    monkeypatch.setenv("SMSFRAME_JOURNAL", said)
    for ask in (smsframe.runs, lambda: smsframe.connect("sandbox")):
        with pytest.raises(ConfigurationError, match=r"^SMSFRAME_JOURNAL looks like") as caught:
            ask()
        assert SECRET not in str(caught.value)
    assert not list(tmp_path.iterdir())
    assert SECRET not in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        "a:b.sqlite3",
        "/srv/user=ann/j",
        "C:/data/j",
        r"C:\data\j",
        "/home/ann@h/j",
        "postgres/j",
        "data//j",
        "~/j",
    ],
)
def test_path__that_is_one(name):
    """What a path may hold is no address."""
    assert isinstance(location.journal_path(name), Path)


def test_address__in_capitals(team):
    """Names of schemes are the same in capitals; libpq wants them small."""
    assert smsframe.runs(journal=team.replace("postgresql", "PostgreSQL")).empty


def test_environment__names_the_journal_but_not_of_a_rehearsal(team, monkeypatch, tmp_path):
    """SMSFRAME_JOURNAL may be a URL; a rehearsal is kept in a file of this user."""
    monkeypatch.setenv("SMSFRAME_JOURNAL", team)
    assert str(location.journal_path()) == team
    assert location.journal_path(rehearsal=True).name == "rehearsal.sqlite3"
    assert smsframe.runs().empty


def test_service__of_libpq(postgres, team, tmp_path, monkeypatch, send, crowd, texts):
    """A service file and libpq's variables say where the database is."""
    database = team.rpartition("/")[2]
    (tmp_path / "services").write_text(f"[texting]\nhost=127.0.0.1\nport={postgres.port}\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    monkeypatch.setenv("PGDATABASE", database)
    monkeypatch.setenv("PGUSER", postgres.user)
    send(crowd.head(3), "postgresql://?service=texting")
    assert len(smsframe.runs(journal=team)) == 1
    assert texts().max() == 1


def test_looking__makes_nothing(postgres, team):
    """Whoever looks into an empty database leaves it empty."""
    assert smsframe.runs(journal=team).empty
    with pytest.raises(JournalError, match="There is no journal"):
        smsframe.results("run", journal=team)
    with postgres.connect(team.rpartition("/")[2]) as db:
        found = db.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'smsframe'")
        assert found.fetchone() == (0,)


def change(team, statement):
    """Change the database behind the journal's back."""
    with psycopg.connect(team, autocommit=True) as db:
        db.execute(statement)


def test_schema__older_is_refused_until_it_is_upgraded(team, journals, monkeypatch, capsys):
    """An older database names the command that upgrades it; colleagues are not locked out."""
    older = schema.OF_A_TEAM

    def notes(db):
        db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY)")

    with journals().sending(b"s" * 16):
        monkeypatch.setattr(schema, "OF_A_TEAM", (*older, notes))
        with pytest.raises(JournalError, match=r"smsframe journal upgrade postgresql://") as caught:
            journals()
        assert caught.value.details["missing"] == ("notes",)
        with pytest.raises(smsframe.errors.CampaignBusyError, match="Upgrade it when that is done"):
            smsframe.journal.upgrade(team)
    assert cli.main(["journal", "upgrade", team]) == 0
    assert "notes" in capsys.readouterr().out
    journals()
    assert smsframe.journal.upgrade(team) == []
    monkeypatch.setattr(schema, "OF_A_TEAM", older)
    with pytest.raises(JournalError, match="newer smsframe"):
        journals()
    with pytest.raises(JournalError, match="newer smsframe"):
        smsframe.journal.upgrade(team)
    with pytest.raises(InputError, match="team's journal"):
        smsframe.journal.upgrade("a.sqlite3")


def test_tables__are_those_of_a_file(journals, tmp_path):
    """A column that a migration gives to files, it gives to databases."""
    from smsframe._journal.store import Journal  # noqa: PLC0415 - for this alone

    team = journals()
    with Journal(tmp_path / "file.sqlite3") as file:
        names = [
            name
            for (name,) in file._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in set(names) - {"migrations"}:
            here = file._db.execute(f"SELECT * FROM {table} LIMIT 0").description
            there = team._team.execute(f"SELECT * FROM {table} LIMIT 0").description
            assert {c[0] for c in here} == {c[0] for c in there} - {"rowid"}, table


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "SELECT left FROM runs WHERE user = :user",
            'SELECT "left" FROM smsframe.runs WHERE "user" = %(user)s',
        ),
        ("SELECT max(id) FROM batches", "SELECT max(id) FROM smsframe.batches"),
        (
            "SELECT :a, b + 1 FROM x JOIN y ON i = j",
            "SELECT %(a)s, b + 1 FROM smsframe.x JOIN smsframe.y ON i = j",
        ),
        ("PRAGMA application_id = 1", ""),
        (
            "ALTER TABLE batches ADD COLUMN variant INTEGER",
            "ALTER TABLE smsframe.batches ADD COLUMN variant BIGINT",
        ),
        ("CREATE INDEX a ON runs (scope)", "CREATE INDEX a ON smsframe.runs (scope)"),
    ],
)
def test_dialect__says_the_same(said, expected):
    """Names and marks that PostgreSQL has otherwise."""
    assert dialect.translated(said) == expected


def test_docs__rights(postgres, team, send, crowd):
    """What the page grants is enough to send, to forget, and to look back, and for no more."""
    page = (Path(__file__).parents[2] / "docs" / "team-journal.md").read_text(encoding="utf-8")
    done = send(crowd.head(4), team)
    for name in ("ann", "bob"):
        change(team, f"DROP ROLE IF EXISTS {name}")
        change(team, f"CREATE ROLE {name} LOGIN")
    for statement in page.split("```sql\n")[1].split("```")[0].split(";"):
        if statement.strip():
            change(team, statement)
    ann, bob = (team.replace(f"{postgres.user}@", f"{name}@") for name in ("ann", "bob"))
    sent = send(crowd.head(8), ann)
    assert (sent["sms_status"] == "accepted").all()
    assert len(smsframe.results(done.attrs["smsframe"]["run"], journal=bob)) == 4
    with pytest.raises(JournalError, match="does not allow this user"):
        send(crowd, bob)
    assert smsframe.journal.forget("2100-01-01", path=ann) == 2
    change(team, "DROP OWNED BY ann, bob")
    change(team, "DROP ROLE ann, bob")


def test_docs__commands(team, tmp_path, monkeypatch, send, crowd, capsys):
    """The commands of the page, with this database in place of the one that is named."""
    page = (Path(__file__).parents[2] / "docs" / "team-journal.md").read_text(encoding="utf-8")
    file = tmp_path / "journal.sqlite3"
    send(crowd, file)
    said = [line for line in page.splitlines() if line.startswith("smsframe journal ")]
    assert len(said) == 3
    for line in said:
        words = line.replace("postgresql://ann@db.example.com/texting", team)
        words = words.replace("~/.local/share/smsframe/journal.sqlite3", str(file)).split()
        assert cli.main(words[1:]) == 0
    assert "100 messages" in capsys.readouterr().out


def test_standbys__that_are_not_waited_for_are_told_once(journals, monkeypatch):
    """A standby may forget; whoever sends hears of it, once."""
    journal = journals()
    monkeypatch.setattr(standbys, "_STANDBYS", "SELECT 2")
    with (
        pytest.warns(SmsframeWarning, match="has 2 standby servers and does not wait"),
        journal.sending(b"s" * 16, service="s"),
    ):
        pass
    with journal.sending(b"s" * 16, service="s"):
        pass


def test_everything__works_on_it(team, send, crowd, sandbox, texts, client):
    """Refreshed, resolved, reconciled, left out, kept apart in time, forgotten."""
    sandbox.faults.add("drop_after", on=2)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        done = send(crowd.head(15), team)
    assert (done["sms_status"] == "unknown").sum() == 5
    with smsframe.connect(sandbox, journal=team):
        settled = done.sms.reconcile(sandbox.events())
        assert set(settled["sms_status"]) == {"accepted"}
        assert settled.sms.refresh()["sms_status"].value_counts()["sent"] == 10
        kept = smsframe.results(done.attrs["smsframe"]["run"])["sms_status"].value_counts()
        assert (kept["sent"], kept["accepted"]) == (10, 5)
    again = send(crowd, team, "Something else entirely for you, %%n%%", min_gap="24h")
    assert (again["sms_code"] == "too_soon").sum() == 15
    assert (again["sms_status"] == "accepted").sum() == 85
    with pytest.raises(InputError, match=r"exclude=.*campaign="):
        send(crowd, team, "Something else entirely for us, %%n%%")
    left = send(crowd, team, "A third one, of quite other words: %%n%%", exclude=again)
    assert (left["sms_code"] == "excluded").sum() == 85
    with smsframe.connect(sandbox, journal=team) as connected:
        made = smsframe.plan(crowd, "Hello %%n%%", program="148372", phone="mobile")
        assert (made.history.accepted, made.history.left) == (15, 85)
        assert str(connected.journal_path) == team
    assert smsframe.journal.check(path=team)["messages"] >= 100
    assert smsframe.journal.forget("2100-01-01", path=team) >= 3
    with pytest.raises(JournalError, match="forgotten"):
        smsframe.results(done.attrs["smsframe"]["run"], journal=team)


def test_import__and_the_next_send_makes_no_call(team, tmp_path, send, crowd, texts, capsys):
    """What a file knows, the team knows; back again, and once more, nothing is changed."""
    file = tmp_path / "mine.sqlite3"
    done = send(crowd, file)
    assert cli.main(["journal", "import", str(file), team]) == 0
    assert "1 runs, 20 batches, 100 messages" in capsys.readouterr().out
    pd.testing.assert_frame_equal(send(crowd, team), done)
    assert texts().max() == 1
    run = done.attrs["smsframe"]["run"]
    assert smsframe.journal.copy(file, team) == {"runs": 0, "batches": 0, "messages": 0}
    back = tmp_path / "back.sqlite3"
    assert smsframe.journal.copy(team, back) == {"runs": 1, "batches": 20, "messages": 100}
    pd.testing.assert_frame_equal(
        smsframe.results(run, journal=back), smsframe.results(run, journal=file)
    )
    pd.testing.assert_frame_equal(
        smsframe.results(run, journal=team), smsframe.results(run, journal=file)
    )
    assert cli.main(["journal", "check", team]) == 0
    assert "Everything is what was written" in capsys.readouterr().out


def test_import__twice_at_once(team, tmp_path, send, crowd, monkeypatch):
    """Two who import the same at the same time bring it in once; who is told so asks again."""
    monkeypatch.setattr(transfer, "_AT_ONCE", 7)  # large campaigns, and small ones together
    file = tmp_path / "mine.sqlite3"
    for number, rows in enumerate((3, 60, 2, 1, 4, 90)):
        words = "abcdefgh"[number] * 40
        send(crowd.head(rows), file, text=f"{words} %%n%%", campaign=f"round {number}")
    known = smsframe.journal.check(path=file)

    def bring():
        for _ in range(100):
            with contextlib.suppress(smsframe.errors.CampaignBusyError):
                return smsframe.journal.copy(file, team)
            time.sleep(0.05)
        return None

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        done = [asked.result() for asked in [pool.submit(bring) for _ in range(3)]]
    assert all(done)
    assert smsframe.journal.check(path=team) == known
    assert smsframe.journal.copy(team, tmp_path / "back.sqlite3")["messages"] == known["messages"]
    looks = [smsframe.runs(journal=journal) for journal in (file, team, tmp_path / "back.sqlite3")]
    for other in looks[1:]:
        pd.testing.assert_frame_equal(other.sort_index(), looks[0].sort_index())


def test_import__that_was_forgotten(team, tmp_path, send, crowd, texts, monkeypatch):
    """Whoever sent with the usual file, and then by the team's journal, is asked to import it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "Application Support"))
    file = tmp_path / "Application Support" / "smsframe" / "journal.sqlite3"
    send(crowd.head(10), file)
    send(crowd.head(5), team, text="Something else, %%n%%")  # another campaign
    with pytest.raises(JournalError, match="smsframe journal import") as caught:
        send(crowd, team)
    assert len(texts()) == 10
    line = str(caught.value).partition("smsframe ")[2].partition(" (copies")[0]
    assert cli.main(shlex.split(line)) == 0
    assert send(crowd, team)["sms_status"].eq("accepted").all()
    assert len(texts()) == len(crowd)
    send(crowd.head(20), file)  # the file is used again
    with pytest.raises(JournalError, match="smsframe journal import"):
        send(crowd, team)


def test_import__of_what_is_being_sent_is_refused(team, tmp_path, journals):
    """What is under way would be of somebody who died, in the copy."""
    journal = journals()
    with (
        journal.sending(b"s" * 16),
        pytest.raises(smsframe.errors.CampaignBusyError, match="Copy it when"),
    ):
        smsframe.journal.copy(team, tmp_path / "copy.sqlite3")


def test_import__while_a_colleague_sends_that_campaign(
    team, tmp_path, send, crowd, texts, journals
):
    """Who sends has read already whom to leave out: what comes in meanwhile would be sent twice."""
    file, journal = tmp_path / "mine.sqlite3", journals()
    send(crowd, file)
    with smsframe._results.open_journal.existing_journal(file) as mine, mine._reading() as db:
        ((scope,),) = db.execute("SELECT DISTINCT scope FROM batches")
    with journal.sending(bytes(scope)):
        with pytest.raises(smsframe.errors.CampaignBusyError, match="is sending, or importing"):
            smsframe.journal.copy(file, team)
        assert smsframe.runs(journal=team).empty
    with journal.sending(b"o" * 16):  # another campaign is nobody's business
        assert smsframe.journal.copy(file, team)["messages"] == 100
    with journal.sending(bytes(scope)):  # and so is what has come in before
        assert smsframe.journal.copy(file, team)["messages"] == 0
    send(crowd, team)
    assert texts().max() == 1


def test_import__leaves_what_was_claimed_after_it_looked(team, tmp_path, send, crowd, monkeypatch):
    """A send that begins during an import comes with the next one, and not as one that died."""
    file = tmp_path / "mine.sqlite3"
    run = send(crowd.head(10), file).attrs["smsframe"]["run"]
    looked = transfer.check_sums
    with contextlib.ExitStack() as sends:

        def begin(source, **how):
            with source._reading() as db:
                ((scope,),) = db.execute("SELECT DISTINCT scope FROM batches")
            sends.enter_context(source.sending(bytes(scope)))
            late = Claim(batch_id=f"{run}:9", run_id=run, scope=scope, keys=bytes(32), size=2)
            source.record(claims=[late])
            return looked(source, **how)

        monkeypatch.setattr(transfer, "check_sums", begin)
        assert smsframe.journal.copy(file, team) == {"runs": 1, "batches": 2, "messages": 10}
    monkeypatch.undo()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert smsframe.journal.copy(file, team) == {"runs": 0, "batches": 1, "messages": 2}


def test_process_list__shows_no_password(team):
    """Nothing that is started for a journal has its URL among its arguments."""
    shown = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True,
                           check=False, timeout=20).stdout  # fmt: skip
    assert SECRET not in shown
