"""Hours in a send: nobody is texted while closed, nobody is lost, and the rest goes later."""

from __future__ import annotations

import contextlib
import pickle
import signal
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hours import (
    CENTRAL,
    DAYTIME,
    EASTERN,
    MOUNTAIN,
    PACIFIC,
    Clock,
    local,
    moment,
    people_in,
    settings,
)

import smsframe

ZONES = (PACIFIC, EASTERN, MOUNTAIN, CENTRAL)
TEXT = "Hi %%Name%%"
MESSAGE = {"program": "148372", "phone": "mobile", "progress": False, "sending_hours": DAYTIME}


def connected(clock, *, batch_size=4, max_in_flight=1, **sandbox):
    """Return a sandbox and a client that go by a clock."""
    started = smsframe.Sandbox(anyone=True, clock=clock, **sandbox).start()
    client = smsframe.connect(started, max_in_flight=max_in_flight)
    client.settings = settings(clock, batch_size)
    return started, client


@pytest.fixture
def places():
    """Return a function that connects; what it made is closed at the end."""
    made = []

    def connect(clock, **options):
        made.append(connected(clock, **options))
        return made[-1]

    yield connect
    for sandbox, client in made:
        client.close()
        sandbox.stop()


def outside(sandbox, frame, start=8, end=20):
    """Return the messages of the outbox that left at a closed hour of their zone."""
    zones = dict(zip(frame["mobile"].str.removeprefix("+"), frame["zone"], strict=True))
    out = sandbox.outbox()
    hours = [
        local(at.timestamp(), zones[to]).hour for to, at in zip(out["to"], out["at"], strict=True)
    ]
    return out[[not start <= hour < end for hour in hours]]


def test_send__only_open_zones_go(places, capsys):
    """At 19:30 in New York all go; at 20:30 New York waits, and the line says until when."""
    clock = Clock(moment("2026-11-27T20:30", EASTERN))
    sandbox, _ = places(clock)
    frame = people_in(*ZONES)
    results = frame.sms.send(TEXT, **{**MESSAGE, "progress": True})
    closed = frame["zone"].eq(EASTERN)
    assert results["sms_status"].eq("not_attempted").tolist() == closed.tolist()
    assert set(results.loc[closed, "sms_code"]) == {"outside_hours"}
    sentence = results.loc[closed, "sms_error"].iloc[0]
    assert "08:00 on Saturday 28 November in America/New_York, in 11 h 30 min" in sentence
    line = capsys.readouterr().out
    assert "12 accepted · 0 rejected · 0 unknown · 4 not attempted (4 outside hours)" in line
    assert "· the first opens 08:00 on Saturday 28 November" in line
    assert len(sandbox.outbox()) == 12
    assert results.sms.to_retry().index.tolist() == frame.index[closed].tolist()
    clock.at = moment("2026-11-28T08:00", EASTERN)
    again = frame.sms.send(TEXT, **MESSAGE, confirm=4)
    assert again["sms_status"].eq("accepted").all()
    assert len(sandbox.outbox()) == 16
    assert len(outside(sandbox, frame)) == 0


def test_send__what_closes_first_goes_first(places):
    """Rows of New York leave before those of Los Angeles, wherever they stand in the frame."""
    clock = Clock(moment("2026-11-27T12:00", PACIFIC))
    sandbox, _ = places(clock)
    people_in(*ZONES).sms.send(TEXT, **MESSAGE)
    zones = ["".join(str(to)[1:4]) for to in sandbox.outbox().sort_values("at")["to"]]
    assert zones == ["212"] * 4 + ["312"] * 4 + ["303"] * 4 + ["310"] * 4


def test_send__reaches_the_border_under_way(places):
    """A long send stops the rows that close under way, and goes on with the others."""
    clock = Clock(moment("2026-11-27T19:50", EASTERN), step=300.0)
    sandbox, _ = places(clock, batch_size=2)
    frame = people_in(*ZONES, each=8)
    results = frame.sms.send(TEXT, **{**MESSAGE, "progress": clock.move})
    assert len(outside(sandbox, frame)) == 0
    waiting = results[results["sms_status"].eq("not_attempted")]
    assert set(waiting["sms_code"]) == {"outside_hours"}
    assert set(waiting["zone"]) == {EASTERN}
    assert 0 < len(waiting) < 8
    assert not results["sms_status"].isin(["unknown", "rejected"]).any()
    clock.at = moment("2026-11-28T09:00", PACIFIC)
    again = frame.sms.send(TEXT, **MESSAGE, confirm=len(waiting))
    assert again["sms_status"].eq("accepted").all()
    assert sandbox.outbox()["to"].is_unique
    assert again["sms_batch"].dropna().str.split(":").str[0].nunique() == 2


def test_send__a_claimed_batch_that_closes_is_not_unknown(places):
    """Whoever dies or ends after that has nothing unknown: the claim is settled as not sent."""
    clock = Clock(moment("2026-11-27T19:59", EASTERN))
    sandbox, client = places(clock)
    frame = people_in(EASTERN)
    sandbox.faults.add("too_many", on=1)

    def busy_until_eight(_progress):
        clock.at = moment("2026-11-27T20:00", EASTERN)

    make = client.sending

    @contextlib.contextmanager
    def sending(may_leave):
        with make(may_leave) as given:

            def once(request):
                outcome = given.post(request)
                busy_until_eight(None)
                return outcome

            yield given._replace(post=once)

    client.sending = sending
    results = frame.sms.send(TEXT, **MESSAGE)
    assert set(results["sms_code"]) == {"outside_hours"}
    assert len(sandbox.outbox()) == 0
    (state,) = results.sms.batches(client=client)["status"]
    assert state == "rejected"
    client.sending = make
    clock.at = moment("2026-11-28T08:00", EASTERN)
    assert frame.sms.send(TEXT, **MESSAGE)["sms_status"].eq("accepted").all()
    assert sandbox.outbox()["to"].is_unique


def test_send__a_call_that_waits_too_long_never_leaves(places):
    """A call that gets its place in flight after the window closed is not made."""
    clock = Clock(moment("2026-11-27T19:59", EASTERN))
    sandbox, client = places(clock)
    token = client._tokens.token

    def slowly():
        clock.at = moment("2026-11-27T20:00", EASTERN)
        return token()

    client._tokens.token = slowly
    results = people_in(EASTERN).sms.send(TEXT, **MESSAGE)
    assert set(results["sms_code"]) == {"outside_hours"}
    assert len(sandbox.outbox()) == 0
    assert not (sandbox.requests()["path"] == "/rest/channels/sms/sends").any()


def test_send__all_closed_makes_no_call(places, capsys):
    """At night nothing is sent and no run is opened; the line says when to come back."""
    clock = Clock(moment("2026-11-27T23:00", PACIFIC))
    sandbox, _ = places(clock)
    results = people_in(*ZONES).sms.send(TEXT, **{**MESSAGE, "progress": True})
    assert set(results["sms_code"]) == {"outside_hours"}
    assert len(smsframe.runs()) == 0
    assert len(sandbox.requests()) == 0
    said = capsys.readouterr().out
    assert "Nothing was sent: 16 not attempted (16 outside hours); the first opens" in said
    assert "08:00 in America/New_York" in said or "08:00 on Saturday" in said


def test_send__waits_for_what_opens_in_time(places):
    """With ``wait_s`` rows that open within it go out in the same call; the bar says so."""
    clock = Clock(moment("2026-11-27T07:59:58", MOUNTAIN))
    sandbox, _ = places(clock)
    seen = []

    def told(progress):
        seen.append((progress.waits_for, progress.total))
        if progress.waits_for:
            clock.at += 2

    frame = people_in(EASTERN, MOUNTAIN, PACIFIC)
    results = frame.sms.send(TEXT, **{**MESSAGE, "progress": told}, wait_s=60)
    assert results["sms_status"].eq("accepted").tolist() == frame["zone"].ne(PACIFIC).tolist()
    assert ("08:00 in America/Denver, in 1 min", 8) in seen
    assert len(outside(sandbox, frame)) == 0


def test_send__a_stop_ends_the_wait(places):
    """Whoever stops while it waits has sent what was sent; the rest stays to be sent."""
    clock = Clock(moment("2026-11-27T07:00", MOUNTAIN))
    places(clock)
    frame = people_in(EASTERN, MOUNTAIN)

    def told(progress):
        if progress.waits_for:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        frame.sms.send(TEXT, **{**MESSAGE, "progress": told}, wait_s=7200)
    results = smsframe.last_results()
    assert results["sms_status"].eq("accepted").tolist() == frame["zone"].eq(EASTERN).tolist()
    assert set(results["sms_code"].dropna()) == {"outside_hours"}
    clock.at = moment("2026-11-27T09:00", MOUNTAIN)
    assert frame.sms.send(TEXT, **MESSAGE)["sms_status"].eq("accepted").all()


def test_send__goes_on_after_a_break_at_noon(places):
    """Rows that close for an hour and open again within the wait go out in the same call."""
    clock = Clock(moment("2026-11-27T11:58", EASTERN), step=60.0)
    sandbox, _ = places(clock, batch_size=1)
    frame = people_in(EASTERN, each=5)

    def told(progress):
        clock.at += 3600 if progress.waits_for else 60

    hours = [("08:00", "12:00"), ("13:00", "20:00")]
    results = frame.sms.send(
        TEXT, **{**MESSAGE, "progress": told, "sending_hours": hours}, wait_s=7200
    )
    assert results["sms_status"].eq("accepted").all()
    left = [local(at.timestamp(), EASTERN).hour for at in sandbox.outbox()["at"]]
    assert 12 not in left
    assert {11, 13} == set(left)


def test_send__two_hundred_batches_across_the_evening(places):
    """From 19:40 in New York on: nobody after 20:00, nobody lost, next day exactly the rest."""
    clock = Clock(moment("2026-11-27T19:40", EASTERN), step=60.0)
    sandbox, _ = places(clock, batch_size=2)
    frame = people_in(*ZONES, each=100)
    first = frame.sms.send(TEXT, **{**MESSAGE, "progress": clock.move})
    assert first["sms_status"].isin(["accepted", "not_attempted"]).all()
    assert first["sms_batch"].nunique() > 100
    assert len(outside(sandbox, frame)) == 0
    left = first["sms_status"].eq("not_attempted")
    assert 0 < left.sum() < len(frame)
    assert set(first.loc[left, "sms_code"]) == {"outside_hours"}
    had = set(sandbox.outbox()["to"])
    clock.at, clock.step = moment("2026-11-28T08:00", PACIFIC), 1.0
    again = frame.sms.send(TEXT, **{**MESSAGE, "progress": clock.move}, confirm=int(left.sum()))
    assert again["sms_status"].eq("accepted").all()
    assert len(outside(sandbox, frame)) == 0
    out = sandbox.outbox()["to"]
    assert out.is_unique
    assert set(out) - had == set(frame.loc[left, "mobile"].str.removeprefix("+"))
    calls = len(sandbox.requests())
    assert frame.sms.send(TEXT, **MESSAGE).equals(again)
    assert len(sandbox.requests()) == calls


@pytest.mark.parametrize(
    ("start", "hours"),
    [
        pytest.param("2026-03-08T00:30", ("00:00", "02:30"), id="spring forward"),
        pytest.param("2026-11-01T00:30", ("00:00", "01:30"), id="fall back"),
    ],
)
def test_send__a_night_in_which_the_clocks_change(places, start, hours):
    """Hours are those of the clock on the wall, also in the night that has 23 or 25 of them."""
    clock = Clock(moment(start, EASTERN))
    sandbox, _ = places(clock, batch_size=1)
    frame = people_in(EASTERN, MOUNTAIN, each=90)

    def told(progress):
        clock.at += 1200 if progress.waits_for else 120

    options = {**MESSAGE, "progress": told, "sending_hours": hours}
    frame.sms.send(TEXT, **options, wait_s=6 * 3600.0)
    out = sandbox.outbox().merge(
        frame.assign(to=frame["mobile"].str.removeprefix("+")), on="to", how="left"
    )
    end = int(hours[1][:2]) * 60 + 30
    for at, zone in zip(out["at"], out["zone"], strict=True):
        there = local(at.timestamp(), zone)
        assert there.hour * 60 + there.minute < end, there
    assert len(out) > 60


def test_send__ten_calls_in_flight(places):
    """With ten calls at a time, each leaves at an open hour by the clock of its moment."""
    clock = Clock(moment("2026-11-27T19:58", EASTERN))
    sandbox, client = places(clock, max_in_flight=10, batch_size=1)
    left = []
    check = client._check_leaving

    def checked(leave_by, may_leave):
        check(leave_by, may_leave)
        left.append((clock.at, leave_by))

    client._check_leaving = checked
    clock.step = 8.0
    frame = people_in(*ZONES, each=30)
    results = frame.sms.send(TEXT, **{**MESSAGE, "progress": clock.move})
    assert all(at < leave_by for at, leave_by in left)
    assert results["sms_status"].isin(["accepted", "not_attempted"]).all()
    assert results["sms_status"].eq("accepted").sum() == len(sandbox.outbox()) == len(left)
    assert results["sms_status"].eq("not_attempted").sum() > 0


def test_send__russian_mobiles_never_open(places):
    """Whose number may be in eleven zones is never inside 09 to 18: said first, cured by a zone."""
    clock = Clock(moment("2026-11-27T12:00", "Europe/Moscow"))
    sandbox, _ = places(clock)
    frame = pd.DataFrame({"mobile": ["+79123456789"], "Name": ["Anna"]})
    options = {**MESSAGE, "sending_hours": ("09:00", "18:00")}
    with pytest.warns(smsframe.PlanWarning, match="1 never_open"):
        results = frame.sms.send(TEXT, **options)
    assert results["sms_code"].tolist() == ["never_open"]
    assert len(sandbox.requests()) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = frame.sms.send(TEXT, **options, time_zone="Europe/Moscow")
    assert results["sms_status"].tolist() == ["accepted"]


def test_send__keys_do_not_depend_on_order(places):
    """The same people sent by hours and without are the same messages."""
    clock = Clock(moment("2026-11-27T12:00", PACIFIC))
    sandbox, client = places(clock)
    frame = people_in(*ZONES, each=25)
    client.settings = settings(clock, 7)
    frame.sms.send(TEXT, **MESSAGE)
    calls = len(sandbox.requests())
    again = frame.sms.send(TEXT, **{**MESSAGE, "sending_hours": None})
    assert again["sms_status"].eq("accepted").all()
    assert len(sandbox.requests()) == calls
    told = again["sms_contact"].tolist()
    assert told == frame["mobile"].str.removeprefix("+").tolist()
    texts = sandbox.outbox().set_index("to")["text"]
    assert texts.reindex(told).tolist() == [f"Hi {name}" for name in frame["Name"]]


def test_send__confirm_takes_what_goes_now_and_what_is_left(places):
    """Both numbers are right: what goes out now, and what goes as hours open; no other is."""
    clock = Clock(moment("2026-11-27T20:30", EASTERN))
    places(clock)
    frame = people_in(*ZONES)
    with pytest.raises(smsframe.InputError, match="12 messages would go out now, and 16 in all"):
        frame.sms.send(TEXT, **MESSAGE, confirm=13)
    frame.sms.send(TEXT, **MESSAGE, confirm=16)
    clock.at = moment("2026-11-28T10:00", EASTERN)
    assert frame.sms.send(TEXT, **MESSAGE, confirm=4)["sms_status"].eq("accepted").all()


def test_send__dry_run_and_plan_say_what_waits(places):
    """A dry run, ``to_frame`` and the plan in words tell the rows that wait from those that go."""
    clock = Clock(moment("2026-11-27T20:30", EASTERN))
    places(clock)
    frame = people_in(*ZONES)
    made = smsframe.plan(frame, TEXT, **MESSAGE)
    expected = np.where(frame["zone"] == EASTERN, "not_attempted", "planned").tolist()
    assert made.to_frame()["sms_status"].tolist() == expected
    assert made.send(dry_run=True)["sms_status"].tolist() == expected
    assert "Goes now: 12. 4 America/Los_Angeles; 4 America/Denver; 4 America/Chicago." in repr(made)
    assert "Opens later: 4. 4 08:00 on Saturday 28 November in America/New_York" in repr(made)
    assert "Opens later" in made._repr_html_()
    made.send(progress=False)
    assert "Goes now" not in repr(made)
    assert "Opens later: 4." in repr(made)


def test_send__limit_takes_the_first_rows_whatever_is_open(places):
    """``limit`` counts rows from the top; of these, those that are open go."""
    clock = Clock(moment("2026-11-27T20:30", EASTERN))
    sandbox, _ = places(clock)
    frame = people_in(EASTERN, PACIFIC)
    results = frame.sms.send(TEXT, **MESSAGE, limit=4)
    assert (
        results["sms_code"].fillna("").tolist()
        == ["outside_hours", "", "outside_hours", ""] + ["limit"] * 4
    )
    assert len(sandbox.outbox()) == 2


def test_results__are_rebuilt_with_their_reasons(places):
    """What a run says of rows that waited is what the journal says of them later."""
    clock = Clock(moment("2026-11-27T20:30", EASTERN))
    places(clock)
    results = people_in(*ZONES).sms.send(TEXT, **MESSAGE)
    again = smsframe.results(results.attrs["smsframe"]["run"])
    for name in ("sms_status", "sms_code", "sms_error"):
        assert again[name].fillna("").tolist() == results[name].fillna("").tolist()


def test_send__a_test_goes_at_any_hour(places):
    """A test goes to one's own numbers: no hours hold it back, nor an unknown zone of its row."""
    clock = Clock(moment("2026-11-27T23:30", PACIFIC))
    sandbox, _ = places(clock)
    frame = people_in(EASTERN).assign(zone="Atlantis")
    made = smsframe.plan(frame, TEXT, **MESSAGE, time_zone="zone")
    tried = made.send_test("+1 201 555 0177", rows=0)
    assert tried["sms_status"].tolist() == ["accepted"]
    assert sandbox.outbox()["text"].tolist() == ["Hi N0"]


def test_plan__can_be_pickled(places):
    """A plan with hours is sent by them after it was pickled."""
    clock = Clock(moment("2026-11-27T20:30", EASTERN))
    places(clock)
    frame = people_in(*ZONES)
    made = pickle.loads(pickle.dumps(smsframe.plan(frame, TEXT, **MESSAGE, closed="2026-12-25")))
    assert made.send(progress=False)["sms_status"].eq("accepted").sum() == 12


def test_compose__takes_hours(places):
    """The composer's plan and code have the hours that it was given."""
    clock = Clock(moment("2026-11-27T20:30", EASTERN))
    places(clock)
    given = {name: value for name, value in MESSAGE.items() if name != "progress"}
    closed = pd.Series([pd.Timestamp("2026-12-25")])
    made = smsframe.compose(people_in(*ZONES), TEXT, **given, closed=closed, wait_s=60)
    assert made.plan.to_frame()["sms_code"].eq("outside_hours").sum() == 4
    assert made.plan.wait_s == 60
    assert "sending_hours=('08:00', '20:00')" in made.code.replace('"', "'")
    assert "closed=['2026-12-25']" in made.code.replace('"', "'")
    assert "wait_s=60" in made.code


def test_send__closed_days_are_local(places):
    """On a closed date nothing goes, by the calendar of each zone."""
    clock = Clock(moment("2026-12-25T23:30", EASTERN))  # in Kolkata it is the 26th
    sandbox, _ = places(clock)
    frame = people_in(EASTERN).assign(tz=["Asia/Kolkata", None, None, "Asia/Kolkata"])
    options = {**MESSAGE, "sending_hours": None, "closed": ["2026-12-25"], "time_zone": "tz"}
    results = frame.sms.send(TEXT, **options)
    assert results["sms_code"].fillna("").tolist() == ["", "outside_hours", "outside_hours", ""]
    assert "00:00 on Saturday 26 December in America/New_York, in 30 min" in results["sms_error"][1]
    assert len(sandbox.outbox()) == 2


def test_send__a_person_of_several_rows_keeps_their_order(places):
    """With repeats that are wanted, equal contacts never meet in a batch, whatever closes first."""
    clock = Clock(moment("2026-11-27T12:00", PACIFIC))
    sandbox, _ = places(clock, batch_size=50)
    frame = pd.concat([people_in(*ZONES)] * 3, ignore_index=True)
    results = frame.sms.send(TEXT, **MESSAGE, duplicates="send")
    assert results["sms_status"].eq("accepted").all()
    for _, batch in results.groupby("sms_batch"):
        assert batch["mobile"].is_unique
    assert len(sandbox.outbox()) == len(frame)


class Ticking(Clock):
    """A clock that moves a little whenever somebody looks at it."""

    def __call__(self):
        """Tell the time, and move."""
        self.at += 0.05
        return super().__call__()


def test_send__the_bar_says_what_is_waited_for(places, capsys):
    """While a send waits, the bar says for which hour, and goes on when it has come."""
    places(Ticking(moment("2026-11-27T07:59:57", MOUNTAIN)))
    frame = people_in(EASTERN, MOUNTAIN)
    results = frame.sms.send(TEXT, **{**MESSAGE, "progress": True}, wait_s=3600)
    assert results["sms_status"].eq("accepted").all()
    assert "waits for=08:00 in America/Denver, in 1 min" in capsys.readouterr().err


def test_send__a_wait_is_interrupted(places):
    """An interrupt while a send waits ends it in good order, and the same send goes on later."""
    clock = Clock(moment("2026-11-27T07:00", MOUNTAIN))
    sandbox, _ = places(clock)
    frame = people_in(EASTERN, MOUNTAIN)

    def told(progress):
        if progress.waits_for:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match="4 accepted · 4 not attempted"):
        frame.sms.send(TEXT, **{**MESSAGE, "progress": told}, wait_s=7200)
    assert smsframe.last_results()["sms_code"].dropna().eq("outside_hours").all()
    clock.at = moment("2026-11-27T09:00", MOUNTAIN)
    assert frame.sms.send(TEXT, **MESSAGE)["sms_status"].eq("accepted").all()
    assert sandbox.outbox()["to"].is_unique


def test_plan__zone_that_does_not_exist(people):
    """A name that is neither a column nor a zone is told as what it was meant to be."""
    with pytest.raises(smsframe.InputError, match="'Mars/Base' is neither a column nor a"):
        smsframe.plan(people, TEXT, **{**MESSAGE, "time_zone": "Mars/Base"})
    with pytest.raises(smsframe.InputError, match="names column 'zone', which the frame"):
        smsframe.plan(people, TEXT, **{**MESSAGE, "time_zone": "zone"})


@pytest.mark.parametrize("opens", ["while consent is asked", "while others are sent", "waiting"])
def test_send__who_opens_later_is_not_sent_to_unasked(places, opens):
    """With a check of consent only those go who were asked, also when hours open meanwhile."""
    clock = Clock(moment("2026-11-27T09:59", EASTERN))  # 07:59 in Denver
    sandbox, client = places(clock)
    client.settings = replace(client.settings, batch_size=1)
    sandbox.settings.anyone = False
    people = people_in(EASTERN, MOUNTAIN)
    consent = ["yes" if zone == EASTERN else "no" for zone in people["zone"]]
    sandbox.load_contacts(people.assign(consent=consent), phone="mobile", consent="consent")
    ask = client.asking_consent

    def asking(*given, **more):
        clock.at += 60.0 if opens == "while consent is asked" else 0.0
        return ask(*given, **more)

    client.asking_consent = asking
    told = {**MESSAGE, "progress": lambda _: setattr(clock, "at", clock.at + 30.0)}
    rules = {"check_consent": "require", "consent_database": "9911"}
    wait_s = 30.0 if opens == "waiting" else 0.0
    results = people.sms.send(TEXT, **told, **rules, wait_s=wait_s)
    went = results["sms_status"].eq("accepted")
    assert set(people.loc[went, "zone"]) == {EASTERN}
    assert set(results.loc[~went, "sms_code"]) == {"outside_hours"}
    again = people.sms.send(TEXT, **MESSAGE, **rules)
    assert set(again.loc[~went, "sms_code"]) == {"opted_out"}
    assert len(sandbox.outbox()) == int(went.sum())
