"""One sender per campaign among machines: who takes a lease, who loses it, and what that makes."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
import time

import pytest

import smsframe
from smsframe._journal.holder import Holder
from smsframe._journal.location import journal_path
from smsframe._journal.opening import open_journal
from smsframe._journal.postgres.database import WRITING_IN_LINE
from smsframe._journal.postgres.lease import Lease
from smsframe._journal.records import Claim, RunRecord, Settlement
from smsframe.errors import CampaignBusyError, JournalError

SCOPE, OTHER = b"s" * 16, b"o" * 16


def start(journal, run_id, scope=SCOPE):
    """Start a run."""
    journal.start_run(
        RunRecord(run_id=run_id, scope=scope, service="s", program="1", rows=9, started_at=1.0)
    )


def claim(run_id, number=1, scope=SCOPE):
    """Return the claim of a batch of two."""
    name = f"{run_id}:{number:04d}"
    return Claim(batch_id=name, run_id=run_id, scope=scope, keys=bytes(32), size=2, claimed_at=2.0)


def accepted(run_id, number=1):
    """Return the settlement of a batch."""
    name = f"{run_id}:{number:04d}"
    return Settlement(batch_id=name, state="accepted", http_status=202, settled_at=3.0)


def pretend(address, journals, **changes):
    """Have the lease of the campaign held by another process, as if of another machine."""
    holder = dataclasses.replace(Holder.here(), **changes)
    with journals()._writing(moved_too=True) as db:
        db.execute("UPDATE leases SET holder = ?", (holder.written(),))


def test_sending__one_at_a_time(journals):
    """A second sender is told who sends, how far that is and for how long, and may wait."""
    first, second = journals(), journals()
    with first.sending(SCOPE, service="s"):
        start(first, "run")
        first.record(claims=[claim("run")])
        with pytest.raises(CampaignBusyError, match="this very process") as caught:
            second.sending(SCOPE).__enter__()
        assert "2 messages so far, run run" in str(caught.value)
        assert "wait_s=600" in str(caught.value)
        assert caught.value.details["pid"] == os.getpid()
        assert 80 < caught.value.details["ends_in_s"] <= 90
        with second.sending(OTHER):
            pass
    with second.sending(SCOPE):
        pass


def test_runs__say_who_sends_now(journals, team, send, crowd):
    """A run whose sender holds its lease is being sent; one whose sender has died is not ended."""
    run_id = send(crowd.head(3), team).attrs["smsframe"]["run"]
    journal = journals()
    journal._team.execute("UPDATE runs SET ending = ''")  # as before it ended
    with journal.sending(SCOPE):
        journal._leases[SCOPE].note_run(journal._team, run_id)
        listed = smsframe.runs(journal=team)
        assert listed.loc[run_id, ["ending", "accepted"]].tolist() == ["sending", 3]
        ends_at = smsframe.runs(full=True, journal=team).loc[run_id, "lease_ends_at"]
        assert 60 < ends_at.timestamp() - time.time() <= 91
        sender = journals().sender_of(SCOPE)
        assert (sender.run_id, sender.messages) == (run_id, 3)
        assert str(os.getpid()) in sender.who
        assert 60 < sender.ends_in_s <= 90
    listed = smsframe.runs(full=True, journal=team)
    assert listed["ending"].tolist() == ["not ended"]
    assert listed["lease_ends_at"].isna().all()
    assert journal.sender_of(SCOPE) is None


def test_sending__waits_for_another(journals):
    """Whoever waits has the lease as soon as it is given back."""
    first, second = journals(), journals()
    holding = first.sending(SCOPE)  # it would end with its last reference
    holding.__enter__()
    began = time.monotonic()

    def give_back():
        time.sleep(0.5)
        with open_journal(first.address) as other:
            other._team.execute("UPDATE leases SET expires_at = clock_timestamp()")

    thread = threading.Thread(target=give_back)
    thread.start()
    with second.sending(SCOPE, wait_s=20):
        assert 0.4 < time.monotonic() - began < 10
    thread.join(timeout=10)
    with pytest.raises(JournalError, match="taken over"):
        start(first, "too late")


def test_sending__waits_for_a_database_that_is_away_meanwhile(journals, proxied):
    """A restart of the database ends no wait for another sender; without one it is told at once."""
    proxy, url = proxied
    first = journals()
    with open_journal(journal_path(url)) as second:
        with first.sending(SCOPE):
            threading.Timer(0.3, proxy.cut).start()
            threading.Timer(0.3, setattr, (proxy, "is_open", False)).start()
            threading.Timer(1.5, setattr, (proxy, "is_open", True)).start()
            with pytest.raises(CampaignBusyError), second.sending(SCOPE, wait_s=4):
                pass
            assert proxy.is_open
        proxy.is_open = False
        proxy.cut()
        with pytest.raises(JournalError, match="Nothing of it is lost"), second.sending(SCOPE):
            pass


def test_sending__of_a_dead_process_of_this_machine_is_taken_at_once(journals, address):
    """A restarted kernel never waits for itself: number and start of the process are gone."""
    first, second = journals(), journals()
    holding = first.sending(SCOPE)  # it would end with its last reference
    holding.__enter__()
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True, timeout=60, check=True)  # fmt: skip
    pretend(address, journals, pid=int(done.stdout), start="1")
    began = time.monotonic()
    with second.sending(SCOPE):
        assert time.monotonic() - began < 20  # not the 90 s of the lease
        (epoch,) = second._team.execute("SELECT epoch FROM leases").fetchone()
        assert epoch == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"pid": 1, "start": "another"}, id="number given out again"),
        pytest.param({"pid": 999_999_999}, id="no such number"),
    ],
)
def test_holder__of_this_machine_is_dead(change):
    """A process is known by its number and its start."""
    assert dataclasses.replace(Holder.here(), **change).is_dead()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="this one"),
        pytest.param({"boot": "another", "pid": 999_999_999}, id="another machine"),
        pytest.param({"namespace": "pid:[1]", "pid": 999_999_999}, id="another container"),
    ],
)
def test_holder__that_may_live_is_not_dead(change):
    """Nothing is known of a process elsewhere but when its lease ends."""
    assert not dataclasses.replace(Holder.here(), **change).is_dead()


def test_holder__is_read_back():
    """What is written is read, and what is no holder is none."""
    here = Holder.here()
    assert Holder.read(here.written()) == here
    assert Holder.read(json.dumps({"pid": 3})) is None


def test_sending__of_another_machine_ends_with_its_time(journals, address):
    """A sender elsewhere that says nothing any more holds a campaign for the lease's time."""
    first, second = journals(), journals()
    with first.sending(SCOPE, lease_s=1.5):
        first._leases[SCOPE]._ended.set()  # nothing renews it any more
        pretend(address, journals, boot="another")
        with pytest.raises(CampaignBusyError):
            second.sending(SCOPE).__enter__()
        with second.sending(SCOPE, wait_s=10):
            pass


def test_sending__is_renewed_while_nothing_is_claimed(journals):
    """Whatever a sender waits for, its lease does not end."""
    first, second = journals(), journals()
    with first.sending(SCOPE, lease_s=1.0):
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            with pytest.raises(CampaignBusyError):
                second.sending(SCOPE).__enter__()
            time.sleep(0.1)
        start(first, "run")


def test_superseded__claims_nothing_and_settles_what_it_had(journals, address):
    """Who slept through the lease stops; what was under way is recorded, and counts."""
    first, second = journals(), journals()
    with first.sending(SCOPE):
        start(first, "slept")
        first.record(claims=[claim("slept"), claim("slept", 2)])
        pretend(address, journals, boot="another")
        second._team.execute("UPDATE leases SET expires_at = clock_timestamp()")
        with second.sending(SCOPE):
            assert second.mark_orphans_unknown(SCOPE) == 2
            start(second, "next")
            with pytest.raises(JournalError, match="taken over") as caught:
                first.record(claims=[claim("slept", 3)], settlements=[accepted("slept")])
            assert caught.value.details["superseded"]
            assert not caught.value.details.get("locked")
            assert second.counts("slept") == {
                "claimed": 0,
                "accepted": 0,
                "rejected": 0,
                "unknown": 4,
            }
            first.record(settlements=[accepted("slept")])
            first.end_run("slept", 9.0, "failed")
            assert second.counts("slept") == {
                "claimed": 0,
                "accepted": 2,
                "rejected": 0,
                "unknown": 2,
            }
            second.record(claims=[claim("next")])


def test_late_answer__does_not_undo_what_a_person_said(journals):
    """What was resolved meanwhile stays, and the contradiction is told."""
    journal = journals()
    with journal.sending(SCOPE):
        start(journal, "run")
        journal.record(claims=[claim("run")])
        journal.mark_orphans_unknown(SCOPE)
        journal.set_states("run:0001", None, state="rejected", code="resolved", message="", at=5.0)
        with pytest.raises(JournalError, match="already rejected"):
            journal.record(settlements=[accepted("run")])


def test_claim__needs_a_lease(journals):
    """Nothing is claimed without the right to send."""
    journal = journals()
    with journal.sending(SCOPE):
        start(journal, "run")
    with pytest.raises(JournalError, match="no lease"):
        journal.record(claims=[claim("run")])


@pytest.mark.parametrize("default", ["read committed", "repeatable read", "serializable"])
def test_claims__stand_in_line(postgres, address, journals, default):
    """Numbers of batches are given in the order in which they are seen, whatever the default."""
    with postgres.connect() as db:
        database = str(address).rpartition("/")[2]
        db.execute(f"ALTER DATABASE {database} SET default_transaction_isolation = '{default}'")
    first, second = journals(), journals()
    with first.sending(SCOPE), second.sending(OTHER):
        start(first, "a")
        start(second, "b", OTHER)
        first._begun(first._team, WRITING_IN_LINE, ())
        first._claim(first._team, claim("a"))
        seen = []

        def later():
            with open_journal(first.address) as third, third._writing():
                seen.append(third.newest_batch())

        thread = threading.Thread(target=later)
        thread.start()
        time.sleep(0.3)
        assert seen == []
        first._team.commit()
        thread.join(timeout=15)
        assert seen == [1]


def test_parts__of_the_places_in_flight(journals):
    """Senders of one service share its ten places; those of another one have their own."""
    first, second, third = journals(), journals(), journals()
    with first.sending(SCOPE, service="s"):
        assert first.part_of(10) == 10
        with second.sending(OTHER, service="s"), third.sending(b"t" * 16, service="other"):
            assert {first.part_of(10), second.part_of(10)} == {5}
            assert third.part_of(10) == 10
        assert first.part_of(10) == 10


def test_fork__holds_nothing(journals):
    """A forked child neither ends the lease of its parent nor uses its connection."""
    journal = journals()
    with journal.sending(SCOPE):
        start(journal, "run")
        child = os.fork()
        if not child:
            try:
                journal.close()
                journal.record(claims=[claim("run")])
            except JournalError:
                os._exit(7)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 7
        journal.record(claims=[claim("run")])


def test_call__does_not_leave_when_the_lease_may_have_ended(send, team, crowd, texts, monkeypatch):
    """What was claimed stays here when somebody else may have taken over; again sends the rest."""
    with monkeypatch.context() as patch:
        patch.setattr(Lease, "is_surely_ours", lambda _: False)
        with pytest.warns(smsframe.IncompleteSendWarning):
            done = send(crowd, team)
    assert set(done["sms_status"]) == {"not_attempted"}
    assert "lease_ended" in set(done["sms_code"])
    assert len(texts()) == 0
    assert set(send(crowd, team)["sms_status"]) == {"accepted"}
    assert texts().max() == 1


def test_lease__is_surely_ours_for_most_of_its_time(journals):
    """Not any more when it is nearly over, nor when somebody else has it."""
    first, second = journals(), journals()
    with first.sending(SCOPE, lease_s=30.0):
        lease = first._leases[SCOPE]
        assert first.may_post()
        lease.renewed_at -= 28.0
        assert not first.may_post()
        start(first, "run")
        assert first.may_post()
        second._team.execute("UPDATE leases SET token = '\\x00'")
        with pytest.raises(JournalError, match="taken over"):
            first.record(claims=[claim("run")])
        assert not first.may_post()
