"""The panel "Not to whom, not when", and what the totals, the question and the end say of rules."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from composer.test_compose import WAIT_S, calls, opened, send_all, words
from composer.test_words import ARGUMENT, screen

import smsframe
from smsframe._composer.panels import rule_words
from smsframe._plan.consent_arguments import VARIABLE

PROGRAM = "148372"
NOON_IN_NEW_YORK = dt.datetime(2026, 11, 3, 17, tzinfo=dt.UTC).timestamp()
AFTERNOON = ("12:00", "20:00")
IN_TWO_ZONES = ["+12015550101", "+13035550102", "+13035550103"]


@pytest.fixture
def clock(client):
    """Return a clock of the client's that stands still: it is noon in New York, 10 in Denver."""
    now = [NOON_IN_NEW_YORK]
    client.settings = replace(client.settings, clock=lambda: now[0])
    return now


@pytest.fixture
def two_zones(people):
    """Return three people: one in New Jersey, two in Denver."""
    return people.assign(mobile=IN_TWO_ZONES)


def set_field(made, **values):
    """Type into fields of the panel and wait for the totals."""
    for name, value in values.items():
        getattr(made.rules, name).value = value
    assert made.wait(WAIT_S)


# --- the panel ---------------------------------------------------------------------------


def test_rules__folded_and_named(people, client):
    """It is closed at first; its header says in words what is set."""
    made = opened(people, program=PROGRAM)
    assert made.rules.head.description == "▸ Not to whom, not when: nothing set"
    assert made.rules.inside.layout.display == "none"
    made.rules.head.value = True
    assert made.rules.inside.layout.display is None
    assert made.rules.head.description.startswith("▾")


def test_rules__what_is_typed_is_code_and_plan(people, client):
    """Hours and gap as people write them become the arguments that code would have."""
    made = opened(people, program=PROGRAM, exclude=people["mobile"].head(1).tolist())
    set_field(made, start="8", end="8 pm", gap="24")
    assert 'sending_hours=("08:00", "20:00"),' in made.code
    assert 'min_gap="24h",' in made.code
    assert made.plan.options.min_gap_s == 86400
    told = "Not to whom, not when: 8:00 to 20:00 · 24 hours apart · 1 excluded"
    assert made.rules.head.description == f"▸ {told}"
    set_field(made, start="", end=" ", gap="")
    assert "sending_hours" not in made.code
    assert "min_gap" not in made.code


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param({"start": "25:00", "end": "26"}, "'25:00' is no time of day.", id="25:00"),
        pytest.param({"start": "abc", "end": "20"}, "'abc' is no time of day.", id="abc"),
        pytest.param({"start": "8:75", "end": "20"}, "'8:75' is no time of day.", id="minutes"),
        pytest.param({"start": "8"}, "Write both hours, or neither.", id="one"),
        pytest.param({"start": "20", "end": "8"}, "has to be later than the first", id="midnight"),
        pytest.param({"start": "8", "end": "8"}, "has to be later than the first", id="nothing"),
        pytest.param({"gap": "abc"}, "as a number of hours, such as 24 or 1.5", id="gap"),
        pytest.param({"gap": "0"}, "as a number of hours, such as 24 or 1.5", id="no gap"),
        pytest.param({"gap": "nan"}, "as a number of hours, such as 24 or 1.5", id="nan"),
        pytest.param({"leave_out": "nobody.txt"}, "There is no file 'nobody.txt'.", id="no file"),
        pytest.param({"consent": True}, "Write the id of the database", id="no database"),
    ],
)
def test_rules__wrong_entries(typed, said, people, client, sandbox):
    """A sentence beside the field, no word of code, and nothing can be sent, in code neither."""
    made = opened(people, program=PROGRAM)
    set_field(made, **typed)
    panel = made.rules
    assert said in " ".join(words(note).replace("&#x27;", "'") for note in panel.notes.values())
    assert made.rules.head.description == "▸ Not to whom, not when: an entry cannot be used"
    assert made.send.send.disabled
    assert said in words(made.send.notes).replace("&#x27;", "'")
    assert not ARGUMENT.search(screen(made))
    made.send.send.click()
    made.send.question.yes.click()
    with pytest.raises(smsframe.InputError):
        made.plan.send()
    with pytest.raises(smsframe.InputError):
        exec(made.code, {"frame": people})
    assert calls(sandbox) == 0
    set_field(made, start="", end="", gap="", leave_out="", consent=False)
    assert not made.send.send.disabled
    assert made.desk.wrong == {}


def test_rules__a_list_in_a_file(people, client, sandbox, tmp_path):
    """Nobody in a file that is named is texted; it stands in code, and goes with its name."""
    path = tmp_path / "do-not-text.txt"
    path.write_text(f"{people['mobile'][0]}\nnobody\n", encoding="utf-8")
    made = opened(people, program=PROGRAM)
    set_field(made, leave_out=str(path))
    assert f"exclude={str(path)!r}," in made.code
    assert made.rules.head.description == "▸ Not to whom, not when: 1 excluded"
    assert "1 of its entries cannot be read" in words(made.rules.notes["exclude"])
    assert "This person is in the list that was given" in words(made.see.phone)
    send_all(made)
    assert len(sandbox.outbox()) == len(people) - 1
    path.write_text("+12015550199\n", encoding="utf-8")
    set_field(made, gap="1")  # the list was read when it was named, not with every field
    assert "1 excluded" in made.rules.head.description
    set_field(made, leave_out=" ", gap="")
    assert "exclude" not in made.code


def test_rules__a_list_in_a_file_beside_one_of_code(people, client, tmp_path):
    """What code leaves out stays left out; a file that code named stands in the field."""
    path = tmp_path / "do-not-text.csv"
    path.write_text(f"phone\n{people['mobile'][0]}\n", encoding="utf-8")
    stopped = people["mobile"].tail(1).tolist()
    made = opened(people, program=PROGRAM, exclude=stopped)
    set_field(made, leave_out=str(path))
    assert f"exclude=[stopped, {str(path)!r}]," in made.code
    assert made.plan.options.exclude.numbers.holds_any
    assert "2 excluded" in made.rules.head.description
    set_field(made, leave_out="")
    assert "exclude=stopped," in made.code
    named = opened(people, program=PROGRAM, exclude=path)
    assert named.rules.leave_out.value == str(path)
    set_field(named, leave_out="")
    assert "exclude" not in named.code


def test_rules__a_list_that_cannot_be_used(people, client, tmp_path):
    """A packed file, and numbers that a spreadsheet has rounded, are refused beside the field."""
    for name, content, said in (
        ("list.txt", b"PK\x03\x04", "unpack it"),
        ("list.csv", b"phone\n" + b"1.2016E+10\n" * 9, "scientific notation"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        made = opened(people, program=PROGRAM)
        set_field(made, leave_out=str(path))
        assert said in words(made.rules.notes["exclude"])
        assert made.send.send.disabled
        assert not ARGUMENT.search(screen(made))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param(
            {"US": ("08:00", "20:00"), "*": ("09:00", "18:00")},
            "United States 8:00 to 20:00; all others 9:00 to 18:00",
            id="countries",
        ),
        pytest.param(
            [("08:00", "12:00"), ("14:00", "24:00")],
            "8:00 to 12:00 and 14:00 to 24:00",
            id="windows",
        ),
        pytest.param(
            {"*": {"mon-fri": ("08:00", "20:00"), "sat": ("10:00", "18:00")}},
            "Mon to Fri 8:00 to 20:00, Sat 10:00 to 18:00",
            id="days",
        ),
    ],
)
def test_rules__hours_that_were_set_in_code(given, told, people, client):
    """What has no field is told in words and kept, until other hours are typed in its place."""
    made = opened(people, program=PROGRAM, sending_hours=given)
    assert told in made.rules.head.description
    assert f"The hours that were set in code hold: {told}." in words(
        made.rules.notes["sending_hours"]
    )
    set_field(made, gap="24")
    assert made.desk.choices.rest["sending_hours"] == given
    set_field(made, start="9", end="17")
    assert 'sending_hours=("09:00", "17:00"),' in made.code
    assert "no longer hold" in words(made.rules.notes["sending_hours"])
    set_field(made, start="", end="")
    assert made.desk.choices.rest["sending_hours"] == given


def test_rules__given_in_code_and_left_alone(people, client):
    """What fits the fields stands in them, and stays as it was written until it is changed."""
    made = opened(
        people, program=PROGRAM, sending_hours="08:00-20:00", min_gap="90min",
        closed=["2026-12-25"], wait_s=7200, time_zone="America/Denver",
    )  # fmt: skip
    assert (made.rules.start.value, made.rules.end.value) == ("08:00", "20:00")
    assert made.rules.gap.value == "1.5"
    assert "1 hour 30 minutes apart" in made.rules.head.description
    fields = (made.rules.closed, made.rules.zone, made.rules.pause)
    assert [field.value for field in fields] == ["2026-12-25", "America/Denver", "2"]
    set_field(made, consent=True, database="9911")
    for line in ('sending_hours="08:00-20:00",', 'min_gap="90min",', 'consent_database="9911",'):
        assert line in made.code


def test_rules__consent(people, client, monkeypatch):
    """The id of the database is asked for where somebody asks, unless the environment names it."""
    made = opened(people, program=PROGRAM)
    assert made.rules.database.layout.display == "none"
    set_field(made, consent="require", database=" 9911 ")
    assert made.rules.database.layout.display is None
    for line in ('check_consent="require",', 'consent_database="9911",'):
        assert line in made.code
    assert "consent required" in made.rules.head.description
    set_field(made, consent=False)
    assert "consent" not in made.code
    assert made.rules.database.layout.display == "none"
    monkeypatch.setenv(VARIABLE, "7700")
    set_field(made, database="", consent=True)
    assert "Database 7700 is asked" in words(made.rules.notes["consent_database"])
    assert made.plan.options.consent_database == "7700"
    assert "consent_database" not in made.code


@pytest.mark.parametrize(
    ("typed", "read"),
    [("8", "08:00"), ("8.30", "08:30"), ("12 am", "00:00"), ("12pm", "12:00"), ("13 pm", "13 pm")],
)
def test_time_of(typed, read):
    """Times as people write them."""
    assert rule_words.time_of(typed) == read


# --- what is held back now ---------------------------------------------------------------


def test_totals__outside_hours(two_zones, client, clock, sandbox):
    """The button counts what goes now; the others are counted by rule, with the first opening."""
    made = opened(two_zones, program=PROGRAM, exclude=["+12015550199"], sending_hours=AFTERNOON)
    said = "2 outside hours: the first opens 12:00 in America/Denver"
    assert "1 message to send" in words(made.check.totals)
    assert said in words(made.check.totals)
    assert said in repr(made)
    assert made.send.send.description == "Send 1 message"
    made.send.send.click()
    assert f"Held back now: {said}" in words(made.send.question.words)
    assert made.send.question.yes.description == "Yes, send 1 message"
    made.send.question.yes.click()
    assert made.wait(WAIT_S)
    assert sandbox.outbox()["to"].tolist() == ["12015550101"]
    assert "Ended: 1 accepted, 2 not attempted (2 outside hours)." in words(made.send.outcome)
    assert made.send.send.disabled
    assert f"No message may go out now. Held back now: {said}" in words(made.send.notes)
    clock[0] += 2 * 3600
    made.desk.recount(anew=True)
    assert made.wait(WAIT_S)
    assert made.send.send.description == "Send the remaining 2 messages"
    send_all(made)
    assert len(sandbox.outbox()) == 3
    assert "Done: 3 accepted." in words(made.send.outcome)


def test_totals__hours_open_before_the_click(two_zones, client, clock, sandbox):
    """Where more may go than the button says, the click that asks says so and sends nothing."""
    made = opened(two_zones, program=PROGRAM, sending_hours=AFTERNOON)
    clock[0] += 2 * 3600
    made.send.send.click()
    said = "Nothing was sent: hours opened or closed, or a gap ended, since this number"
    assert said in words(made.send.outcome)
    assert made.send.send.description == "Send 3 messages"
    assert calls(sandbox) == 0


def test_totals__hours_open_between_question_and_answer(two_zones, client, clock, sandbox):
    """The number that was confirmed is not the number any more: nothing is sent, and why."""
    made = opened(two_zones, program=PROGRAM, sending_hours=AFTERNOON)
    made.send.send.click()
    clock[0] += 8 * 3600  # closed in New Jersey, open in Denver
    made.send.question.yes.click()
    assert made.wait(WAIT_S)
    assert "hours opened or closed, or some went out," in words(made.send.errors)
    assert "2 messages would go out now" in words(made.send.errors)
    assert calls(sandbox) == 0


def test_totals__waited_for(two_zones, client, clock):
    """What opens within the time that the send waits is in the number, and said so."""
    made = opened(two_zones, program=PROGRAM, sending_hours=AFTERNOON, wait_s=3 * 3600)
    assert made.send.send.description == "Send 3 messages"
    made.send.send.click()
    assert "2 of them wait for their hours to open first." in words(made.send.question.words)


def test_totals__never_open(people, client, clock):
    """Whose zones are never open at once is counted by itself: no later send helps."""
    people.loc[0, "mobile"] = "+18505550101"  # in two zones, an hour apart
    made = opened(people.head(1), program=PROGRAM, sending_hours=("08:00", "08:30"))
    assert "0 messages to send 1 never open" in words(made.check.totals)
    told = "No message is left to send. Held back now: 1 never open."
    assert told in words(made.send.notes)
    assert made.send.send.disabled


def test_totals__too_soon_and_excluded(people, client, sandbox):
    """Who had a message within the gap and who is excluded are counted beside each other."""
    people.head(1).sms.send("Hello", program=PROGRAM, phone="mobile", progress=False)
    excluded = people["mobile"].tail(1).tolist()
    made = opened(people, program=PROGRAM, exclude=excluded, min_gap="24h")
    said = "Held back now: 1 excluded · 1 too soon."
    assert made.send.send.description == "Send 1 message"
    made.send.send.click()
    assert said in words(made.send.question.words)
    made.send.question.yes.click()
    assert made.wait(WAIT_S)
    told = "Ended: 1 accepted, 2 not attempted (1 excluded, 1 too soon)."
    assert told in words(made.send.outcome)
    assert len(sandbox.outbox()) == 2
    assert not ARGUMENT.search(words(made.send.outcome))


def test_totals__excluded_alone_is_done(people, client, sandbox):
    """Where only excluded rows are left, no further send would do more: that is the end."""
    made = opened(people, program=PROGRAM, exclude=people["mobile"].head(1).tolist())
    send_all(made)
    said = "Done: 2 accepted, 1 not attempted (1 excluded)."
    assert said in words(made.send.outcome)
    assert "not attempted 1 a rule holds it back" in words(made.send.outcome)
    assert len(sandbox.outbox()) == 2


def test_totals__the_list_of_the_team(people, client, tmp_path, monkeypatch):
    """The team's list is named, also where it holds nobody back."""
    (tmp_path / "team.txt").write_text("+12015550199\n")
    monkeypatch.setenv("SMSFRAME_EXCLUDE", str(tmp_path / "team.txt"))
    made = opened(people, program=PROGRAM)
    assert "0 excluded, of which 0 by SMSFRAME_EXCLUDE" in words(made.check.totals)


def test_send__consent_could_not_be_asked(people, client, sandbox):
    """What only the send itself finds is said at its end, in the words of the screen."""
    sandbox.faults.add("status", status=500, path="consent")
    client.settings = replace(client.settings, consent_quiet_s=0.1)
    made = opened(people, program=PROGRAM, check_consent=True, consent_database="9911")
    made.send.send.click()
    assert "Their consent is asked first" in words(made.send.question.words)
    made.send.question.yes.click()
    assert made.wait(WAIT_S)
    told = words(made.send.outcome)
    assert "3 × Whether these people have consented could not be asked" in told
    assert "The stricter choice under Consent holds them back." in told
    assert not ARGUMENT.search(told)
    assert len(sandbox.outbox()) == 3


def test_rules__dates_zone_and_wait(people, client):
    """Closed dates, one time zone and a wait are typed; they are code and plan."""
    made = opened(people, "Hi", program=PROGRAM)
    made.rules.closed.value = "2026-12-25, 2026-12-26"
    made.rules.start.value, made.rules.end.value = "8", "20"
    made.rules.zone.value = " Europe/Berlin "
    made.rules.pause.value = "1,5"
    made.wait(WAIT_S)
    rest = made.desk.choices.rest
    assert rest["closed"] == ["2026-12-25", "2026-12-26"]
    assert (rest["time_zone"], rest["wait_s"]) == ("Europe/Berlin", 5400.0)
    assert made.plan.wait_s == 5400.0
    for said in ('closed=["2026-12-25", "2026-12-26"]', 'time_zone="Europe/Berlin"', "wait_s=5400"):
        assert said in made.code
    for field in (made.rules.closed, made.rules.zone, made.rules.pause):
        field.value = ""
    made.wait(WAIT_S)
    assert "closed" not in made.code
    assert "time_zone" not in made.code
    assert "wait_s" not in made.code


@pytest.mark.parametrize(
    ("field", "argument", "typed", "said"),
    [
        ("closed", "closed", "25.12.2026", "'25.12.2026' is no date."),
        ("closed", "closed", "2026-12-25, 2026-02-30", "'2026-02-30' is no date."),
        ("zone", "time_zone", "Berlin", "'Berlin' is no time zone."),
        ("pause", "wait_s", "long", "Write the wait as a number of hours"),
    ],
)
def test_rules__wrong_dates_zone_and_wait(field, argument, typed, said, people, client, sandbox):
    """A wrong entry is said beside its field, and nothing is sent."""
    made = opened(people, "Hi", program=PROGRAM)
    getattr(made.rules, field).value = typed
    made.wait(WAIT_S)
    note = words(made.rules.notes[argument]).replace("&#x27;", "'")
    assert note.startswith(said)
    assert made.send.send.disabled
    made.send.send.click()
    assert calls(sandbox) == 0


def test_rules__given_in_code_has_its_field(people, client):
    """What a field can say stands in it; what it cannot is told in words and stays."""
    given = {"closed": ["2026-12-25"], "time_zone": "Europe/Berlin", "wait_s": 7200}
    made = opened(people, "Hi", program=PROGRAM, **given)
    fields = (made.rules.closed, made.rules.zone, made.rules.pause)
    assert [field.value for field in fields] == ["2026-12-25", "Europe/Berlin", "2"]
    assert "Set in code" not in words(made.rules.in_code)
    made = opened(people, "Hi", program=PROGRAM, closed={"CA": ["2026-12-25"]})
    assert made.rules.closed.value == ""
    assert "closed dates CA 2026-12-25" in words(made.rules.in_code)
    made.rules.start.value, made.rules.end.value = "8", "20"
    made.wait(WAIT_S)
    assert 'closed={"CA": ["2026-12-25"]}' in made.code
