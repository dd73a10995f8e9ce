"""A real standby takes over in the midst of a send, and lacks what went out last.

The standby follows the first server until it is held up; what is claimed and sent after that it
never hears of. Then the first server ends, and the standby is promoted in its place.
"""

from __future__ import annotations

import threading

import pandas as pd
import postgres_server
import pytest
from samples import fictional_phones

import smsframe


def standby_of(server, folder):
    """Copy a running server into another folder, and start it as a standby of the first."""
    copy = postgres_server.PostgresServer(folder, settings=server.settings)
    copy.folder.mkdir()
    postgres_server.own(copy.folder)
    copy._run(
        "pg_basebackup", "-h", "127.0.0.1", "-p", server.port, "-U", server.user,
        "-D", copy.data, "-R", "-X", "stream", "-c", "fast", "--no-sync",
    )  # fmt: skip
    copy.start()
    return copy


def replayed(standby, server):
    """Tell whether the standby has all that the server has."""
    with server.connect() as db:
        (there,) = db.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
    with standby.connect() as db:
        (here,) = db.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (there,)).fetchone()
    return here


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """Return a server, its standby, and a proxy that leads to either."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if postgres_server.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres_server.folder_of_server() as folder:
        folder.chmod(0o755)
        server = postgres_server.PostgresServer(folder / "first").make()
        standby = proxy = None
        try:
            standby = standby_of(server, folder / "second")
            proxy = postgres_server.Proxy(server.port)
            yield server, standby, proxy
        finally:
            if proxy is not None:
                proxy.close()
            for one in filter(None, (standby, server)):
                if one.is_running():
                    one.stop("immediate")


@pytest.mark.filterwarnings("ignore:.*standby.*")
def test_send__over_a_standby_that_takes_over(pair, sandbox, send, texts):
    """The send writes down again what the standby never heard of; nobody twice, none unknown."""
    server, standby, proxy = pair
    crowd = pd.DataFrame({"mobile": fictional_phones(300), "n": range(300)})
    url = server.url(server.new_database(), port=proxy.port)
    send(crowd.head(0), url)
    postgres_server.until(lambda: replayed(standby, server), 20)
    sandbox.faults.add("delay", seconds=0.4)
    forgotten = []

    def take_over():
        postgres_server.until(lambda: len(sandbox.outbox()) >= 50, 30)
        with standby.connect() as db:
            db.execute("SELECT pg_wal_replay_pause()")
        count = len(sandbox.outbox())
        postgres_server.until(lambda: len(sandbox.outbox()) >= count + 50, 30)
        proxy.is_open = False
        proxy.cut()
        server.stop("immediate")
        standby.forget_the_rest()
        proxy.target = standby.port
        with standby.connect(url.rpartition("/")[2]) as db:
            (known,) = db.execute("SELECT sum(size) FROM smsframe.batches").fetchone()
        forgotten.append(len(sandbox.outbox()) - (known or 0))
        proxy.is_open = True

    thread = threading.Thread(target=take_over)
    thread.start()
    done = send(crowd, url)
    thread.join(timeout=60)
    assert forgotten
    assert forgotten[0] > 0, "the standby knew everything, so nothing was shown"
    assert set(done["sms_status"]) == {"accepted"}
    assert texts().max() == 1
    assert len(texts()) == len(crowd)
    pd.testing.assert_frame_equal(done, send(crowd, url))
    run = done.attrs["smsframe"]["run"]
    assert len(smsframe.results(run, journal=url)) == len(crowd)
