"""The zones of numbers: every split area code, whole countries, and what a zone of one's own says.

``split_area_codes.csv`` lists the area codes of the United States and Canada that lie in more than
one time zone, with the source of each line. Zones are compared by their clocks, not by their names.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa
import pytest
from hours import CENTRAL, DAYTIME, EASTERN, moment
from phonenumbers import timezone

import smsframe
from smsframe._eligibility.opening import zone
from smsframe._eligibility.zone_prefixes import AREAS, COUNTRIES, everywhere, zones_of
from smsframe._eligibility.zones import first_digits

SPLIT = pd.read_csv(Path(__file__).with_name("split_area_codes.csv"), dtype="str")
ONE_ZONE_FOR_THE_LIBRARY = (219, 250, 270, 308, 418, 423, 541, 574, 606, 620, 785, 807, 812, 850,
                            867, 906, 928)  # fmt: skip
YEAR = [dt.datetime(2026, month, 15, 12, tzinfo=dt.UTC) for month in range(1, 13)]


@cache
def clocks(name):
    """Return how a zone's clocks stand through a year."""
    return tuple(moment.astimezone(ZoneInfo(name)).utcoffset() for moment in YEAR)


def open_hours(zones, *, month, start=8, end=20):
    """Return the hours (UTC) of a day at which it is from 8 to 20 in all of these zones."""
    day = [dt.datetime(2026, month, 15, hour, tzinfo=dt.UTC) for hour in range(24)]
    return {
        at.hour for at in day
        if all(start <= at.astimezone(ZoneInfo(name)).hour < end for name in zones)
    }  # fmt: skip


@pytest.mark.parametrize("code", SPLIT["area_code"])
def test_split_codes__no_zone_is_missed(code):
    """Each zone that a split area code lies in is among those of its numbers."""
    named = SPLIT.loc[SPLIT["area_code"] == code, "zones"].item().split()
    found = {clocks(name) for name in zones_of(f"1{code}5")}
    assert {clocks(name) for name in named} <= found
    for month in (1, 7):
        assert open_hours(zones_of(f"1{code}5"), month=month) <= open_hours(named, month=month)


def test_split_codes__list_has_the_known_ones():
    """The list holds all codes for which the library names one zone although it knows two."""
    assert {str(code) for code in ONE_ZONE_FOR_THE_LIBRARY} <= set(SPLIT["area_code"])
    assert len(SPLIT) > 40
    assert SPLIT["source"].str.len().min() > 10


def test_area_codes__never_fewer_zones_than_the_library():
    """Whatever number of an area code is asked for, the library's answer is among ours."""
    wrong = {689, 879}  # Orlando in Central time; Labrador without daylight saving time
    for area in range(201, 990):
        for exchange in (200, 202, 234, 289, 356, 472, 555, 638, 721, 863, 987):
            number = phonenumbers.PhoneNumber(
                country_code=1, national_number=area * 10_000_000 + exchange * 10_000 + 100
            )
            if not phonenumbers.is_valid_number(number) or area in wrong:
                continue
            theirs = timezone.time_zones_for_geographical_number(number)
            assert {clocks(n) for n in theirs} <= {clocks(n) for n in zones_of(f"1{area}2")}, area


@pytest.mark.parametrize("code", ["212", "415", "604", "809", "808"])
def test_area_codes__of_one_zone_stay_so(code):
    """An area code of one zone is not held back by others."""
    assert len({clocks(name) for name in zones_of(f"1{code}5")}) == 1


@pytest.mark.parametrize(
    ("first", "zones"),
    [
        pytest.param("62812", 3, id="Indonesian mobiles: all of Indonesia"),
        pytest.param("44740", 1, id="British mobiles"),
        pytest.param("34612", 2, id="Spain and the Canaries"),
        pytest.param("35191", 2, id="Portugal and the Azores"),
        pytest.param("77012", 1, id="Kazakh mobiles are not Russian"),
        pytest.param("56912", 3, id="Chile, Magallanes and Easter Island"),
        pytest.param("21161", 1, id="South Sudan keeps no time of Kenya"),
    ],
)
def test_countries(first, zones):
    """Numbers of no area may be wherever their country is."""
    assert len({clocks(name) for name in zones_of(first)}) == zones


def test_countries__russia_has_eleven():
    """Russian mobiles may be in each of eleven zones, Kaliningrad to Kamchatka."""
    offsets = {clocks(name)[0] for name in zones_of("79123")}
    assert {dt.timedelta(hours=hours) for hours in range(2, 13)} <= offsets


def test_countries__australia():
    """Lord Howe's half hour, Eucla's quarter and Darwin count for Australian mobiles."""
    found = {clocks(name) for name in zones_of("61412")}
    for name in ("Australia/Lord_Howe", "Australia/Eucla", "Australia/Darwin", "Australia/Perth"):
        assert clocks(name) in found


def test_unknown__is_everywhere():
    """Networks of no country, and toll-free numbers, may be anywhere their code is."""
    assert zones_of("88213") == everywhere()
    assert clocks("Pacific/Guam") in {clocks(name) for name in zones_of("18005")}
    assert clocks("America/St_Johns") in {clocks(name) for name in zones_of("18005")}


def test_tables__hold_zones_that_exist():
    """Every zone of our tables is one of the time zone database."""
    for names in (*AREAS.values(), *COUNTRIES.values(), everywhere()):
        for name in names:
            zone(name)


def test_first_digits():
    """Rows without a number have no first digits."""
    numbers, firsts = first_digits(pa.array(["12015550123", None, "12015550124", "447400123456"]))
    assert numbers.tolist() == [0, -1, 0, 1]
    assert firsts == ["12015", "44740"]


# -- in a plan


def planned(frame, hours=DAYTIME, **options):
    """Return the zones and the week of each row."""
    made = smsframe.plan(frame, "Hi", program="1", phone="mobile", sending_hours=hours, **options)
    groups = [None if n < 0 else made.data.hours.groups[n] for n in made.data.hours.of_row]
    return made, groups


def numbers(*phones, **columns):
    """Return a frame of numbers."""
    return pd.DataFrame({"mobile": phones, **columns})


def test_plan__a_zone_of_its_own_wins():
    """A column of zones counts more than the number; a blank cell says nothing."""
    frame = numbers(*["+18502015550", "+18502015551", "+18502015552"], tz=[CENTRAL, None, "  "])
    _, groups = planned(frame, time_zone="tz")
    assert [group.zones for group in groups] == [(CENTRAL,), (CENTRAL, EASTERN), (CENTRAL, EASTERN)]
    _, groups = planned(frame, time_zone="Asia/Kolkata")
    assert {group.zones for group in groups} == {("Asia/Kolkata",)}


@pytest.mark.parametrize("dtype", ["object", "string", "category", "string[pyarrow]"])
def test_plan__zones_in_any_dtype(dtype):
    """Columns of zones are read however they are held."""
    tz = pd.Series([CENTRAL, EASTERN, None], dtype=dtype)
    frame = numbers("+12025550101", "+12025550102", "+12025550103").assign(tz=tz)
    _, groups = planned(frame, time_zone="tz")
    assert [group.zones for group in groups] == [(CENTRAL,), (EASTERN,), (EASTERN,)]


def test_plan__zones_as_objects():
    """Cells may be zones of the standard library; what is another time elsewhere is no zone."""
    frame = numbers("+12025550101", tz=[ZoneInfo(CENTRAL)])
    _, groups = planned(frame, time_zone="tz")
    assert [group.zones for group in groups] == [(CENTRAL,)]
    for name in ("localtime", "posixrules", "Factory", "right/UTC", "EST", "MST"):
        made, _ = planned(numbers("+12025550101", tz=[name]), time_zone="tz")
        assert "time_zone_unknown" in set(made.problems["code"])


def test_plan__an_unknown_zone_stops_its_row():
    """A cell that names no zone is told with its row, column and value."""
    frame = numbers("+12025550101", "+12025550102", tz=["America/Atlantis", EASTERN])
    made, _ = planned(frame, time_zone="tz")
    (problem,) = made.problems.query("code == 'time_zone_unknown'").to_dict("records")
    assert (problem["label"], problem["column"], problem["value"]) == (0, "tz", "America/Atlantis")
    assert made.to_frame()["sms_status"].tolist()[0] == "invalid"


def test_plan__a_column_that_is_a_zone_too():
    """What is a column and a zone is asked about."""
    frame = numbers("+12025550101", UTC=["UTC"])
    with pytest.raises(smsframe.InputError, match="is a column, and a time zone too"):
        planned(frame, time_zone="UTC")
    with pytest.raises(smsframe.InputError, match="time_zone= names column 'Denver'"):
        planned(frame, time_zone="Denver")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        *(("Denver", "Did you mean 'America/Denver'"), ("new york", "'America/New_York'")),
        *(("EST", "names as 'America/Denver'"), ("GMT+1", "names as 'America/Denver'")),
    ],
)
def test_plan__a_zone_by_another_name(given, told):
    """A city is told its zone. EST knows no summer time, and Etc/GMT+1 is behind GMT: neither."""
    with pytest.raises(smsframe.InputError, match=told):
        planned(numbers("+12025550101"), time_zone=given)


def test_plan__by_country():
    """Each row has its country's week; Canada is told from the United States by area code."""
    frame = numbers("+12025550101", "+14165550102", "+447400123456", "+33612345678")
    hours = {"US": ("08:00", "21:00"), "CA": ("09:00", "20:00"), "*": ("10:00", "18:00")}
    _, groups = planned(frame, hours)
    assert [group.rule.week[0] for group in groups] == [
        ((480, 1260),), ((540, 1200),), ((600, 1080),), ((600, 1080),)
    ]  # fmt: skip


def test_plan__countries_that_share_a_code():
    """Jersey counts as the United Kingdom, unless it is named."""
    frame = numbers("+447400123456", "+447797712345")
    _, groups = planned(frame, {"GB": ("08:00", "20:00")})
    assert groups[0].rule == groups[1].rule
    _, groups = planned(frame, {"GB": ("08:00", "20:00"), "JE": ("10:00", "18:00")})
    assert [group.rule.week[0] for group in groups] == [((480, 1200),), ((600, 1080),)]


def test_plan__a_country_that_is_not_named():
    """Nobody is texted at hours that nobody chose: the countries are named, with counts."""
    frame = numbers("+12025550101", "+14165550102", "+14165550103", "+447400123456")
    with pytest.raises(smsframe.InputError, match="CA 2, GB 1") as caught:
        planned(frame, {"US": DAYTIME})
    assert "'*'" in str(caught.value)
    planned(frame, {"US": DAYTIME}, exclude=["+14165550102", "+14165550103", "+447400123456"])


def test_plan__lookup_needs_a_zone():
    """Where no number is known nobody's time is, unless it is said."""
    frame = pd.DataFrame({"id": ["a", "b"], "tz": [EASTERN, None]})
    options = {"program": "1", "lookup": {"key": "id"}, "sending_hours": DAYTIME}
    with pytest.raises(smsframe.InputError, match=r"time_zone=.*by a column or a name"):
        smsframe.plan(frame, "Hi", **options)
    with pytest.raises(smsframe.InputError, match="blank in 1 row, so"):
        smsframe.plan(frame, "Hi", **options, time_zone="tz")
    with pytest.raises(smsframe.InputError, match=r"\{'\*': …\}"):
        smsframe.plan(
            frame, "Hi", **{**options, "sending_hours": {"US": DAYTIME}}, time_zone=EASTERN
        )
    made = smsframe.plan(frame, "Hi", **options, time_zone=EASTERN)
    assert made.data.hours.groups[0].zones == (EASTERN,)


def test_plan__rows_without_a_number_have_no_group():
    """An invalid row is in no group, and is no country that has to be named."""
    _, groups = planned(numbers("+12025550101", "n/a", None), {"US": DAYTIME})
    assert groups[1:] == [None, None]


@pytest.mark.filterwarnings("ignore::smsframe.PlanWarning")
def test_night_now(client):
    """Without hours a plan says for whom it is night, of rows that would go out."""
    at = [moment("2026-11-27T22:00", EASTERN)]
    client.settings = smsframe._base.send_settings.SendSettings(clock=lambda: at[0])
    frame = numbers("+12025550101", "+12135550102", "+18505550103", "n/a", tz=[None] * 4)
    options = {"program": "148372", "phone": "mobile"}

    def late(**more):
        made = smsframe.plan(frame, "Hi", **options, **more)
        found = made.problems[made.problems["code"].eq("night_now")]
        assert set(found["severity"]) <= {"info"}
        assert len(found) <= 1  # however many people it is night for
        return made.problem_counts.get("night_now", 0)

    assert late() == 2
    told = smsframe.plan(frame, "Hi", **options).problems["sentence"]
    assert told.str.contains("where 2 of these people are").sum() == 1
    made = smsframe.plan(frame, "Hi", **options)
    assert made.history == made.history
    at[0] = moment("2026-11-27T20:30", CENTRAL)  # 850 lies in both, and in one it is no night yet
    assert late() == 1
    assert late(sending_hours=DAYTIME) == 0
    assert late(time_zone="Asia/Kolkata") == 0
    at[0] = moment("2026-11-27T12:00", EASTERN)
    assert late() == 0
    assert late(time_zone="Asia/Kolkata") == 3
    results = frame.sms.send("Hi", **options, progress=False, time_zone="Asia/Kolkata")
    assert results["sms_status"].eq("accepted").sum() == 3


def test_row_hours__of_many_rows_is_cheap():
    """The groups of many numbers are found by their first digits, not row by row."""
    areas = np.tile(np.arange(201, 990, dtype=np.int64), 400)
    phones = 10_000_000_000 + areas * 10_000_000 + 2_000_000 + np.arange(len(areas))
    found, firsts = first_digits(pa.array(phones.astype(str)))
    assert len(firsts) == 789
    assert len(found) == len(areas)
