"""One simulated process that sends: its clock, its network, its disk, and how it dies.

Everything between ``plan.send`` and the network is the real code. What is replaced is the transport
under the real client, the workers (by an event heap over a simulated clock) and the connection
under the real journal. Each of them counts its steps, and at the step that the story has chosen the
process dies: nothing of it reaches disk or network after that.

A call is processed by the service at one moment and its answer comes at a later one, so calls
overlap, overtake each other and are under way when the process dies or gives up waiting.
"""
# ruff: noqa: ARG002, ARG005 - stand-ins take the arguments of what they stand for

from __future__ import annotations

import contextlib
import functools
import heapq
import sqlite3
import time
from dataclasses import dataclass, field

from simulation.world import TODAY, CrashError, World

from smsframe._acoustic import address, credentials
from smsframe._acoustic import client as clients
from smsframe._acoustic.http import AnswerLostError, NotConnectedError, Reply
from smsframe._base.journal_address import TeamAddress
from smsframe._base.send_settings import SendSettings
from smsframe._base.worker_pool import Backoff
from smsframe._journal import opening
from smsframe._journal.store import Journal
from smsframe._send import posting, run

BASE_URL = address.base_url_for("us-1")
CREDENTIALS = credentials.Credentials(
    client_id="id", client_secret="secret", refresh_token="refresh"
)
PROCESSED_THEN = ("drop_after", "timeout", "error_after", "page_after", "truncated", "redirected")
NOT_PROCESSED = ("no_connection", "drop_before", "too_many", "busy", "busy_text", "error_before")


@dataclass(frozen=True, kw_only=True)
class Weather:
    """How bad network, service and disk are, as probabilities per call or transaction."""

    network: float = 0.0
    expiry: float = 0.0
    disk: float = 0.0


@dataclass(kw_only=True)
class Fate:
    """What is in store for a process: steps at which something happens to it."""

    crash_at: int | None = None
    interrupts_at: tuple[int, ...] = ()
    visitor_at: int | None = None


class Kernel:
    """A process with a client of its own; ``send`` runs the real code in it."""

    def __init__(
        self, world: World, path, *, weather=None, fate=None, max_in_flight=3, clock=time.time
    ) -> None:
        self.world, self.path, self.clock = world, path, clock
        self.weather, self.fate = weather or Weather(), fate or Fate()
        self.max_in_flight = max_in_flight
        self.steps, self.is_dead = 0, False
        self.stop = self.campaign = None
        self.visit = lambda: None
        self.workers = SimulatedWorkers(self, None)

    def send(self, plan, *, batch_size=3):
        """Send a plan in this process; raises what the process raises, CrashError when it died."""
        self.campaign = plan.options.campaign
        with contextlib.ExitStack() as stack:
            for module, name, value in self._seams():
                stack.callback(setattr, module, name, getattr(module, name))
                setattr(module, name, value)
            client = clients.Client(
                BASE_URL,
                CREDENTIALS,
                journal_path=self.path,
                max_in_flight=self.max_in_flight,
                settings=SendSettings(
                    batch_size=batch_size,
                    backoff=Backoff(chance=self.world.rng.random),
                    clock=self.clock,
                ),
            )
            return plan.send(client=client, progress=False)

    def _seams(self):
        """List what is replaced while this process runs."""
        return [
            (clients, "Transport", lambda pool_size: Network(self)),
            self._store(),
            (posting, "WorkerPool", self._workers),
            (posting, "counted_interrupts", self._interrupts),
            (run, "new_run_id", self._run_id),
        ]

    def _store(self):
        """Name what stands in for a file's connection, or for one to a team's database."""
        if isinstance(self.path, TeamAddress):
            from simulation import team  # noqa: PLC0415 - not without psycopg

            return team.seam(self)
        return (opening, "Journal", functools.partial(Journal, connect=self._connect))

    def step(self, what: str) -> None:
        """Take a step; the process may die here, or be interrupted, or be visited."""
        self.check_alive()
        self.steps += 1
        if self.steps == self.fate.crash_at:
            self.world.note("crash at", what)
            self.is_dead = True
        self.check_alive()
        if self.steps in self.fate.interrupts_at and self.stop is not None:
            self.world.note("interrupt at", what)
            self.stop.asked += 1

    def check_alive(self) -> None:
        """Let a dead process do nothing."""
        if self.is_dead:
            raise CrashError

    @contextlib.contextmanager
    def _interrupts(self, stop, wake):
        """Stand in for signals."""
        self.stop = stop
        try:
            yield
        finally:
            self.stop = None

    def _workers(self, send, size, *, failed, clock):
        """Start the workers."""
        self.workers = SimulatedWorkers(self, send)
        return self.workers

    def _run_id(self) -> str:
        """Give a run the next number of the world."""
        run_id = f"run-{len(self.world.campaigns) + 1}"
        self.world.campaigns[run_id] = self.campaign
        return run_id

    def _connect(self, path, **_options):
        """Open the world's disk; the seam of the journal."""
        return Connection(self)


class Connection:
    """What the journal takes for SQLite's connection."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel, self._disk = kernel, kernel.world.disk

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._disk.db.in_transaction

    def execute(self, statement, values=()):
        """Pass a statement on, with what disks and other programs do at its edges."""
        self._kernel.check_alive()
        if statement == "BEGIN IMMEDIATE":
            self._fail_perhaps("database is locked", sqlite3.SQLITE_BUSY)
            self._disk.begin()
        if statement == "COMMIT":
            return self._commit()
        return self._disk.db.execute(statement, values)

    def close(self) -> None:
        """Leave the database to the next connection."""

    def _commit(self):
        """Commit; the process may die on either side, the disk fail without saying on which."""
        self._kernel.step("commit")
        if self._kernel.world.happens(1 / 2):
            self._fail_perhaps("database or disk is full", sqlite3.SQLITE_FULL)
        done = self._disk.db.execute("COMMIT")
        self._kernel.world.note("committed")
        self._kernel.step("committed")
        self._fail_perhaps("disk I/O error", sqlite3.SQLITE_IOERR)
        return done

    def _fail_perhaps(self, words: str, code: int) -> None:
        """Complain as SQLite does."""
        if self._kernel.world.happens(self._kernel.weather.disk):
            self._kernel.world.note("disk:", words)
            error = sqlite3.OperationalError(words)
            error.sqlite_errorcode, error.sqlite_errorname = code, words
            raise error


class Network:
    """What the client takes for its transport."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel, self._world = kernel, kernel.world
        self.elapsed_s = 0.0
        kernel.network = self

    def exchange(self, method, url, *, headers=None, body=None, timeout_s=(10.0, 120.0)) -> Reply:
        """Carry a request to the service, as well as the weather lets."""
        self._kernel.step("request")
        fault = self._fault()
        self._world.note("request", fault)
        self.elapsed_s += self._world.rng.uniform(0.05, 2.0)
        reply = self._outcome(fault, url, dict(headers or {}), body)
        self._world.note(url.rsplit("/", 1)[-1], reply.status)
        self._kernel.step("answer")
        return reply

    def close(self) -> None:
        """Nothing is kept open."""

    def abort(self) -> None:
        """Nobody waits for answers any more."""
        self._world.note("aborted")

    def _fault(self) -> str:
        """Choose what goes wrong."""
        if not self._world.happens(self._kernel.weather.network):
            return "nothing"
        return self._world.rng.choice(PROCESSED_THEN + NOT_PROCESSED)

    def _outcome(self, fault, url, headers, body) -> Reply:
        """Process the request unless the fault comes first; spoil the answer if it comes after."""
        if fault in NOT_PROCESSED:
            return self._refuse(fault)
        if url.endswith("/oauth/token"):
            reply = Reply(200, {}, self._world.service.token())
        else:
            if self._world.happens(self._kernel.weather.expiry):
                self._world.service.expire_token()
            reply = Reply(
                status=(answer := self._world.service.send(headers["Authorization"], body))[0],
                body=answer[1],
            )
        self._world.note("processed", reply.status)
        self._kernel.step("processed")
        return reply if fault == "nothing" else self._spoil(fault, reply)

    def _refuse(self, fault) -> Reply:
        """Fail without the service having processed anything."""
        if fault == "no_connection":
            raise NotConnectedError("No connection was made: simulated.")
        if fault == "drop_before":
            raise AnswerLostError("The connection was lost before the answer was complete.")
        if fault == "error_before":
            return Reply(500, {}, b"oops")
        if fault == "busy_text":
            words = b"You have exceeded the max number of concurrent authenticated requests."
            return Reply(self._world.rng.choice([400, 500]), {}, words)
        wait = {"retry-after": str(self._world.rng.choice([0, 1, 7]))}
        return Reply(429 if fault == "too_many" else 503, wait, b"")

    def _spoil(self, fault, reply) -> Reply:
        """Lose the answer of a request that was processed."""
        if fault == "drop_after":
            raise AnswerLostError("The connection was lost before the answer was complete.")
        if fault == "timeout":
            self.elapsed_s += 120.0
            raise AnswerLostError("No complete answer came within the time allowed.")
        if fault == "truncated":
            return Reply(reply.status, {}, reply.body[: len(reply.body) // 2])
        if fault == "redirected":
            return Reply(302, {"location": "https://elsewhere.example"}, b"")
        return Reply(500 if fault == "error_after" else 502, {}, b"<html></html>")


@dataclass
class SimulatedWorkers:
    """What the delivery takes for its workers: an event heap over the simulated clock."""

    kernel: Kernel
    call: object
    events: list = field(default_factory=list)
    number: int = 0

    def now(self) -> float:
        """Tell the simulated time."""
        return self.kernel.world.now

    def refuse_fork(self) -> None:
        """Nobody forks here."""

    def today(self) -> float:
        """Tell the simulated date."""
        return TODAY + self.kernel.world.now

    def submit(self, number, request) -> None:
        """Let a request leave a little later."""
        self._at(self.now() + self.kernel.world.rng.uniform(0, 0.01), (number, request, None))

    def finished(self, timeout_s):
        """Go on in time until an answer is there, time is up, or somebody asks to stop."""
        kernel, deadline = self.kernel, None if timeout_s is None else self.now() + timeout_s
        asked = kernel.stop.asked
        while kernel.stop.asked == asked:
            kernel.step("turn")
            if kernel.steps >= (kernel.fate.visitor_at or kernel.steps + 1):
                kernel.fate.visitor_at = None
                kernel.visit()
            if not self.events or (deadline is not None and self.events[0][0] > deadline):
                assert deadline is not None, "The delivery waits for an answer nobody will give."
                kernel.world.now = max(self.now(), deadline)
                return []
            at, _, (number, request, outcome) = heapq.heappop(self.events)
            kernel.world.now = max(self.now(), at)
            if outcome is not None:
                return [(number, outcome)]
            self._start(number, request)
        return []

    def wake(self) -> None:
        """Do nothing: a simulated wait ends by itself."""

    def close(self, timeout_s=None) -> bool:
        """Leave what is under way to itself."""
        self.leave_behind()
        return True

    def leave_behind(self) -> None:
        """Let requests that were handed over reach the service, each perhaps."""
        self.kernel.is_dead, was_dead = False, self.kernel.is_dead
        self.kernel.fate = Fate()
        for _, _, (_, request, outcome) in sorted(self.events, key=lambda event: event[:2]):
            if outcome is None and self.kernel.world.happens(1 / 2):
                self.call(request)
        self.events.clear()
        self.kernel.is_dead = was_dead

    def _start(self, number, request) -> None:
        """Make the call now; its outcome comes when it has taken its time."""
        network = self.kernel.network
        network.elapsed_s = 0.0
        outcome = self.call(request)
        self._at(self.now() + network.elapsed_s, (number, request, outcome))

    def _at(self, when, what) -> None:
        """Put an event on the heap; equal times keep their order."""
        self.number += 1
        heapq.heappush(self.events, (when, self.number, what))
