"""One seed: a few sends of changing frames in bad weather, then three in good weather.

After every send the table is held against the outbox of the service:

- nobody has a message more often than was asked for;
- every row has a status, on the index of the frame;
- every ``accepted`` row is in the outbox, under its response id;
- every row that is in the outbox is ``accepted`` or ``unknown`` (or repeats a row that is).

Those in good weather leave nothing but ``accepted``, ``invalid``, ``duplicate``, ``unknown`` and
what a named campaign holds back; all but the first make no call and equal it.
"""

from __future__ import annotations

import functools
import random
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace

import pandas as pd
from samples import fictional_phones
from simulation.kernel import NOT_PROCESSED, PROCESSED_THEN, Fate, Kernel, Weather
from simulation.world import CrashError, World

import smsframe
from smsframe._send import run
from smsframe.errors import CampaignBusyError, JournalError

PHONES = fictional_phones(12)
TEXT = "Hi %%Name%%, order %%Order%% has shipped."
VISITOR, VISITORS_TEXT = "the visitor's", "Dear %%Name%%: %%Order%% can be picked up at our shop."
FAULTS = PROCESSED_THEN + NOT_PROCESSED
DONE = {"accepted", "invalid", "duplicate", "unknown"}

FRAMES = {
    "all": [(p, 0) for p in range(12)],
    "reversed": [(p, 0) for p in reversed(range(12))],
    "first half": [(p, 0) for p in range(6)],
    "odd": [(p, 0) for p in range(1, 12, 2)],
    "with an invalid row": [(0, 0), (1, 0), (None, 0), (2, 0), (7, 0)],
    "two orders": [(p, 0) for p in range(8)] + [(p, 1) for p in range(4)],
    "equal rows": [(0, 0), (1, 0), (0, 0), (2, 0), (0, 0), (3, 0), (4, 0), (3, 0), (8, 0)],
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One send: which frame and which options; a value that is corrected is another version."""

    frame: str
    campaign: str | None = None
    version: int = 0
    limit: int | None = None
    resend: bool = False
    duplicates: str = "skip"


@functools.cache
def frame_of(name: str, version: int) -> pd.DataFrame:
    """Make a frame; its index repeats, and has nothing to do with the order of its rows."""
    rows = FRAMES[name]
    return pd.DataFrame(
        {
            "mobile": [PHONES[p] if p is not None else "n/a" for p, _ in rows],
            "Name": [f"Name{p}" for p, _ in rows],
            "Order": [f"{order}v{version}" for _, order in rows],
        },
        index=[n // 2 for n in range(len(rows))],
    )


@functools.cache
def plan_of(call: Call) -> smsframe.Plan:
    """Make the plan of a call; plans are frozen, so one serves all stories."""
    return smsframe.plan(
        frame_of(call.frame, call.version),
        VISITORS_TEXT if call.campaign == VISITOR else TEXT,
        program="148372",
        phone="mobile",
        campaign=call.campaign,
        limit=call.limit,
        resend_unknown=call.resend,
        duplicates=call.duplicates,
    )


@dataclass(kw_only=True)
class Judge:
    """Keeps what was asked for, and holds tables and outbox against it."""

    world: World
    asked: Counter = field(default_factory=Counter)
    resent: Counter = field(default_factory=Counter)
    reported: Counter = field(default_factory=Counter)
    repeats: Counter = field(default_factory=Counter)

    def expect(self, call: Call) -> None:
        """Note what a send may send: each message once, repeats and resends as far as asked for."""
        rows = Counter(_messages(call))
        if call.duplicates == "send":
            for message, times in rows.items():
                key = (call.campaign, *message)
                self.repeats[key] = max(self.repeats[key], times)
        for who, times in self._by_identity(call, rows).items():
            self.asked[who] = max(self.asked[who], times)
            if call.resend:
                self.resent[who] += max(0, times - self.reported[who])

    def _by_identity(self, call: Call, rows: Counter) -> Counter:
        """Count wanted messages: of a message, or in a named campaign of a person."""
        wanted = Counter()
        for message, times in rows.items():
            count = times if call.duplicates == "send" else 1
            wanted[self._identity(call, message)] += count
        return wanted

    def _identity(self, call: Call, message: tuple[str, str, str]) -> tuple:
        """Name what may go out once."""
        return (call.campaign, message[0]) if call.campaign else (None, *message)

    def check_outbox(self) -> None:
        """Nobody got more than was asked for."""
        got = Counter()
        campaigns = self.world.campaigns
        for message in self.world.service.outbox:
            values = dict(message.personalization)
            named = campaigns[message.source.split(":")[1]]
            to = (message.to, values["Name"], values["Order"])
            got[(named, message.to) if named else (None, *to)] += 1
        for who, times in got.items():
            most = self.asked[who] + self.resent[who]
            assert times <= most, f"{who} got {times} instead of {most} at most"

    def check_table(self, call: Call, table: pd.DataFrame) -> None:
        """Hold a table against the outbox, row by row."""
        frame = frame_of(call.frame, call.version)
        assert table[list(frame.columns)].equals(frame)
        sent, fine, rows = self._outbox_of(call), Counter(), Counter()
        responses = {(m.to, m.personalization, m.response_id) for m in self.world.service.outbox}
        told = [table[name].tolist() for name in ("sms_status", "sms_response_id", "sms_code")]
        for message, status, response_id, code in zip(_rows(call), *told, strict=True):
            if message is None:
                assert status == "invalid"
                continue
            if status == "duplicate":
                continue
            rows[message] += 1
            fine[message] += status in ("accepted", "unknown")
            if status == "accepted":
                values = (("Name", message[1]), ("Order", message[2]))
                assert (message[0], values, response_id) in responses
            else:
                assert isinstance(status, str), "a row without a status"
                assert isinstance(code, str), f"no reason for {status}"
        for message, times in rows.items():
            assert fine[message] >= self._least(call, message, times, sent[message]), (
                f"{message} went out unsaid"
            )

    def _least(self, call: Call, message: tuple[str, str, str], times: int, sent: int) -> int:
        """Count the rows that must say so when so many texts went out.

        Of equal rows, some texts may be of repeats that have left the frame, or second texts to the
        same row that were asked for.
        """
        others = max(0, self.repeats[(call.campaign, *message)] - times)
        again = self.resent[self._identity(call, message)] if times > 1 else 0
        return max(min(times, sent - others - again), min(1, sent - others))

    def _outbox_of(self, call: Call) -> Counter:
        """Count the outbox of a campaign by message."""
        campaigns = self.world.campaigns
        return Counter(
            (m.to, dict(m.personalization)["Name"], dict(m.personalization)["Order"])
            for m in self.world.service.outbox
            if campaigns[m.source.split(":")[1]] == call.campaign
        )

    def learn(self, call: Call, table: pd.DataFrame) -> None:
        """Note what was reported as accepted, and recorded: that is never sent again."""
        accepted = Counter(
            self._identity(call, message)
            for message, status in zip(_rows(call), table["sms_status"], strict=True)
            if status == "accepted"
        )
        for who, times in accepted.items():
            self.reported[who] = max(self.reported[who], times)


@functools.cache
def _rows(call: Call) -> list[tuple[str, str, str] | None]:
    """List the message of each row, None where there is no phone."""
    frame = frame_of(call.frame, call.version)
    return [
        None if row.mobile == "n/a" else (row.mobile[1:], row.Name, row.Order)
        for row in frame.itertuples()
    ]


def _messages(call: Call) -> list[tuple[str, str, str]]:
    """List the messages of the rows that have one."""
    return [message for message in _rows(call) if message is not None]


class Story:
    """One seed from beginning to end."""

    def __init__(self, seed: int, directory, journal=None) -> None:
        self.world = World(seed)
        self.rng = self.world.rng
        self.judge = Judge(world=self.world)
        self.path = journal or directory / f"journal-{seed}.sqlite3"
        self.campaign = self.rng.choice([None, "named"])
        self.batch_size = self.rng.choice([1, 2, 3, 5])
        self.max_in_flight = self.rng.choice([1, 2, 4, 10])

    def tell(self) -> list[str]:
        """Send a few times in bad weather, then in good weather; returns what happened."""
        try:
            call = self._any_call()
            for _ in range(self.rng.randint(1, 4)):
                self._send(call, weather=self._bad_weather(), fate=self._fate())
                if self.rng.random() < 1 / 2:
                    call = self._any_call()
            self._end_well(replace(call, limit=None))
        finally:
            self.world.disk.close()
        return self.world.trace

    def _any_call(self) -> Call:
        """Choose a call."""
        rng = self.rng
        return Call(
            frame=rng.choice(list(FRAMES)),
            campaign=self.campaign,
            version=rng.choice([0, 0, 1]),
            limit=rng.choice([None, None, None, 3]),
            resend=rng.random() < 1 / 8,
            duplicates=rng.choice(["skip", "skip", "send"]),
        )

    def _bad_weather(self) -> Weather:
        """Choose how bad it is."""
        rng = self.rng
        self.world.service.is_active = rng.random() > 1 / 20
        bad = rng.sample(PHONES, k=rng.choice([0, 0, 0, 1, 3]))
        self.world.service.refused_contacts = frozenset(phone[1:] for phone in bad)
        return Weather(
            network=rng.choice([0, 0.1, 0.3, 0.8]),
            expiry=rng.choice([0, 0.1, 0.5]),
            disk=rng.choice([0, 0, 0, 0.05, 0.2]),
        )

    def _fate(self) -> Fate:
        """Choose when the process dies, is interrupted or has company."""
        rng = self.rng
        first = rng.randint(1, 60)
        interrupts = rng.choice([(), (), (), (first,), (first, first + rng.randint(1, 4))])
        return Fate(
            crash_at=rng.randint(1, 80) if rng.random() < 1 / 2 else None,
            interrupts_at=interrupts,
            visitor_at=rng.randint(1, 40) if rng.random() < 1 / 4 else None,
        )

    def _end_well(self, call: Call) -> None:
        """Bring everything to an end, in good weather."""
        self.world.service.is_active, self.world.service.refused_contacts = True, frozenset()
        self._send(call)
        posts, call = self.world.service.posts, replace(call, resend=False)
        second, third = self._send(call), self._send(call)
        assert self.world.service.posts == posts, "nothing was left to send, and a call was made"
        pd.testing.assert_frame_equal(second, third)
        left = third[~third["sms_status"].isin(DONE)]
        assert (left["sms_code"] == "already_in_campaign").all(), left["sms_code"].unique()

    def _send(self, call: Call, *, weather=None, fate=None) -> pd.DataFrame | None:
        """Send in a new process, and check everything that can be known then."""
        kernel = Kernel(
            self.world,
            self.path,
            weather=weather,
            fate=fate,
            max_in_flight=self.max_in_flight,
        )
        kernel.visit = lambda: self._visit(call)
        self.world.note(call, kernel.weather, kernel.fate)
        self.judge.expect(call)
        table = self._outcome(kernel, call)
        self.judge.check_outbox()
        if table is not None:
            self.judge.check_table(call, table)
            if self.is_recorded:
                self.judge.learn(call, table)
            for name in ("sms_status", "sms_code", "sms_batch"):
                self.world.note(*table[name].astype("object").fillna("-"))
        return table

    def _outcome(self, kernel: Kernel, call: Call) -> pd.DataFrame | None:
        """Run the send; None when the process died or nothing was begun."""
        run._last.clear()
        self.is_recorded = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return kernel.send(plan_of(call), batch_size=self.batch_size)
            except CrashError:
                kernel.workers.leave_behind()
                cut = self.rng.random() < 1 / 2
                self.world.note("power cut" if cut else "killed")
                self.world.disk.restart(cut=cut)
                return None
            except (JournalError, KeyboardInterrupt) as error:
                self.world.note(type(error).__name__)
                self.is_recorded = isinstance(error, KeyboardInterrupt)
        return run.last_results()

    def _visit(self, call: Call) -> None:
        """Another kernel comes while this one sends: of the same campaign or of another."""
        last, posts = run.last_results(), self.world.service.posts
        if self.rng.random() < 1 / 2:
            visitor = Kernel(self.world, self.path)
            try:
                visitor.send(plan_of(call), batch_size=self.batch_size)
            except CampaignBusyError:
                assert self.world.service.posts == posts
            else:
                raise AssertionError("two kernels send one campaign at a time")
        else:
            self._send(Call(frame="odd", campaign=VISITOR))
        run._last[:] = [] if last is None else [last]


def tell(seed: int, directory, journal=None) -> list[str]:
    """Tell the story of a seed; a failure names it and the last things that happened.

    ``journal`` is the address of an empty team's journal, where it is not told of a file.
    """
    story = Story(seed, directory, journal)
    try:
        return story.tell()
    except AssertionError as error:
        lately = "\n".join(story.world.trace[-40:])
        raise AssertionError(f"seed {seed}: {error}\n{lately}") from error


def seeds(first: int, count: int) -> list[int]:
    """List seeds."""
    return random.Random(first).sample(range(10**9), count)
