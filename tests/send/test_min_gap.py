"""``min_gap=``: nobody who had any message of this address within the gap; who waits says so."""

from __future__ import annotations

import dataclasses
import threading
import warnings

import pandas as pd
import pytest
from samples import QUICK, fictional_phones, make_people
from samples import send as quietly

import smsframe
from smsframe._eligibility.min_gap import GapGuard
from smsframe._journal.store import Journal

HOUR, DAY, NOVEMBER = 3600.0, 86_400.0, 1_793_000_000.0
ONE, OTHER = "The shop in Queen Street opens at nine.", "Ten percent off all shoes until Friday."


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self):
        self.now = NOVEMBER

    def __call__(self):
        """Tell the seconds since 1970."""
        return self.now

    def passes(self, seconds):
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def clock():
    """Return the clock of the client's sends."""
    return Clock()


@pytest.fixture
def send_settings(clock):
    """Send in small batches, by the clock of the test."""
    return dataclasses.replace(QUICK, clock=clock)


def send(frame, text, **options):
    """Send quietly with a gap of a day, under a name of the text's own."""
    given = {"campaign": text[:8], "min_gap": "24h", **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", smsframe.UnknownOutcomeWarning)
        warnings.simplefilter("ignore", smsframe.PlanWarning)  # of several rows to a person
        return quietly(frame, text, **given)


def codes(results):
    """Return the code of each row, or its status where it has none."""
    return results["sms_code"].fillna(results["sms_status"].astype("string")).tolist()


def test_gap__between_campaigns(sandbox, client, clock):
    """Who had another campaign waits, the same call later goes on, and what was accepted stays."""
    first = send(make_people(4), ONE)
    clock.passes(HOUR)
    second = send(make_people(6), OTHER)
    assert codes(second) == ["too_soon"] * 4 + ["accepted"] * 2
    assert second["sms_status"].tolist() == ["not_attempted"] * 4 + ["accepted"] * 2
    clock.passes(DAY - HOUR - 1)
    assert codes(send(make_people(6), OTHER)) == ["too_soon"] * 4 + ["accepted"] * 2
    clock.passes(1)
    third = send(make_people(6), OTHER)
    assert codes(third) == ["accepted"] * 6
    again = send(make_people(4), ONE)
    pd.testing.assert_frame_equal(again, first)
    assert len(sandbox.outbox()) == 10


def test_gap__says_when(client, clock):
    """The sentence names the minute of the last message, and one that is surely late enough."""
    send(make_people(1), ONE)
    (sentence,) = send(make_people(1), OTHER)["sms_error"]
    assert sentence == (
        "This person had a message on 26 October 2026 at 07:33 UTC, and min_gap= keeps 24 hours "
        "between two messages to a person. The same send goes on with this row from 27 October "
        "2026 at 07:34 UTC on."
    )


def test_gap__counts_any_program_and_a_run_without_a_gap(client):
    """Whatever the program was, and whether it had a gap of its own or not."""
    send(make_people(2), ONE, min_gap=None, program="3f0a6c52-8d1e-4b7a-9c35-6e2d41f0b8a7")
    assert codes(send(make_people(3), OTHER)) == ["too_soon"] * 2 + ["accepted"]


def test_gap__not_given_holds_nobody_back(sandbox, client):
    """Without it people get what is sent to them."""
    send(make_people(3), ONE)
    assert codes(send(make_people(3), OTHER, min_gap=None)) == ["accepted"] * 3


def test_gap__within_a_run_is_in_row_order(sandbox, client, clock):
    """Of several rows to a person the first goes, and the others one gap later each."""
    people = make_people(3).iloc[[0, 1, 0, 2, 0]].reset_index(drop=True)
    people["FirstName"] = list("abcde")
    send_all = {"text": "Hi %%FirstName%%, your table is ready.", "campaign": None}
    first = send(people, **send_all)
    assert codes(first) == ["accepted", "accepted", "too_soon", "accepted", "too_soon"]
    assert first["sms_error"][2].startswith("An earlier row of this send goes to this person")
    clock.passes(DAY)
    second = send(people, **send_all)
    assert codes(second) == ["accepted"] * 4 + ["too_soon"]
    assert second["sms_accepted_at"][0] == first["sms_accepted_at"][0]
    clock.passes(DAY)
    assert codes(send(people, **send_all)) == ["accepted"] * 5
    assert sandbox.outbox()["text"].str[3].tolist() == ["a", "b", "d", "c", "e"]


def test_gap__repeats_wait_too(sandbox, client, clock):
    """``duplicates="send"``: the same message as often as it is there, one a gap."""
    people = make_people(1).iloc[[0, 0]].reset_index(drop=True)
    assert codes(send(people, ONE, duplicates="send")) == ["accepted", "too_soon"]
    clock.passes(DAY)
    assert codes(send(people, ONE, duplicates="send")) == ["accepted", "accepted"]


def test_gap__an_earlier_row_that_is_held_back_lets_no_other_go(client):
    """Somebody who had a message gets none of several rows."""
    send(make_people(1), ONE)
    people = make_people(1).iloc[[0, 0]].reset_index(drop=True).assign(FirstName=["a", "b"])
    assert codes(send(people, "%%FirstName%%: " + OTHER)) == ["too_soon"] * 2


def test_gap__a_test_never_counts(sandbox, client):
    """A test is neither held back nor holds others back, and its repeats go out."""
    plan = smsframe.plan(make_people(1), ONE, program="148372", phone="mobile", min_gap="24h")
    for _ in range(2):
        assert plan.send_test(fictional_phones(1)[0], progress=False)["sms_status"][0] == "accepted"
    assert codes(send(make_people(1), OTHER)) == ["accepted"]
    assert plan.send_test(fictional_phones(1)[0], progress=False)["sms_status"][0] == "accepted"
    assert len(sandbox.outbox()) == 4


def test_gap__what_was_refused_does_not_count(sandbox, client):
    """A call that was not processed texted nobody."""
    sandbox.faults.add("status", status=403, on=1)
    refused = quietly_refused(make_people(2), ONE)
    assert refused["sms_status"].tolist() == ["rejected"] * 2
    assert codes(send(make_people(2), OTHER)) == ["accepted"] * 2


def quietly_refused(frame, text):
    """Send what is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", smsframe.IncompleteSendWarning)
        return send(frame, text)


@pytest.fixture
def unknown(sandbox, client):
    """Lose the answer of a send to two people."""
    sandbox.faults.add("drop_after", on=1)
    lost = send(make_people(2), ONE)
    assert lost["sms_status"].tolist() == ["unknown"] * 2
    return lost


def test_gap__what_may_have_gone_out_counts(unknown):
    """An answer that was lost counts as a message, for the same campaign too."""
    assert codes(send(make_people(3), OTHER)) == ["too_soon"] * 2 + ["accepted"]


@pytest.mark.parametrize(("said", "expected"), [("sent", "too_soon"), ("not_sent", "accepted")])
def test_gap__what_was_resolved(unknown, said, expected):
    """What a person has found out counts, either way, and later as well."""
    unknown.sms.resolve(as_=said)
    assert codes(send(make_people(2), OTHER)) == [expected] * 2


def test_gap__resolved_row_by_row(unknown):
    """Of a batch that was resolved in part, each row counts by itself."""
    unknown.sms.resolve([0], as_="not_sent")
    assert codes(send(make_people(2), OTHER)) == ["accepted", "too_soon"]
    unknown.sms.resolve([1], as_="sent")
    assert codes(send(make_people(2), OTHER, campaign="three")) == ["too_soon"] * 2


def test_gap__resent_on_purpose(sandbox, unknown, clock):
    """``resend_unknown`` waits as well, and what is said of the row stays."""
    assert send(make_people(2), ONE, resend_unknown=True)["sms_status"].tolist() == ["unknown"] * 2
    assert len(sandbox.outbox()) == 2
    clock.passes(DAY)
    assert codes(send(make_people(2), ONE, resend_unknown=True)) == ["accepted"] * 2


def test_gap__outlives_forgetting(client, clock):
    """The hashes of numbers stay when texts and numbers are forgotten."""
    send(make_people(2), ONE)
    clock.passes(HOUR)
    assert smsframe.journal.forget("2100-01-01") == 1
    assert codes(send(make_people(3), OTHER)) == ["too_soon"] * 2 + ["accepted"]
    clock.passes(DAY - HOUR)
    assert codes(send(make_people(3), OTHER)) == ["accepted"] * 3


def test_gap__of_another_address_does_not_count(sandbox, client):
    """Another account's people are hashed with another address."""
    send(make_people(2), ONE)
    with smsframe.Sandbox(anyone=True) as other:
        there = smsframe.connect(other, journal=client.journal_path)
        assert codes(send(make_people(2), OTHER, client=there)) == ["accepted"] * 2


def test_gap__with_a_limit(sandbox, client):
    """The limit counts from the top of the table; who waits there keeps their place."""
    send(make_people(2), ONE)
    assert codes(send(make_people(5), OTHER, limit=3)) == [
        *["too_soon"] * 2, "accepted", "limit", "limit",
    ]  # fmt: skip


def test_gap__confirms_what_goes_now(client):
    """``confirm`` is the number that goes out now, and says who waits."""
    send(make_people(2), ONE)
    with pytest.raises(smsframe.InputError, match=r"1 message .*3 in the plan, 2 too soon"):
        send(make_people(3), OTHER, confirm=3)
    assert codes(send(make_people(3), OTHER, confirm=1)) == ["too_soon", "too_soon", "accepted"]


def test_gap__is_told_everywhere(client, capsys):
    """Plan, dry run, line under the send and summary say how many wait."""
    send(make_people(2), ONE)
    given = {"program": "148372", "phone": "mobile", "min_gap": "24h", "campaign": "b"}
    plan = smsframe.plan(make_people(3), OTHER, **given)
    assert "3 messages, 1 of them left to send" in repr(plan)
    assert "too soon: 2" in repr(plan)
    assert (plan.history.left, plan.history.waiting) == (1, {"too_soon": 2})
    dry = smsframe.send(make_people(3), OTHER, dry_run=True, **given)
    assert codes(dry) == ["too_soon", "too_soon", "planned"]
    capsys.readouterr()
    done = plan.send(progress=lambda _: None)
    told = capsys.readouterr().out
    assert "1 accepted · 0 rejected · 0 unknown · 2 not attempted (2 too soon)" in told
    assert done.sms.summary().held == {"too_soon": 2}
    assert "held back: 2 too soon" in repr(done.sms.summary())
    smsframe.send(make_people(3), OTHER, **given)
    assert "Nothing was sent: 1 accepted · 2 not attempted (2 too soon)" in capsys.readouterr().out


def test_gap__is_known_later(client):
    """The results of the run have the rows that waited, and why."""
    send(make_people(1), ONE)
    done = send(make_people(2), OTHER)
    later = smsframe.results(done.attrs["smsframe"]["run"])
    assert codes(later) == ["too_soon", "accepted"]
    assert later["sms_error"][0] == done["sms_error"][0]


def test_gap__without_a_journal_yet(sandbox, client):
    """A plan and a dry run see the repeats of a person where nobody had anything yet."""
    people = make_people(1).iloc[[0, 0]].assign(FirstName=["a", "b"])
    dry = send(people, "Hi %%FirstName%%", dry_run=True)
    assert codes(dry) == ["planned", "too_soon"]
    given = {"program": "148372", "phone": "mobile", "min_gap": "24h"}
    assert smsframe.plan(people, "Hi %%FirstName%%", **given).history.left == 1


def test_gap__with_lookup(people):
    """No number is known, so it could hold nobody back."""
    with pytest.raises(smsframe.InputError, match="With lookup= no number is known"):
        smsframe.plan(people, ONE, program="1", lookup={"key": "FirstName"}, min_gap="24h")


@pytest.mark.parametrize("given", ["1 month", "", 24, 0, "0h", "400 days", float("nan"), True])
def test_gap__refused(people, given):
    """What is no gap is refused when the plan is made."""
    with pytest.raises(smsframe.InputError, match=r"^min_gap="):
        smsframe.plan(people, ONE, program="1", phone="mobile", min_gap=given)


def test_gap__passes_through(people):
    """Preview and compose take it as a plan does."""
    assert len(smsframe.preview(people, ONE, phone="mobile", min_gap="24h")) == 3
    for gap, shown in (("24h", "24h"), (pd.Timedelta("24h"), "P1DT0H0M0S")):
        composer = smsframe.compose(people, ONE, program="148372", phone="mobile", min_gap=gap)
        assert composer.plan.options.min_gap_s == DAY
        assert f'min_gap="{shown}"' in composer.code


# -- two runs at the same moment


def test_guard__sees_what_others_claimed_since(sandbox, client, clock):
    """A run that began before another judges its claims by what that one has claimed."""
    with Journal(client.journal_path):
        pass
    plan = smsframe.plan(make_people(6), OTHER, program="148372", phone="mobile", min_gap="24h")
    others, done = make_people(2, start=4), []

    def one_more(_progress):
        if not done:
            done.append(send(others, ONE))

    results = plan.send(progress=one_more)  # two batches; the other run comes between them
    assert codes(results) == ["accepted"] * 4 + ["too_soon"] * 2
    assert codes(done[0]) == ["accepted"] * 2
    assert sandbox.outbox()["to"].is_unique
    assert codes(plan.send(progress=False)) == ["accepted"] * 4 + ["too_soon"] * 2


def test_guard__lets_the_rest_of_a_batch_go(sandbox, client):
    """Who is held back late is taken out of the batch, and the others go in another one."""
    plan = smsframe.plan(make_people(12), OTHER, program="148372", phone="mobile", min_gap="24h")
    some, done = make_people(12).iloc[[5, 8, 9, 10, 11]], []

    def one_more(_progress):
        if not done:
            done.append(send(some, ONE))

    results = plan.send(progress=one_more)
    expected = [*["accepted"] * 5, "too_soon", *["accepted"] * 2, *["too_soon"] * 4]
    assert codes(results) == expected
    assert sandbox.outbox()["to"].is_unique
    later = smsframe.results(results.attrs["smsframe"]["run"])
    assert codes(later) == expected
    assert later["sms_error"].equals(results["sms_error"])


@pytest.mark.parametrize("rounds", [4])
def test_runs__at_the_same_moment(sandbox, clock, tmp_path, rounds):
    """Four campaigns to the same people from four threads: one message a person and gap."""
    path, senders = str(tmp_path / "journal.sqlite3"), 4
    for number in range(rounds):
        barrier, tables = threading.Barrier(senders), []

        def campaign(name, barrier=barrier, tables=tables, number=number):
            with smsframe.connect(
                base_url=sandbox.base_url, journal=path, **sandbox.credentials
            ) as mine:
                mine.settings = dataclasses.replace(QUICK, clock=clock)
                people = make_people(24).sample(frac=1, random_state=hash(name) % 97)
                barrier.wait(30)
                text = f"{name * 5} {number}: %%FirstName%%"
                tables.append(send(people, text, client=mine, campaign=f"{name}{number}"))

        threads = [threading.Thread(target=campaign, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(tables) == senders
        assert len(sandbox.outbox()) == 24 * (number + 1)
        assert sandbox.outbox().tail(24)["to"].is_unique
        accepted = pd.concat([t[t["sms_status"] == "accepted"] for t in tables])
        assert len(accepted) == 24
        waiting = pd.concat([t[t["sms_status"] != "accepted"] for t in tables])
        assert set(waiting["sms_code"]) == {"too_soon"}
        clock.passes(DAY)


def test_guard__is_asked_nothing_without_people(tmp_path):
    """Nobody to text, nobody to look for."""
    guard = GapGuard(DAY, "run", pd.Series([], dtype="uint64").to_numpy())
    with Journal(tmp_path / "journal.sqlite3") as journal:
        guard.look(journal, NOVEMBER)
    assert not guard.too_soon(pd.Series([3], dtype="uint64").to_numpy(), NOVEMBER).any()
