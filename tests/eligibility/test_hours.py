"""What ``sending_hours=`` and ``closed=`` may be, and when that is open by people's clocks."""

from __future__ import annotations

import datetime as dt
import math
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hours import DAYTIME, EASTERN, MOUNTAIN, moment
from samples import make_people

import smsframe
from smsframe._eligibility.hours import DAYS, Rule, read_hours
from smsframe._eligibility.opening import AHEAD_DAYS, Group, RowHours, state
from smsframe._eligibility.opening_words import duration, opening, reason

MESSAGE = {"program": "148372", "phone": "mobile"}


def rules(sending_hours=None, closed=None, country="US"):
    """Return the rule of a country."""
    faults = []
    read = read_hours(sending_hours, closed, faults)
    assert faults == []
    return read.rule(country)


def week(*windows):
    """Return a week of equal days."""
    return (windows,) * 7


def refusal(**given):
    """Return the sentence with which hours are refused in a plan."""
    with pytest.raises(smsframe.InputError) as caught:
        smsframe.plan(make_people(2), "Hi", **MESSAGE, **given)
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "windows"),
    [
        (("08:00", "20:00"), [(480, 1200)]),
        (["08:00", "20:00"], [(480, 1200)]),
        ("08:00-20:00", [(480, 1200)]),
        ("8:00 - 12:30, 14:00 - 24:00", [(480, 750), (840, 1440)]),
        ([("14:00", "24:00"), ("08:00", "12:00")], [(480, 720), (840, 1440)]),
        (((dt.time(8), dt.time(12, 30)),), [(480, 750)]),
        ([("08:00", "12:00"), ("12:00", "20:00")], [(480, 720), (720, 1200)]),
        ([["00:00", "02:00"], ["20:00", "24:00"]], [(0, 120), (1200, 1440)]),
    ],
    ids=str,
)
def test_hours__windows(given, windows):
    """Windows are pairs of times, in any order; a text has commas between them."""
    assert rules(given).week == week(*windows)


def test_hours__by_weekday():
    """Days are names, spans and lists; a missing day is closed, and so is an empty one."""
    found = rules({"US": {"Mon-Fri": DAYTIME, "saturday": ("10:00", "18:00"), "sun": None}}).week
    assert found == (*(((480, 1200),),) * 5, ((600, 1080),), ())
    assert rules({"US": {"sat,sun": DAYTIME}}).week == (*((),) * 5, *(((480, 1200),),) * 2)
    assert rules({"US": {"fri-mon": DAYTIME}}).week[1:4] == ((), (), ())


def test_hours__by_country():
    """A country has its own hours, others those of the star, or none."""
    given = {"us": DAYTIME, "*": ("09:00", "18:00")}
    assert rules(given, country="US").week == week((480, 1200))
    assert rules(given, country="FR").week == week((540, 1080))
    assert rules({"US": DAYTIME}, country="FR") is None
    assert rules(given, country=None).week == week((540, 1080))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("8", "20:00"), "has the time '8'"),
        (("08:00", "25:00"), "has the time '25:00'"),
        (("08:60", "20:00"), "has the time '08:60'"),
        (("08:00", 20), "has the time 20"),
        ((8, 20), "has the time 8"),
        ((dt.time(8, 0, 1), "20:00"), "has the time 08:00:01"),
        (("20:00", "08:00"), r"[('00:00', '08:00'), ('20:00', '24:00')]"),
        (("20:00", "00:00"), "Write ('20:00', '24:00')"),
        (("08:00", "08:00"), "nothing can go out"),
        (("24:00", "24:00"), "begins at 24:00"),
        ([("08:00", "12:00"), ("11:00", "13:00")], "overlap: 08:00 to 12:00 and 11:00 to 13:00"),
        ([("08:00", "12:00"), "perhaps"], "it must be hours such as"),
        ([], "is empty"),
        ({}, "is empty"),
        ("all day", "must be hours such as"),
        (8, "must be hours such as"),
        (("08:00",), "must be hours such as"),
        (("08:00", "12:00", "20:00"), "must be hours such as"),
        ({"XX": DAYTIME}, "names 'XX', which is no country"),
        ({"UK": DAYTIME, "*": DAYTIME}, "Did you mean 'GB'?"),
        ({"France": DAYTIME}, "Did you mean 'FR'?"),
        ({1: DAYTIME}, "which is no country"),
        ({"us": DAYTIME, "US": DAYTIME}, "is there twice"),
        ({"mon-fri": DAYTIME}, "names days. Say of which countries"),
        ({"US": {"someday": DAYTIME}}, "names 'someday', which is no day"),
        ({"US": {"mon": DAYTIME, "mon-fri": DAYTIME}}, "names mon twice"),
        ({"US": {"mon": None}}, "open on no day"),
        ({"US": {1: DAYTIME}}, "which is no day"),
        ({"US": None}, "sending_hours['US']"),
        ({"US": {"mon": ("20:00", "08:00")}}, "sending_hours['US']['mon'] goes across midnight"),
    ],
    ids=str,
)
def test_hours__refused(given, told):
    """What cannot be used is refused when planned, with the piece that is wrong."""
    assert told in refusal(sending_hours=given)


@pytest.mark.parametrize(
    "given",
    [
        ["2026-12-25", dt.date(2026, 11, 26)],
        (pd.Timestamp("2026-12-25"), dt.datetime(2026, 11, 26)),  # noqa: DTZ001
        pd.Series(["2026-12-25", "2026-11-26"]),
        pd.to_datetime(["2026-12-25", "2026-11-26"]),
        np.array(["2026-12-25", "2026-11-26"], dtype="datetime64[D]"),
        {dt.date(2026, 12, 25): "Christmas", dt.date(2026, 11, 26): "Thanksgiving"},
        {"US": {dt.date(2026, 12, 25): "Christmas"}, "*": ["2026-11-26"]},
    ],
    ids=lambda given: type(given).__name__,
)
def test_closed__dates(given):
    """Dates are given in every form that has them; those for all count for each country too."""
    rule = rules(DAYTIME, given)
    assert rule.closed == {dt.date(2026, 12, 25), dt.date(2026, 11, 26)}


def test_closed__alone():
    """With closed days alone, all other hours are open."""
    assert rules(closed="2026-12-25") == Rule(
        week=week((0, 1440)), closed=frozenset({dt.date(2026, 12, 25)})
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("25.12.2026", "holds '25.12.2026', which is no date"),
        (["2026-12-25", None], "holds None"),
        ([pd.NaT], "which is no date"),
        ("2026-12-25 10:00", "which is no date"),
        (pd.Series(["2026-12-25", "perhaps"]), "a value at position 1"),
        (20261225, "must be dates such as"),
        ({"XX": ["2026-12-25"]}, "which is no country"),
        ({"US": 5}, "closed['US']"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_closed__refused(given, told):
    """What is no date is refused, and says which."""
    assert told in refusal(closed=given)


# -- when it is open


def is_open(zones, rule, at):
    """Tell by the clocks on the walls whether it is open: the slow way."""
    for name in zones:
        there = dt.datetime.fromtimestamp(at, tz=ZoneInfo(name))
        minute = there.hour * 60 + there.minute
        windows = rule.week[there.weekday()]
        if there.date() in rule.closed or not any(s <= minute < e for s, e in windows):
            return False
    return True


RULES = {
    "daytime": Rule(week=week((480, 1200))),
    "all": Rule(),
    "two windows": Rule(week=week((0, 120), (1200, 1440))),
    "weekdays": Rule(week=(*week((540, 1080))[:5], ((600, 720),), ())),
    "closed": Rule(week=week((480, 1200)), closed=frozenset({dt.date(2026, 3, 8)})),
    "in the night": Rule(week=week((60, 150))),
}
SETS = {
    "New York": (EASTERN,),
    "Florida": ("America/Chicago", EASTERN),
    "Arizona and Navajo": ("America/Phoenix", MOUNTAIN),
    "India": ("Asia/Kolkata",),
    "Newfoundland": ("America/St_Johns",),
    "Lord Howe": ("Australia/Lord_Howe",),
    "both ends": ("Pacific/Kiritimati", "Pacific/Pago_Pago"),
    "London": ("Europe/London",),
    "Cairo": ("Africa/Cairo",),
}
NIGHTS = {
    "spring in America": moment("2026-03-08T00:00", EASTERN),
    "autumn in America": moment("2026-11-01T00:00", EASTERN),
    "spring in Europe": moment("2026-03-28T22:00"),
    "autumn in Europe": moment("2026-10-24T22:00"),
    "Lord Howe": moment("2026-04-04T12:00"),
    "an ordinary day": moment("2026-06-10T00:00"),
}


@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize("zones", SETS)
def test_state__is_what_the_clocks_say(zones, night):
    """At every quarter of an hour around a change it is open exactly when the clocks say so."""
    for name, rule in RULES.items():
        group = Group(SETS[zones], rule)
        for at in np.arange(NIGHTS[night] - 43_200, NIGHTS[night] + 86_400, 900.0).tolist():
            closes, opens = state(group, at)
            assert (closes > at) == is_open(group.zones, rule, at), (name, at)
            assert (opens == -math.inf) == (closes > at)
            if at < closes < math.inf:
                assert is_open(group.zones, rule, closes - 1)
                assert not is_open(group.zones, rule, closes)
            if at < opens < math.inf:
                assert is_open(group.zones, rule, opens)
                assert not is_open(group.zones, rule, opens - 1)


def test_state__half_open():
    """The first second of a window is open, the first after it is not."""
    group = Group((MOUNTAIN,), RULES["daytime"])
    eight, twenty = (moment(f"2026-11-27T{hour}:00", MOUNTAIN) for hour in ("08", "20"))
    assert state(group, eight) == (twenty, -math.inf)
    assert state(group, twenty - 0.001)[0] == twenty
    assert state(group, twenty) == (-math.inf, moment("2026-11-28T08:00", MOUNTAIN))
    assert state(group, eight - 0.001) == (-math.inf, eight)


def test_state__an_hour_that_does_not_occur():
    """What the clocks skip is not open: 02:00 to 02:30 of that night passes."""
    group = Group((EASTERN,), Rule(week=week((120, 150))))
    day = moment("2026-03-08T00:00", EASTERN)
    assert state(group, day)[1] == moment("2026-03-09T02:00", EASTERN)


def test_state__an_hour_that_occurs_twice():
    """What the clocks show twice is open twice."""
    group = Group((EASTERN,), Rule(week=week((60, 90))))
    first = moment("2026-11-01T01:00", EASTERN)
    assert state(group, first)[0] == first + 1800
    assert state(group, first + 1800)[1] == first + 3600
    assert state(group, first + 3600)[0] == first + 5400


def test_state__never_and_late():
    """What opens beyond the days ahead never does; what is always open never closes."""
    monday = moment("2026-06-08T00:00")
    late = frozenset(dt.date(2026, 6, 8) + dt.timedelta(days=n) for n in range(AHEAD_DAYS + 1))
    assert state(Group(("UTC",), Rule(closed=late)), monday) == (-math.inf, math.inf)
    soon = Rule(closed=late - {max(late)})
    assert state(Group(("UTC",), soon), monday)[1] == moment("2026-06-22T00:00")
    assert state(Group(("UTC",), Rule()), monday) == (math.inf, -math.inf)


def test_row_hours__changes_in_time():
    """A moment holds until the next group opens or closes, and not before it was looked at."""
    groups = (Group((EASTERN,), RULES["daytime"]), Group((MOUNTAIN,), RULES["daytime"]))
    hours = RowHours(of_row=np.array([0, 1, -1, 0], np.int32), groups=groups)
    rows = np.arange(4)
    at = moment("2026-11-27T19:59", EASTERN)
    found = hours.at(at)
    assert found.until == at + 60
    assert found.holds(at + 59)
    assert not found.holds(at + 60)
    assert not found.holds(at - 1)
    is_open = [(hours.at(now).closes[hours.of_row[rows]] > now).tolist() for now in (at, at + 60)]
    assert is_open == [[True] * 4, [False, True, True, False]]


# -- words


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-11-27T05:50", "08:00 in America/Denver, in 2 h 10 min"),
        ("2026-11-27T20:00", "08:00 on Saturday 28 November in America/Denver, in 12 h"),
        ("2026-11-27T07:59:30", "08:00 in America/Denver, in 1 min"),
    ],
)
def test_opening__words(now, told):
    """The sentence names the moment by the clock that it is about, and how long that is."""
    group, at = Group((MOUNTAIN,), RULES["daytime"]), moment(now, MOUNTAIN)
    assert opening(group, at, state(group, at)[1]) == told


def test_opening__names_the_zone_that_opens_last():
    """In Florida it opens when Chicago's clock says so, and the sentence tells both zones."""
    group, at = (
        Group((EASTERN, "America/Chicago"), RULES["daytime"]),
        moment("2026-11-27T07:00", EASTERN),
    )
    opens = state(group, at)[1]
    assert opens == moment("2026-11-27T09:00", EASTERN)
    code, sentence = reason(group, at, opens)
    assert code == "outside_hours"
    assert "opens 08:00 in America/Chicago, in 2 h." in sentence
    assert "America/New_York and America/Chicago" in sentence


def test_duration():
    """Two units at most, rounded up."""
    assert [duration(s) for s in (1, 60, 3600, 3660, 172_800, 176_401)] == [
        "1 min", "1 min", "1 h", "1 h 1 min", "2 days", "2 days 2 h"
    ]  # fmt: skip


def test_days__are_those_of_python():
    """Weekdays are counted as Python counts them."""
    assert [dt.date(2026, 11, 23 + n).strftime("%a").lower() for n in range(7)] == list(DAYS)
