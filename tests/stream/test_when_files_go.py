"""Sending hours and gaps over files: judged over all of them, and when each batch leaves."""

from __future__ import annotations

import warnings
from dataclasses import replace

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
from list_files import codes, no_warnings, parts, send_files, texted
from samples import send as send_frame

import smsframe
from smsframe.errors import InputError

ZONES = (PACIFIC, EASTERN, MOUNTAIN, CENTRAL)
TEXT = "Hi %%Name%%"
HOURS = {"sending_hours": DAYTIME, "phone": "mobile"}


class Place:
    """A sandbox, a client and a folder of files, by a clock that is moved by hand."""

    def __init__(self, tmp_path, at, frame, sizes=(5, 6, 5), **options):
        self.clock = Clock(at)
        self.sandbox = smsframe.Sandbox(anyone=True, clock=self.clock, **options).start()
        self.client = smsframe.connect(self.sandbox, max_in_flight=1)
        self.client.settings = replace(settings(self.clock), portion_rows=6)
        self.frame, self.out = frame, tmp_path / "results"
        self.folder = parts(tmp_path / "people", frame, sizes)

    def send(self, **options):
        """Send the files."""
        return send_files(self.folder, self.out, TEXT, **{**HOURS, **options})

    def outside(self, start=8, end=20):
        """Return who was texted at a closed hour of their zone."""
        zones = dict(zip(self.frame["mobile"].str[1:], self.frame["zone"], strict=True))
        out = self.sandbox.outbox()
        return [
            to
            for to, at in zip(out["to"], out["at"], strict=True)
            if not start <= local(at.timestamp(), zones[to]).hour < end
        ]

    def close(self):
        """End what was begun."""
        self.client.close()
        self.sandbox.stop()


@pytest.fixture
def place(tmp_path):
    """Return a function that makes a place; it is closed at the end."""
    made = []

    def make(at, frame, **options):
        made.append(Place(tmp_path, at, frame, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_night_now__is_told_of_rows_that_would_go(place):
    """Without hours a plan says for how many it is night, as that of a frame: who had it apart."""
    here = place(moment("2026-11-27T22:00", EASTERN), people_in(*ZONES))

    def late(**options):
        made = smsframe.plan_files(
            here.folder, TEXT, program="148372", phone="mobile", progress=False, **options
        )
        of_frame = smsframe.plan(here.frame, TEXT, program="148372", phone="mobile", **options)
        count = made.problem_counts.get("night_now", 0)
        assert count == of_frame.problem_counts.get("night_now", 0)
        return count

    assert late() == 8
    assert late(sending_hours=DAYTIME) == 0
    assert late(time_zone="zone") == 8
    assert late(time_zone=PACIFIC) == 0
    send_files(here.folder / "part-1.parquet", here.out, TEXT, phone="mobile")
    assert 0 < late() < 8
    here.clock.at = moment("2026-11-28T12:00", EASTERN)
    assert late() == 0


def test_hours__only_open_zones_go_and_the_others_later(place, capsys):
    """At 20:30 in New York it waits; the line says until when; the same call sends it then."""
    here = place(moment("2026-11-27T20:30", EASTERN), people_in(*ZONES))
    made = smsframe.plan_files(here.folder, TEXT, program="148372", progress=False, **HOURS)
    assert (made.recipients, made.going) == (16, 12)
    assert "Opens later: 4. 4 08:00 on Saturday 28 November in America/New_York" in repr(made)
    sent = here.send(progress=lambda _: None, confirm=12)
    closed = here.frame["zone"].eq(EASTERN)
    frame = sent.to_frame()
    assert frame["sms_code"].eq("outside_hours").fillna(False).tolist() == closed.tolist()
    assert (
        "08:00 on Saturday 28 November in America/New_York, in 11 h 30 min"
        in (frame.loc[closed, "sms_error"].iloc[0])
    )
    line = capsys.readouterr().out
    assert "12 accepted · 0 rejected · 0 unknown · 4 not attempted (4 outside hours)" in line
    assert "· the first opens 08:00 on Saturday 28 November" in line
    assert here.send(progress=lambda _: None).counts == {"accepted": 12, "not_attempted": 4}
    line = capsys.readouterr().out
    assert "Nothing was sent: 12 accepted · 4 not attempted (4 outside hours)" in line
    assert "the first opens 08:00" in line
    here.clock.at = moment("2026-11-28T08:00", EASTERN)
    assert here.send(confirm=4).counts == {"accepted": 16}
    assert not here.outside()
    assert len(here.sandbox.outbox()) == 16


def test_hours__are_those_of_a_frame(place, tmp_path):
    """Row by row, also in a dry run, with a column of zones and closed dates."""
    frame = people_in(*ZONES)
    frame["where"] = frame["zone"].where(frame.index % 3 > 0, PACIFIC)
    here = place(moment("2026-11-27T20:30", EASTERN), frame)
    for number, options in enumerate(
        [{}, {"time_zone": "where"}, {"closed": ["2026-11-27"]}, {"time_zone": "Asia/Tokyo"}]
    ):
        given = {**HOURS, **options, "dry_run": True}
        looked = send_files(here.folder, tmp_path / f"dry-{number}", TEXT, **given)
        as_frame = send_frame(frame, TEXT, **given)
        assert codes(looked) == codes(as_frame)
        assert looked.to_frame()["sms_error"].fillna("").tolist() == (
            as_frame["sms_error"].fillna("").tolist()
        )


def test_hours__what_closes_first_goes_first_over_all_files(place):
    """Half an hour before New York closes, its people go first, in whichever file they are."""
    frame = people_in(*ZONES, each=6).sort_values("zone", ignore_index=True, ascending=False)
    here = place(moment("2026-11-27T19:30", EASTERN), frame, sizes=(10, 10, 4))
    assert here.send().counts == {"accepted": 24}
    zones = dict(zip(frame["mobile"].str[1:], frame["zone"], strict=True))
    went = [zones[to] for to, _ in texted(here.sandbox)]
    assert went[:6] == [EASTERN] * 6
    assert len({to for to, _ in texted(here.sandbox)}) == 24


def test_hours__that_close_while_it_sends(place):
    """A batch whose hours end before it leaves is given back, and goes with a later send."""
    frame = people_in(*ZONES, each=6)
    here = place(moment("2026-11-27T19:50", EASTERN), frame, sizes=(10, 10, 4))
    here.clock.step = 240.0
    sent = here.send(progress=here.clock.move)
    counts = sent.counts
    assert counts["accepted"] + counts["not_attempted"] == 24
    assert set(sent.failed["sms_code"]) == {"outside_hours"}
    assert set(sent.failed["zone"]) == {EASTERN}
    assert not here.outside()
    here.clock.step, here.clock.at = 0.0, moment("2026-11-28T12:00", EASTERN)
    assert here.send().counts == {"accepted": 24}
    assert len({to for to, _ in texted(here.sandbox)}) == 24 == len(here.sandbox.outbox())


def test_hours__that_close_before_a_batch_leaves(place):
    """What was cut already, and waits in its portion to be claimed, is given back."""
    frame = people_in(EASTERN, PACIFIC, each=12)
    here = place(moment("2026-11-27T19:50", EASTERN), frame, sizes=(10, 10, 4))
    here.client.settings = replace(here.client.settings, portion_rows=100)
    here.clock.step = 240.0
    sent = here.send(progress=here.clock.move)
    assert 0 < sent.counts["not_attempted"] < 12
    assert set(sent.failed["sms_code"]) == {"outside_hours"}
    assert set(sent.failed["zone"]) == {EASTERN}
    assert not here.outside()
    here.clock.step, here.clock.at = 0.0, moment("2026-11-28T12:00", EASTERN)
    assert here.send().counts == {"accepted": 24}
    assert len(here.sandbox.outbox()) == 24


def test_hours__that_open_within_the_wait(place):
    """The send waits for what opens in time, zone after zone, in one run; results say it all."""
    frame = people_in(*ZONES, each=6)
    here = place(moment("2026-11-27T07:30", EASTERN), frame, sizes=(10, 10, 4))
    here.clock.step = 600.0
    seen = []

    def told(far):
        seen.append(far)
        here.clock.move()

    sent = here.send(progress=told, wait_s=3 * 3600.0)
    assert any(getattr(far, "waits_for", None) for far in seen)
    frame = sent.to_frame()
    assert set(frame.loc[frame["sms_status"] != "accepted", "zone"]) <= {PACIFIC}
    assert (frame.loc[frame["zone"] != PACIFIC, "sms_status"] == "accepted").all()
    assert frame["Name"].tolist() == here.frame["Name"].tolist()
    assert not here.outside()
    assert smsframe.runs()["accepted"].sum() == len(here.sandbox.outbox())
    here.clock.step, here.clock.at = 0.0, moment("2026-11-27T18:00", EASTERN)
    assert here.send().counts == {"accepted": 24}
    assert len(here.sandbox.outbox()) == 24


def test_hours__results_of_a_wait_keep_what_was_before(place):
    """Rows that were refused, invalid or excluded in the first sweep stay what they were."""
    frame = people_in(*ZONES, each=6)
    frame.loc[[1, 9], "mobile"] = "n/a"
    here = place(moment("2026-11-27T07:30", EASTERN), frame, sizes=(10, 10, 4))
    here.clock.step = 600.0
    sent = here.send(
        progress=here.clock.move, wait_s=5 * 3600.0, exclude=frame["mobile"].iloc[[2, 23]]
    )
    assert sent.counts == {"accepted": 20, "invalid": 2, "not_attempted": 2}
    assert sent.to_frame()["sms_code"].isin(["excluded"]).sum() == 2
    assert sent.run is not None


def test_hours__that_name_not_all_countries(place):
    """Countries of all files are counted before it is said."""
    frame = people_in(*ZONES, each=6)
    frame.loc[[0, 7, 20, 23], "mobile"] = [
        "+447400123456", "+447400123457", "+33612345678", "+447400123458",
    ]  # fmt: skip
    here = place(moment("2026-11-27T12:00", EASTERN), frame, sizes=(10, 10, 4))
    with pytest.raises(InputError, match="GB 3, FR 1"):
        here.send(sending_hours={"US": DAYTIME})
    assert len(here.sandbox.outbox()) == 0


def test_hours__stopped_while_it_waits(place):
    """A stop ends the wait; the results are there, and the same call goes on."""
    here = place(moment("2026-11-27T07:30", EASTERN), people_in(*ZONES, each=6))
    seen = []

    def told(far):
        seen.append(far)
        if getattr(far, "waits_for", None):
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        here.send(progress=told, wait_s=3 * 3600.0, time_zone=EASTERN)
    here.clock.at += 3600
    assert here.send(time_zone=EASTERN).counts == {"accepted": 24}
    assert len(here.sandbox.outbox()) == 24


# -- gaps


HOUR = 3600.0


def gap_send(here, text, **options):
    """Send with a gap of a day, under a name of the text's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", smsframe.PlanWarning)
        given = {"min_gap": "24h", "campaign": text[:6], "phone": "mobile", **options}
        return send_files(here.folder, here.out, text, **given)


def test_min_gap__is_that_of_a_frame(place, tmp_path):
    """Who had anything waits; of several rows to a person, in other files too, the first goes."""
    frame = people_in(*ZONES, each=6)
    frame.loc[[9, 22], "mobile"] = frame.loc[1, "mobile"]
    frame.loc[23, "mobile"] = frame.loc[12, "mobile"]
    here = place(moment("2026-11-27T12:00"), frame, sizes=(10, 10, 4))
    with no_warnings():
        send_frame(frame.iloc[[3, 12]], "One of these days, %%Name%%.", campaign="first")
    here.clock.at += 2 * HOUR
    made = smsframe.plan_files(
        here.folder, TEXT, program="148372", min_gap="24h", progress=False, phone="mobile"
    )
    assert made.counts == {"ready": 19, "too_soon": 5}
    options = {"min_gap": "24h", "phone": "mobile", "dry_run": True}
    with no_warnings():
        looked = send_files(here.folder, tmp_path / "dry", TEXT, **options)
        as_frame = send_frame(frame, TEXT, **options)
        assert codes(looked) == codes(as_frame)
        assert looked.to_frame()["sms_error"].fillna("").tolist() == (
            as_frame["sms_error"].fillna("").tolist()
        )
        sent = here.send(sending_hours=None, min_gap="24h", confirm=19)
        assert sent.counts == {"accepted": 19, "not_attempted": 5}
        assert set(sent.failed["sms_code"]) == {"too_soon"}
        here.clock.at += 25 * HOUR
        counts = here.send(sending_hours=None, min_gap="24h").counts
        assert counts == {"accepted": 22, "not_attempted": 2}
        here.clock.at += 25 * HOUR
        assert here.send(sending_hours=None, min_gap="24h").counts == {"accepted": 24}


def test_min_gap__in_the_transaction_of_each_claim(place, tmp_path):
    """Who gets a message of another campaign while this one runs is held back by its claim."""
    frame = people_in(*ZONES, each=6)
    here = place(moment("2026-11-27T12:00"), frame, sizes=(10, 10, 4))
    others = []

    def meanwhile(far):
        if far.accepted and not others:
            others.append(0)
            with smsframe.connect(here.sandbox, journal=here.client.journal_path) as other:
                other.settings = here.client.settings
                send_frame(frame.iloc[[15, 21]], "Meanwhile.", campaign="other", client=other)

    with no_warnings():
        sent = here.send(sending_hours=None, min_gap="24h", progress=meanwhile, client=here.client)
    assert others
    assert sent.counts == {"accepted": 22, "not_attempted": 2}
    assert sent.failed["Name"].tolist() == frame["Name"].iloc[[15, 21]].tolist()
    assert set(sent.failed["sms_code"]) == {"too_soon"}
    assert pd.Series([to for to, _ in texted(here.sandbox)]).value_counts().max() == 1


def test_min_gap__with_hours_that_open_later(place):
    """Both rules together: what waits for its hours is judged again when it leaves."""
    frame = people_in(*ZONES, each=6)
    here = place(moment("2026-11-27T20:30", EASTERN), frame, sizes=(10, 10, 4))
    with no_warnings():
        first = here.send(min_gap="24h")
        assert first.counts == {"accepted": 18, "not_attempted": 6}
        late = frame[frame["zone"] == EASTERN].iloc[:2]
        here.clock.at += 12 * HOUR
        send_frame(late, "Another text.", campaign="another")
        here.clock.at += HOUR
        again = here.send(min_gap="24h")
    assert again.counts == {"accepted": 22, "not_attempted": 2}
    assert set(again.failed["sms_code"]) == {"too_soon"}
