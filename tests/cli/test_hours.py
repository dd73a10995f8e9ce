"""Hours on the command line: as text, as a file, with closed days, a time zone and a wait."""

from __future__ import annotations

import datetime as dt
import json

import pandas as pd
import pytest
from samples import fictional_phones, written

from smsframe.cli import hours
from smsframe.cli.commands import main
from smsframe.cli.hours import sending_hours
from smsframe.errors import InputError

pytestmark = pytest.mark.usefixtures("own_folder")
PEOPLE = "mobile,tz\n" + "".join(f"{phone},\n" for phone in fictional_phones(4))
DAYS = [(dt.date.today() + dt.timedelta(days=n)).isoformat() for n in (-1, 0, 1)]  # noqa: DTZ011
CLOSED = [word for day in DAYS for word in ("--closed", day)]
ALWAYS = ["--sending-hours", "00:00-24:00"]


def statuses(name="people-results.csv"):
    """Return the statuses of the file of results."""
    return pd.read_csv(name)["sms_status"].tolist()


def test_send__on_a_closed_day_and_later(sending, capsys):
    """On a closed day nothing goes, with exit code 1 and when to come back; the rest goes later."""
    written("people.csv", PEOPLE)
    send = sending("people.csv", "Hi")
    assert main([*send, *CLOSED, "--confirm", "4"]) == 1
    told = capsys.readouterr()
    assert "outside --sending-hours or --closed" in told.out
    assert "Nothing was sent: 4 not attempted" in told.out
    assert "the first opens 00:00 on" in told.out
    assert "--confirm 4" in told.err
    assert statuses() == ["not_attempted"] * 4
    assert main([*send, *ALWAYS, "--confirm", "4"]) == 0
    assert statuses() == ["accepted"] * 4


def test_plan__says_what_opens_later(sending, capsys):
    """``plan`` says how many go now and how many later, zone by zone."""
    written("people.csv", PEOPLE)
    plan = ["plan", *sending("people.csv", "Hi")[1:]]
    main([*plan, *CLOSED])
    assert "Opens later: 4." in capsys.readouterr().out
    main([*plan, *ALWAYS, "--time-zone", "Asia/Kolkata"])
    assert "Goes now: 4. 4 Asia/Kolkata." in capsys.readouterr().out
    main([*plan, *ALWAYS, "--time-zone", "tz"])
    assert "Goes now: 4. 4 America/New_York." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["hours.json", "hours.toml"])
def test_hours__from_a_file(sending, capsys, name):
    """Hours by country and weekday come from a file of JSON or TOML."""
    written("people.csv", PEOPLE)
    read = {"US": {"mon-sun": "00:00-24:00"}}
    written(name, json.dumps(read) if "json" in name else '[US]\nmon-sun = "00:00-24:00"\n')
    assert hours.sending_hours(name) == read
    assert main([*sending("people.csv", "Hi"), "--sending-hours", name, "--confirm", "4"]) == 0


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("none.json", None, "cannot be read: No such file"),
        ("bad.json", "{", "cannot be read"),
        ("bad.toml", "US =", "cannot be read"),
        ("list.json", "[1]", "no mapping of countries"),
    ],
)
def test_hours__files_that_cannot_be_read(name, text, told):
    """A file that is not there, or holds something else, is refused with its name."""
    if text is not None:
        written(name, text)
    with pytest.raises(InputError, match=told) as caught:
        hours.sending_hours(name)
    assert f"--sending-hours {name}" in str(caught.value)


def test_hours__refused_in_the_words_of_a_shell(sending, capsys):
    """What is wrong with hours names the option."""
    written("people.csv", PEOPLE)
    assert main([*sending("people.csv", "Hi"), "--sending-hours", "20:00-08:00"]) == 2
    assert "--sending-hours goes across midnight" in capsys.readouterr().err
    assert main([*sending("people.csv", "Hi"), "--closed", "Christmas"]) == 2
    assert "--closed holds 'Christmas', which is no date" in capsys.readouterr().err


def test_send__waits(sending, capsys):
    """``--wait`` is the time that a send waits for hours; what opens later than that stays."""
    written("people.csv", PEOPLE)
    assert main([*sending("people.csv", "Hi"), *CLOSED, "--wait", "0.2", "--confirm", "4"]) == 1
    assert main([*sending("people.csv", "Hi"), *ALWAYS, "--wait", "-1", "--confirm", "4"]) == 2
    assert "--wait" in capsys.readouterr().err


def test_hours_file__a_country_twice(tmp_path):
    """In a file a country that stands twice is refused: the last one would win unseen."""
    path = tmp_path / "hours.json"
    path.write_text('{"US": "08:00-20:00", "US": "00:00-24:00"}')
    with pytest.raises(InputError, match="'US' stands there twice"):
        sending_hours(str(path))
