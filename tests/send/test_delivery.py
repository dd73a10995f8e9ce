"""The loop that claims, posts and settles, with workers that answers by script on its own clock."""

from __future__ import annotations

import itertools
import math

import pytest
from desk import (
    ACCEPTED,
    BAD_CONTACT,
    BAD_RUN,
    BUSY,
    LOST,
    UNREACHABLE,
    Desk,
    deliver,
    posts,
    rows_of,
    scripted,
)

from smsframe._acoustic.outcomes import Outcome
from smsframe._base.send_settings import SendSettings
from smsframe._base.worker_pool import Backoff
from smsframe._send.delivery import LOST_IN_A_ROW, REFUSED_IN_A_ROW, Stop
from smsframe.errors import JournalError


def test_delivery__all_accepted():
    """The first batch goes alone, then as many as allowed, each claimed before it is posted."""
    desk, delivery = deliver(scripted(), max_in_flight=3)
    assert desk.story[:3] == [("claim", 1), ("post", 1), ("claim", 3)]
    assert desk.most_in_flight == 3
    assert set(desk.settled.values()) == {"accepted"}
    assert set(desk.states.values()) == {"accepted"}
    assert len(desk.settled) == 40
    assert delivery.ending is None


@pytest.mark.parametrize("refusal", [BAD_RUN, UNREACHABLE, BUSY], ids=lambda o: o.kind)
def test_delivery__stops_when_the_first_is_refused(refusal):
    """What is wrong for all costs one batch, and nothing else is claimed."""
    desk, delivery = deliver(scripted(then=refusal))
    assert set(desk.states) == {"run:1"}
    assert desk.states["run:1"] == "rejected"
    assert delivery.ending.kind == "stopped"
    assert delivery.ending.code == refusal.code
    assert refusal.message in delivery.ending.sentence
    verdict = "rejected" if refusal is BAD_RUN else "not_attempted"
    assert desk.settled == dict.fromkeys(range(4), verdict)


def test_delivery__gives_up_connecting_after_its_attempts():
    """A batch without a connection is tried so often, with longer and longer waits between."""
    backoff = Backoff(first_wait_s=1.0, chance=lambda: 0.0)
    settings = SendSettings(connect_attempts=4, backoff=backoff)
    desk, _ = deliver(scripted(then=UNREACHABLE), settings=settings)
    assert posts(desk) == 4
    assert desk.clock == 100 + 4 + (1 + 2 + 4)


def test_delivery__gives_up_being_busy_after_its_time():
    """A batch refused for being too many is repeated for as long as patience says."""
    backoff = Backoff(longest_wait_s=10.0, chance=lambda: 0.0)
    settings = SendSettings(busy_s=60.0, backoff=backoff)
    desk, delivery = deliver(scripted(then=BUSY), settings=settings)
    assert 160 < desk.clock < 175
    assert delivery.ending.code == "busy"


def test_delivery__repeats_what_was_not_processed():
    """Busy and unreachable batches are repeated under their claim, and accepted in the end."""
    desk, delivery = deliver(scripted(ACCEPTED, BUSY, UNREACHABLE, BUSY), max_in_flight=3)
    assert set(desk.settled.values()) == {"accepted"}
    assert len(desk.states) == 10
    assert posts(desk) == 13
    assert delivery.ending is None


@pytest.mark.parametrize("asked_s", [7.0, 0.0])
def test_delivery__retry_after(asked_s):
    """The service says how long to wait; a shorter wait than ours does not hurry us."""
    busy = Outcome(kind="busy", code="busy", retry_after_s=asked_s)
    desk, _ = deliver(scripted(busy), rows=4)
    assert desk.clock == 100 + 2 + max(asked_s, 0.5)


@pytest.mark.parametrize(
    ("asked_s", "told"),
    [
        pytest.param(3600.0, "60 minutes, until 1970-01-01 01:01 UTC", id="an-hour"),
        pytest.param(7 * 86400.0, "7 days, until 1970-01-08 00:01 UTC", id="a-week"),
        pytest.param(1e300, " days; run it again", id="beyond-the-calendar"),
        pytest.param(601.0, "11 minutes, until", id="just-beyond-the-patience"),
    ],
)
@pytest.mark.parametrize("kind", ["busy", "no_connection"])
def test_delivery__retry_after_beyond_the_patience(kind, asked_s, told):
    """A wait longer than there is patience for is not begun; the sentence has the time."""
    outcome = Outcome(kind=kind, code=kind, message="No.", retry_after_s=asked_s)
    desk, delivery = deliver(scripted(ACCEPTED, outcome), rows=12)
    assert desk.clock < 120
    assert (delivery.ending.kind, delivery.ending.code) == ("stopped", kind)
    assert told in delivery.ending.sentence
    assert "unknown" not in desk.settled.values()


def test_delivery__window_narrows_and_widens():
    """A refusal halves the calls in flight; each acceptance lets one more fly."""
    flown = []

    def answer(request):
        flown.append(len(desk.flying) + 1)
        return BUSY if len(flown) == 8 else ACCEPTED

    desk = Desk(answer)
    deliver(None, desk=desk, rows=160, max_in_flight=8)
    assert flown[0] == 1
    assert flown[1:8] == [8] * 7
    assert min(flown[8:16]) <= 6
    assert flown[20:30] == [8] * 10


def test_delivery__one_batch_in_ten_is_claimed_ahead():
    """With ten in flight the next batch is claimed already; it is posted before more is synced."""
    desk = Desk(scripted())
    waiting = []

    def record(claims, settlements):
        desk.record(claims, settlements)
        waiting.append(list(desk.states.values()).count("claimed") - len(desk.flying))

    deliver(None, desk=desk, rows=160, record=record)
    assert desk.most_in_flight == 10
    assert desk.story[:15] == [
        *[("claim", 1), ("post", 1), ("claim", 11)],
        *[("post", number) for number in range(2, 12)],
        *[("post", 12), ("claim", 1)],
    ]
    assert max(waiting[2:]) == 1
    assert set(desk.states.values()) == {"accepted"}
    assert len(desk.states) == 40


@pytest.mark.parametrize("trouble", [LOST, BUSY], ids=lambda outcome: outcome.kind)
def test_delivery__nothing_is_claimed_ahead_in_a_narrowed_window(trouble):
    """When something is wrong, what is claimed ahead goes next, and nothing more is."""
    claimed_ahead = []

    def answer(_):
        claimed = list(desk.states.values()).count("claimed")
        claimed_ahead.append(claimed - len(desk.flying) - 1)
        return trouble if len(claimed_ahead) == 8 else ACCEPTED

    desk = Desk(answer)
    deliver(None, desk=desk, rows=160)
    assert claimed_ahead[2:8] == [1] * 6
    assert min(claimed_ahead[8:20]) == 0
    assert len(desk.settled) == 160


def test_delivery__stop_gives_back_what_is_claimed_ahead():
    """A stop settles the batch that was claimed ahead as not processed."""
    stop, calls = Stop(), itertools.count(1)

    def answer(_):
        stop.asked += next(calls) == 5
        return ACCEPTED

    desk, _ = deliver(answer, stop=stop, rows=160)
    assert list(desk.states.values()) == ["accepted"] * 14 + ["rejected"]
    assert list(desk.settled.values()).count("not_attempted") == 4


def test_delivery__lost_answers_are_never_repeated():
    """A lost answer is unknown at once, and the next batch goes alone."""
    desk, delivery = deliver(scripted(ACCEPTED, LOST), max_in_flight=4)
    assert list(desk.settled.values()).count("unknown") == 4
    assert posts(desk) == 10
    assert delivery.ending is None


def test_delivery__stops_when_answers_keep_getting_lost():
    """After so many lost answers in a row nothing more is risked."""
    desk, delivery = deliver(scripted(then=LOST))
    assert posts(desk) == LOST_IN_A_ROW
    assert desk.most_in_flight == 1
    assert delivery.ending.code == "answers_lost"
    assert list(desk.states.values()) == ["unknown"] * LOST_IN_A_ROW


@pytest.mark.parametrize("bad", [0, 1, 499, 500, 777, 999])
def test_delivery__halves_until_the_bad_row_stands_alone(bad):
    """One bad contact in a thousand is rejected alone, for 2·log2(1000)+2 extra calls at most."""
    desk, delivery = deliver(
        lambda request: BAD_CONTACT if bad in rows_of(request) else ACCEPTED, rows=1000, batch=1000
    )
    verdicts = [desk.settled[row] for row in range(1000)]
    assert verdicts[bad] == "rejected"
    assert verdicts.count("accepted") == 999
    assert posts(desk) - 1 <= 2 * math.log2(1000) + 2
    assert delivery.ending is None


def test_delivery__several_bad_rows():
    """Bad contacts in several batches: they alone are rejected, and nobody is called twice."""
    bad, reached = {3, 4, 17, 39}, []

    def answer(request):
        rows = rows_of(request)
        if bad & set(rows):
            return BAD_CONTACT
        reached.extend(rows)
        return ACCEPTED

    desk, _ = deliver(answer, batch=8)
    assert {row for row, verdict in desk.settled.items() if verdict == "rejected"} == bad
    assert sorted(reached) == sorted(set(range(40)) - bad)


def test_delivery__stops_when_every_contact_is_refused():
    """A refusal that strikes one contact after another is not about contacts."""
    desk, delivery = deliver(scripted(then=BAD_CONTACT), rows=1000, batch=1000)
    assert list(desk.settled.values()).count("rejected") == REFUSED_IN_A_ROW
    assert delivery.ending.kind == "stopped"


def test_delivery__stops_when_contacts_are_refused_from_some_moment_on():
    """The same after an acceptance: a quota that is used up is not halved for ever."""
    desk, delivery = deliver(
        scripted(ACCEPTED, then=BAD_CONTACT), rows=20_000, batch=1000, max_in_flight=10
    )
    assert list(desk.settled.values()).count("rejected") >= REFUSED_IN_A_ROW
    assert posts(desk) < 20 + 10 * REFUSED_IN_A_ROW
    assert delivery.ending.kind == "stopped"


def test_delivery__refused_contacts_among_accepted_ones_do_not_stop():
    """An acceptance in between begins the count anew."""
    desk, delivery = deliver(
        lambda request: BAD_CONTACT if any(row % 3 == 0 for row in rows_of(request)) else ACCEPTED,
        rows=900,
        batch=300,
    )
    assert list(desk.settled.values()).count("rejected") == 300
    assert delivery.ending is None


@pytest.mark.parametrize("at", [1, 2, 5])
def test_delivery__stop(at):
    """A stop claims nothing new; what is in flight is waited for and settled."""
    stop, calls = Stop(), itertools.count(1)

    def answer(_):
        stop.asked += next(calls) == at
        return ACCEPTED

    desk, delivery = deliver(answer, stop=stop, max_in_flight=3)
    claimed = len(desk.states)
    assert claimed == {1: 1, 2: 4, 5: 7}[at]
    assert set(desk.states.values()) == {"accepted"}
    assert delivery.ending.kind == "interrupted"
    assert not delivery.left_behind


def test_delivery__second_stop():
    """A second stop gives up waiting: what is in flight is unknown."""
    stop, calls = Stop(), itertools.count(1)

    def answer(_):
        stop.asked += 2 * (next(calls) == 2)
        return ACCEPTED

    desk, delivery = deliver(answer, stop=stop, max_in_flight=3)
    assert list(desk.states.values()) == ["accepted", "accepted", "unknown", "unknown"]
    assert delivery.left_behind


def test_delivery__stop_while_waiting_to_repeat():
    """A batch that waits for its next attempt was not processed, and is settled so."""
    stop = Stop()

    def answer(_):
        stop.asked += 1
        return BUSY

    desk, _ = deliver(answer, stop=stop)
    assert desk.states == {"run:1": "rejected"}
    assert set(desk.settled.values()) == {"not_attempted"}


def test_delivery__journal_fails_at_once():
    """Without a recorded claim nothing is posted."""
    desk = Desk(scripted())
    desk.journal_fails = lambda: True
    _, delivery = deliver(None, desk=desk)
    assert desk.story == []
    assert isinstance(delivery.failure, JournalError)
    assert delivery.ending.code == "journal_failed"


def test_delivery__journal_fails_in_mid_run():
    """What is in flight is waited for and told; nothing new is posted."""
    desk = Desk(scripted())
    desk.journal_fails = lambda: len(desk.settled) > 4
    _, delivery = deliver(None, desk=desk, max_in_flight=3)
    assert posts(desk) == 4
    assert list(desk.settled.values()) == ["accepted"] * 16
    assert isinstance(delivery.failure, JournalError)


def test_delivery__journal_recovers():
    """Settlements that could not be recorded at first are recorded when it is possible again."""
    desk, fails = Desk(scripted()), iter([False, False, True])
    desk.journal_fails = lambda: next(fails, False)
    _, delivery = deliver(None, desk=desk, max_in_flight=3)
    assert isinstance(delivery.failure, JournalError)
    assert set(desk.states.values()) == {"accepted"}


@pytest.mark.parametrize("what", ["settled", "prepare", "submit"])
def test_delivery__fault_of_our_own(what, monkeypatch):
    """A fault outside the network is raised when what was in flight is settled."""
    desk, calls = Desk(scripted()), itertools.count(1)
    sound = desk.settle if what == "settled" else getattr(desk, what)

    def faulty(*given):
        if next(calls) == 3:
            raise ZeroDivisionError
        return sound(*given)

    monkeypatch.setattr(desk, "settle" if what == "settled" else what, faulty, raising=True)
    with pytest.raises(ZeroDivisionError):
        deliver(None, desk=desk, max_in_flight=3, settled=desk.settle)
    assert desk.flying == []
    assert set(desk.states.values()) <= {"accepted", "rejected"}
    assert "accepted" in desk.states.values()


def test_delivery__torn_away():
    """Somebody who wants out at once leaves what is in flight unknown, and recorded so."""
    calls = itertools.count(1)

    def answer(_):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return ACCEPTED

    desk = Desk(answer)
    with pytest.raises(KeyboardInterrupt):
        deliver(None, desk=desk, max_in_flight=3)
    assert list(desk.states.values()) == ["accepted", "unknown", "unknown", "unknown"]


def test_backoff__waits():
    """Waits double up to the longest, plus up to a quarter by chance, and never overflow."""
    sure, lucky = Backoff(chance=lambda: 0.0), Backoff(chance=lambda: 1.0)
    assert [sure.wait_s(n, None) for n in (1, 2, 3, 7, 5000)] == [0.5, 1.0, 2.0, 30.0, 30.0]
    assert lucky.wait_s(1, None) == 0.625


def test_fault__a_second_one_ends_the_run_at_once():
    """A loop that fails while it ends in good order does not go on failing for ever."""
    desk = Desk(scripted())

    def finished(timeout_s):
        desk.story.append("asked")
        raise RuntimeError("nobody answers")

    desk.finished = finished
    with pytest.raises(RuntimeError, match="nobody answers"):
        deliver(None, desk=desk)
    assert desk.story.count("asked") == 2
    assert set(desk.states.values()) == {"unknown"}
    assert desk.settled[0] == "unknown"


def test_answer__of_a_call_that_was_given_up():
    """An answer that comes when nobody waits for it any more changes nothing."""
    desk = Desk(scripted())
    real = desk.finished
    desk.finished = lambda timeout_s: [(99, LOST), *real(timeout_s)]
    deliver(None, desk=desk)
    assert set(desk.settled.values()) == {"accepted"}
