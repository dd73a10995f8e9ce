"""The first promise: nobody is texted twice, nobody is lost, and running again is safe.

The sandbox's outbox is the truth. Every fault it knows strikes the first, a middle or the last
batch; the cell is run again, in the same session or in a new one. Then the sender is stopped dead
at every commit of the journal and every step of a call. Then what analysts do between two runs:
sort, cut, add, rename, correct.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import pandas as pd
import pytest
from samples import QUICK, TEXT, make_people, send
from simulation.kernel import Fate, Kernel
from simulation.story import Call, Judge, plan_of
from simulation.world import CrashError, World

import smsframe
from smsframe._send import run

pytestmark = pytest.mark.filterwarnings("ignore::smsframe.SmsframeWarning")


@pytest.fixture
def sandbox():
    """Run a sandbox that asks nobody to wait."""
    with smsframe.Sandbox(anyone=True, retry_after=0) as running:
        yield running


@pytest.fixture
def connect(sandbox):
    """Connect to the sandbox, as often as a session begins anew."""
    clients = []

    def connected(**options):
        while clients:
            clients.pop().close()
        run._last.clear()
        clients.append(smsframe.connect(sandbox, timeout_s=(2.0, 0.3), **options))
        clients[0].settings = QUICK
        return clients[0]

    connected()
    yield connected
    connected().close()


@functools.cache
def plan_of_twenty():
    """Make a plan, which is frozen, once for all faults."""
    return smsframe.plan(make_people(20), TEXT, program="148372", phone="mobile")


def posts(sandbox):
    """Count the send calls that the sandbox has seen."""
    calls = sandbox.requests()
    return int((calls["path"].str.endswith("/sends") & (calls["method"] == "POST")).sum())


def check(sandbox, results):
    """Hold a table against the outbox: never twice, never lost."""
    outbox = sandbox.outbox()
    assert not outbox.duplicated(["to", "text"]).any()
    assert results["sms_status"].notna().all()
    accepted = results[results["sms_status"] == "accepted"]
    answered = set(zip(outbox["to"], outbox["response_id"], strict=True))
    told = zip(accepted["sms_contact"], accepted["sms_response_id"], strict=True)
    assert set(told) <= answered
    went_out = results["sms_contact"].isin(outbox["to"])
    assert set(results[went_out]["sms_status"]) <= {"accepted", "unknown"}
    others = results[results["sms_status"] != "accepted"]
    assert others[["sms_code", "sms_error"]].notna().all(axis=None)


FAULTS = {
    "delay": ("delay", {"seconds": 0.02}),
    "drop before": ("drop_before", {}),
    "close before": ("drop_before", {"reset": False}),
    "drop after": ("drop_after", {}),
    "close after": ("drop_after", {"reset": False}),
    "hang": ("hang", {}),
    "truncate": ("truncate", {}),
    "500 before": ("status", {"status": 500}),
    "500 after": ("status", {"status": 500, "after": True}),
    "502 page after": ("status", {"status": 502, "after": True, "html": True}),
    "503": ("status", {"status": 503, "after": True}),
    "503 with Retry-After": ("status", {"status": 503, "headers": {"Retry-After": "0"}}),
    "302": ("status", {"status": 302, "after": True, "headers": {"Location": "http://x.example"}}),
    "200 page after": ("status", {"status": 200, "after": True, "html": True}),
    "400": ("status", {"status": 400}),
    "403": ("status", {"status": 403}),
    "404 page": ("status", {"status": 404, "html": True}),
    "401 for good": ("status", {"status": 401}),
    "expired token": ("expire_token", {}),
    "too many, 429": ("too_many", {"form": "429", "retry_after": 0}),
    "too many, 503": ("too_many", {"form": "503", "retry_after": 0}),
    "too many, 400": ("too_many", {"form": "400"}),
    "too many, 500": ("too_many", {"form": "500"}),
    "no token": ("status", {"status": 500, "path": "token"}),
    "token refused": ("status", {"status": 400, "path": "token"}),
    "token lost": ("drop_after", {"path": "token"}),
}


@pytest.mark.parametrize(
    ("on", "restart"),
    [
        pytest.param(1, False, id="first-again"),
        pytest.param(3, True, id="middle-restart and again"),
        pytest.param(5, False, id="last-again"),
        pytest.param(1, True, id="first-restart and again", marks=pytest.mark.full),
        pytest.param(3, False, id="middle-again", marks=pytest.mark.full),
        pytest.param(5, True, id="last-restart and again", marks=pytest.mark.full),
    ],
)
@pytest.mark.parametrize("fault", FAULTS)
def test_never_twice__fault(sandbox, connect, fault, on, restart):
    """Whatever goes wrong with a call, running again sends what never went out, and only that."""
    made = plan_of_twenty()
    kind, options = FAULTS[fault]
    calls = on if options.get("path") != "token" else 1
    strikes = sandbox.faults.add(
        kind, on=[calls, calls + 1] if "good" in fault else calls, **options
    )
    first = made.send(progress=False)
    assert strikes.struck
    check(sandbox, first)
    sandbox.faults.clear()
    if restart:
        connect()
    second = made.send(progress=False)
    check(sandbox, second)
    assert set(second["sms_status"]) <= {"accepted", "unknown"}
    was = first["sms_status"].isin(["accepted", "unknown"])
    pd.testing.assert_frame_equal(second[was], first[was])
    calls = posts(sandbox)
    pd.testing.assert_frame_equal(made.send(progress=False), second)
    assert posts(sandbox) == calls


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(Call(frame="all"), id="unnamed"),
        pytest.param(Call(frame="two orders", campaign="named"), id="named"),
        pytest.param(Call(frame="equal rows", duplicates="send"), id="repeats"),
    ],
)
def test_never_twice__stopped_at_every_step(tmp_path, call):
    """Killed, or cut off its power, around every commit and call: nobody twice, nobody lost."""
    step, died = 0, True
    while died:
        step += 1
        died = _dies_and_goes_on(tmp_path / f"{step}.sqlite3", call, step)
    assert step > 40


def _dies_and_goes_on(path, call, step):
    """Die at one step, go on in a new process, and check; False when the run ended before."""
    world = World(step)
    judge, died = Judge(world=world), False
    judge.expect(call)
    kernel = Kernel(world, path, fate=Fate(crash_at=step))
    try:
        kernel.send(plan_of(call), batch_size=3)
    except CrashError:
        died = True
        kernel.workers.leave_behind()
        world.disk.restart(cut=step % 2 == 0)
    table = Kernel(world, path).send(plan_of(call), batch_size=3)
    judge.check_outbox()
    judge.check_table(call, table)
    assert set(table["sms_status"]) <= {"accepted", "unknown"}
    world.disk.close()
    return died


def test_second_run__equals_the_first(sandbox, connect, capsys):
    """An unchanged frame makes no call, gives the same table, and says so in one line."""
    people = make_people(20)
    people.loc[3, "mobile"] = "n/a"
    people.loc[5] = people.loc[4]
    first = send(people)
    made = len(sandbox.requests())
    capsys.readouterr()
    second = send(people, progress=None)
    assert len(sandbox.requests()) == made
    pd.testing.assert_frame_equal(second, first)
    assert second.attrs["smsframe"] == first.attrs["smsframe"]
    out = capsys.readouterr().out
    assert out.startswith("Nothing was sent: all 18 messages were accepted already, the last at 20")
    assert out.count("\n") == 1
    assert "campaign=" in out


def test_second_run__of_its_own_results(sandbox, connect):
    """Passing the results back sends nothing and gives the same table."""
    first = send(make_people(9))
    made = posts(sandbox)
    pd.testing.assert_frame_equal(send(first), first)
    assert posts(sandbox) == made


CHANGES = {
    "reversed": (lambda frame: frame[::-1], {}),
    "sorted by name": (lambda frame: frame.sort_values("FirstName"), {}),
    "a subset": (lambda frame: frame[4:13], {}),
    "another index": (lambda frame: frame.set_axis(["x"] * 20), {}),
    "column renamed": (
        lambda frame: frame.rename(columns={"mobile": "Phone", "FirstName": "first"}),
        {"phone": "Phone", "personalize": {"FirstName": "first"}},
    ),
    "phones written otherwise": (
        lambda frame: frame.assign(mobile=frame["mobile"].str[2:]),
        {"region": "US"},
    ),
    "other types": (lambda frame: frame.astype("string[pyarrow]"), {}),
    "a column more": (lambda frame: frame.assign(note="x"), {}),
    "an unused argument": (lambda frame: frame, {"source": "spring", "ttl_minutes": 60}),
}


@pytest.mark.parametrize("campaign", [None, "orders"], ids=["unnamed", "named"])
@pytest.mark.parametrize("change", CHANGES)
def test_changed_frame__sends_nothing(sandbox, connect, change, campaign):
    """Sorting, cutting, renaming and retyping a frame, in other batches, are no reason to text."""
    people = make_people(20)
    send(people, campaign=campaign)
    made = posts(sandbox)
    alter, options = CHANGES[change]
    connect().settings = replace(QUICK, batch_size=7)
    again = send(alter(people), campaign=campaign, **options)
    assert posts(sandbox) == made
    assert set(again["sms_status"]) == {"accepted"}


@pytest.mark.parametrize("campaign", [None, "orders"], ids=["unnamed", "named"])
def test_added_rows__are_sent_alone(sandbox, connect, campaign):
    """Ten more rows among the old ones, shuffled: ten messages."""
    people = make_people(30)
    send(people[:20], campaign=campaign)
    again = send(people.sample(frac=1.0, random_state=7), campaign=campaign)
    assert len(sandbox.outbox()) == 30
    assert set(again["sms_status"]) == {"accepted"}
    check(sandbox, again)


def test_fixed_phone__goes_out(sandbox, connect):
    """A row whose phone was wrong is sent when it was fixed, and it alone."""
    people = make_people(8)
    broken = people.assign(mobile=people["mobile"].where(people.index != 5, "n/a"))
    assert send(broken)["sms_status"].tolist().count("invalid") == 1
    fixed = send(people)
    assert set(fixed["sms_status"]) == {"accepted"}
    assert sandbox.outbox()["to"].tolist()[-1] == people["mobile"][5][1:]
    check(sandbox, fixed)


def test_limit__canary_then_the_rest(sandbox, connect):
    """A canary goes out alone, later calls go on with the rest, a smaller limit changes nothing."""
    people = make_people(20)
    canary = send(people, limit=3)
    assert canary["sms_status"].tolist() == ["accepted"] * 3 + ["not_attempted"] * 17
    assert set(canary["sms_code"].dropna()) == {"limit"}
    rest = send(people)
    pd.testing.assert_frame_equal(rest[:3], canary[:3])
    pd.testing.assert_frame_equal(send(people, limit=5), rest)
    assert len(sandbox.outbox()) == 20
    check(sandbox, rest)


CORRECTIONS = {
    "text": (lambda frame: frame, {"text": "Dear %%FirstName%%, order %%Order%% is on its way."}),
    "default": (lambda frame: frame, {"defaults": {"FirstName": "Friend"}}),
    "format": (lambda frame: frame, {"formats": {"Order": "05d"}}),
    "a tag more": (lambda frame: frame.assign(City="Graz"), {"text": "%%Order%% %%City%%"}),
    "a tag less": (lambda frame: frame, {"text": "Order %%Order%% has shipped."}),
    "a value": (lambda frame: frame.assign(FirstName=frame["FirstName"].str.upper()), {}),
}


@pytest.mark.parametrize("correction", CORRECTIONS)
def test_named_campaign__corrected(sandbox, connect, correction):
    """Nobody is texted a second time because text, default, format, tag or value was corrected."""
    people = make_people(12).assign(Order=range(12))
    people.loc[2, "FirstName"] = None
    text = "Hi %%FirstName%%, order %%Order%% has shipped."
    named = {"campaign": "orders", "defaults": {"FirstName": "Customer"}}
    send(people, text, **named)
    made = posts(sandbox)
    alter, options = CORRECTIONS[correction]
    again = send(alter(people), **({"text": text} | named | options))
    assert posts(sandbox) == made
    held = again[again["sms_status"] != "accepted"]
    assert set(held["sms_status"]) <= {"not_attempted"}
    assert set(held["sms_code"]) <= {"already_in_campaign"}
    assert held["sms_error"].str.contains("campaign=").all()


def test_named_campaign__second_order(sandbox, connect):
    """A second order of a person whose first is still in the frame is another message."""
    people = make_people(6).assign(Order="A")
    more = pd.concat([people, people[:2].assign(Order="B")])
    text = "Hi %%FirstName%%, order %%Order%%."
    send(people, text, campaign="orders")
    again = send(more, text, campaign="orders")
    assert len(sandbox.outbox()) == 8
    assert set(again["sms_status"]) == {"accepted"}


def test_named_campaign__correction_of_a_limited_frame(sandbox, connect):
    """A person whose other message lies beyond ``limit`` is not taken for a corrected one."""
    people = make_people(2).assign(Order="A")
    frame = pd.concat([people.assign(Order="B"), people])
    text = "Hi %%FirstName%%, order %%Order%%."
    send(people, text, campaign="orders")
    canary = send(frame, text, campaign="orders", limit=1)
    assert canary["sms_status"].tolist() == ["accepted", "not_attempted", "accepted", "accepted"]


def test_duplicates_send__counted(sandbox, connect):
    """Three equal rows on purpose are three messages, in batches of their own; again none."""
    people = make_people(3)
    thrice = pd.concat([people, people, people], ignore_index=True)
    first = send(thrice, duplicates="send")
    assert sandbox.outbox()["to"].value_counts().tolist() == [3, 3, 3]
    assert set(first["sms_status"]) == {"accepted"}
    made = posts(sandbox)
    pd.testing.assert_frame_equal(send(thrice, duplicates="send"), first)
    assert posts(sandbox) == made
    send(pd.concat([thrice, people[:1]]), duplicates="send")
    assert len(sandbox.outbox()) == 10


def test_resend_unknown__asked_for(sandbox, connect):
    """What may have gone out is sent again when that is asked for, what was accepted never."""
    people = make_people(8)
    sandbox.faults.add("drop_after", on=2)
    first = send(people)
    assert first["sms_status"].tolist() == ["accepted"] * 4 + ["unknown"] * 4
    assert set(send(people)["sms_status"]) == {"accepted", "unknown"}
    assert len(sandbox.outbox()) == 8
    again = send(people, resend_unknown=True)
    assert set(again["sms_status"]) == {"accepted"}
    assert sandbox.outbox()["to"].value_counts()[again["sms_contact"]].tolist() == [1] * 4 + [2] * 4
    made = posts(sandbox)
    pd.testing.assert_frame_equal(send(people, resend_unknown=True), again)
    assert posts(sandbox) == made


def test_resend_unknown__that_fails_leaves_unknown(sandbox, connect):
    """A resend that is refused does not turn what may have gone out into what did not."""
    people = make_people(4)
    sandbox.faults.add("drop_after", on=1)
    first = send(people)
    sandbox.faults.add("status", status=403)
    pd.testing.assert_frame_equal(send(people, resend_unknown=True), first)


def test_resend_unknown__in_an_empty_journal(sandbox, connect):
    """Asking for it from the start changes nothing."""
    assert set(send(make_people(3), resend_unknown=True)["sms_status"]) == {"accepted"}


def test_other_world__is_texted(sandbox, connect):
    """A fresh sandbox is a fresh world: what the last one had accepted does not count in it."""
    people = make_people(3)
    send(people)
    sandbox.reset()
    connect()
    assert set(send(people)["sms_status"]) == {"accepted"}
    assert len(sandbox.outbox()) == 3
