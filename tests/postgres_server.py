"""A PostgreSQL and a pgbouncer of the tests' own, and a proxy that cuts connections.

The server runs as another user than root, which it refuses, in a directory of its own; it listens
on loopback alone. Where PostgreSQL is not installed the tests that need it are skipped and say so;
with CI=true that is a failure.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from waiting import until

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_FAST = {"fsync": "off", "full_page_writes": "off", "max_connections": "60"}


def binaries():
    """Return the directory of PostgreSQL's programs; None where it is not installed."""
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else next(iter(BINARIES), None)


def own(folder):
    """Give a folder to the server's user."""
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_server(*command):
    """Return a command as it is run by a user that is not root."""
    if os.getuid() != 0:
        return list(command)
    return ["runuser", "-u", "postgres", "--", *map(str, command)]


@contextlib.contextmanager
def folder_of_server():
    """Make a folder that the server's user can reach; the usual place may be root's alone."""
    root = os.environ.get("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    usual = Path(root).resolve()
    is_open = all(place.stat().st_mode & 0o001 for place in (usual, *usual.parents))
    where = usual if is_open or os.getuid() != 0 else Path("/tmp")
    with tempfile.TemporaryDirectory(prefix="smsframe-postgres-", dir=where) as folder:
        yield Path(folder)


@dataclass
class PostgresServer:
    """A server with one user, ``smsframe``, who needs no password."""

    folder: Path
    settings: dict = field(default_factory=lambda: dict(_FAST))
    port: int = field(default_factory=free_port)
    user: str = "smsframe"
    databases: int = 0

    def make(self):
        """Make the cluster and start it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        own(self.folder)
        self._run(
            "initdb", "-D", self.data, "-U", self.user, "-A", "trust", "--no-sync", "-E", "UTF8"
        )
        self.start()
        return self

    @property
    def data(self):
        """Where the cluster is."""
        return self.folder / "data"

    def start(self):
        """Start the server and wait until it answers."""
        given = {"port": self.port, "listen_addresses": "127.0.0.1"}
        given |= {"unix_socket_directories": self.folder, **self.settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in given.items())
        log = self.folder / "log"
        self._run("pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60", "-o", options, "start")

    def stop(self, mode="fast"):
        """Stop the server."""
        self._run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def lose_power(self):
        """End all its processes at once: what is in its memory alone is gone."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)  # no more children
        pids = [postmaster, *_children_of(postmaster)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not any(_runs(pid) for pid in pids), 30)
        # Where nobody waits for ended processes at once, their numbers are taken for a while.
        for lock in (self.data / "postmaster.pid", *self.folder.glob(".s.PGSQL.*.lock")):
            lock.unlink()

    def is_running(self):
        """Tell whether it runs."""
        return (self.data / "postmaster.pid").exists()

    def forget_the_rest(self):
        """Make a paused standby take over with what it has replayed, and no more.

        Promoted while it is paused, it would first replay all that it has received. So it is ended,
        and what it has received and not replayed is dropped with its files of the log.
        """
        with self.connect() as db:
            (replayed,) = db.execute("SELECT pg_last_wal_replay_lsn()::text").fetchone()
        self.stop("fast")
        target = f"recovery_target_lsn = '{replayed}'\nrecovery_target_action = 'promote'\n"
        own_settings = self.data / "postgresql.auto.conf"
        lines = own_settings.read_text().splitlines()
        kept = [line for line in lines if not line.startswith("primary_conninfo")]
        own_settings.write_text("\n".join([*kept, "recovery_target_inclusive = on", target]))
        self.start()
        until(self._takes_writes, 30)

    def _takes_writes(self):
        """Tell whether it is a standby no more."""
        with self.connect() as db:
            return db.execute("SELECT NOT pg_is_in_recovery()").fetchone()[0]

    def _run(self, name, *arguments):
        """Run one of PostgreSQL's programs."""
        command = as_server(binaries() / name, *arguments)
        done = subprocess.run(
            list(map(str, command)), check=False, capture_output=True, text=True, timeout=90,
            cwd="/", stdin=subprocess.DEVNULL,
        ) if name != "pg_ctl" else self._quietly(command)  # fmt: skip
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"

    def _quietly(self, command):
        """Run what leaves a server behind: with pipes of ours it would never end."""
        said = self.folder / "said"
        with said.open("w") as out:
            done = subprocess.run(
                list(map(str, command)), check=False, stdout=out, stderr=out, timeout=90,
                cwd="/", stdin=subprocess.DEVNULL,
            )  # fmt: skip
        return subprocess.CompletedProcess(command, done.returncode, said.read_text(), "")

    def url(self, database="postgres", port=None):
        """Return the URL of a database."""
        return f"postgresql://{self.user}@127.0.0.1:{port or self.port}/{database}"

    def connect(self, database="postgres"):
        """Connect as somebody who looks on."""
        import psycopg  # noqa: PLC0415 - not installed where the oldest libraries are tried

        return psycopg.connect(self.url(database), autocommit=True)

    def new_database(self):
        """Make an empty database and return its name."""
        self.databases += 1
        name = f"team_{os.getpid()}_{self.databases}"
        with self.connect() as db:
            db.execute(f"CREATE DATABASE {name}".encode())
        return name

    def cut_all(self, database):
        """End all sessions of a database."""
        with self.connect() as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (database,),
            )


def _children_of(parent):
    """List the processes that a process has begun."""
    told = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in told.split()]


def _runs(pid):
    """Tell whether a process has not ended, whoever is to be told of that."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Pooler:
    """A pgbouncer in transaction mode, before a server."""

    def __init__(self, server, folder):
        self.server, self.folder, self.port = server, folder, free_port()

    def start(self):
        """Start it and wait until it listens."""
        self.folder.mkdir()
        (self.folder / "users").write_text(f'"{self.server.user}" ""\n')
        (self.folder / "ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={self.server.port}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nauth_type = trust\n"
            f"auth_file = {self.folder / 'users'}\npool_mode = transaction\n"
            f"default_pool_size = 4\nserver_reset_query =\nunix_socket_dir =\n"
            f"server_login_retry = 1\n"
        )
        if os.getuid() == 0:
            for path in (self.folder, self.folder / "users", self.folder / "ini"):
                shutil.chown(path, "postgres")
        program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
        self.process = subprocess.Popen(
            list(map(str, as_server(program, "-q", self.folder / "ini"))),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        until(lambda: _listens(self.port), 20)
        return self

    def stop(self):
        """End it."""
        self.process.terminate()
        self.process.wait(timeout=20)


@contextlib.contextmanager
def pooler_before(server):
    """Run a pgbouncer before a server until the block ends; yield its port."""
    if not (shutil.which("pgbouncer") or Path("/usr/sbin/pgbouncer").exists()):
        pytest.skip("pgbouncer is not installed: a journal behind a pooler is not tested")
    with folder_of_server() as folder:
        folder.chmod(0o755)
        pooler = Pooler(server, folder / "pooler").start()
        try:
            yield pooler.port
        finally:
            pooler.stop()


class Proxy:
    """Hands bytes on between a client and a server, and cuts when it is told to.

    ``cut_at`` is asked before each piece that the client sends, with its bytes; "before" drops
    it and cuts, "after" hands it on and cuts before any answer comes back. ``cut_after`` cuts once
    so many bytes have passed, wherever that is.
    """

    def __init__(self, port):
        self.target = port
        self.cut_at = lambda _: ""
        self.cuts = 0
        self.is_open = True
        self.passed = {"up": 0, "down": 0}
        self._limit = {}
        self._counting = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, way, count):
        """Cut, once, when so many bytes more have passed one way, "up" or "down"."""
        with self._counting:
            self._limit[way] = self.passed[way] + count

    def _let_through(self, way, piece):
        """Return what of a piece passes, and whether the connection is cut then."""
        with self._counting:
            left = self._limit.get(way, self.passed[way] + len(piece) + 1) - self.passed[way]
            passes = piece[: max(left, 0)]
            self.passed[way] += len(passes)
            if is_cut := left <= len(piece):
                del self._limit[way]
                self.cuts += 1
        return passes, is_cut

    def _accept(self):
        """Take connections."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self.is_open:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            pair = (client, server)
            self._pairs.append(pair)
            threading.Thread(target=self._up, args=(pair, {}), daemon=True).start()
            threading.Thread(target=self._down, args=pair, daemon=True).start()

    def _up(self, pair, _):
        """Hand on what the client says."""
        client, server = pair
        with contextlib.suppress(OSError):
            while piece := client.recv(1 << 16):
                how = self.cut_at(piece)
                if how == "before":
                    self.cuts += 1
                    break
                if how == "after":
                    self.cuts += 1
                    _close(client)  # the answer finds nobody
                    server.sendall(piece)
                    time.sleep(0.3)
                    break
                piece, is_cut = self._let_through("up", piece)
                server.sendall(piece)
                if is_cut:
                    break
        _close(client)
        _close(server)

    def _down(self, client, server):
        """Hand on what the server says."""
        with contextlib.suppress(OSError):
            while piece := server.recv(1 << 16):
                piece, is_cut = self._let_through("down", piece)
                client.sendall(piece)
                if is_cut:
                    break
        _close(client)
        _close(server)

    def cut(self):
        """Cut all connections."""
        for pair in self._pairs:
            for end in pair:
                _close(end)
        self._pairs.clear()

    def close(self):
        """Take no more connections, and cut all."""
        _close(self._listener)
        self.cut()


def _close(end):
    """Close a socket for both who use it."""
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        end.close()


def _listens(port):
    """Tell whether somebody listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
