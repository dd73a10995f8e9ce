"""Warnings reach whoever calls ``send``: before the first call, once, with their counts.

Every code of severity "warning" stands in the table below, and is said by a send in one step.
"""

from __future__ import annotations

import ast
import datetime as dt
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
import pytest
from samples import fictional_phones, make_people

import smsframe
from smsframe.cli import commands

PACKAGE = Path(__file__).parents[2] / "smsframe"
ELSEWHERE = {"cli", "summary"}
UTC = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)


def people_with(**columns):
    """Make a frame of as many people as there are cells."""
    return make_people(len(next(iter(columns.values())))).assign(**columns)


def mostly_without_country():
    """Make phones of which most do not say their country."""
    bare = [f"201555{n:04d}" for n in range(100, 115)]
    return pd.DataFrame({"mobile": [*fictional_phones(10), *bare]})


def mostly_of_one_country():
    """Make a long list with one number that is of another country."""
    return pd.DataFrame({"mobile": [*fictional_phones(400), "+447400123456"]}).replace(
        {"mobile": {r"^\+": ""}}, regex=True
    )


CASES = {
    "duplicate": (lambda: pd.concat([make_people(2)] * 2), "Hi", {}, 2),
    "same_person": (lambda: people_with(v=[1, 2, 3], mobile="+12015550100"), "%%v%%", {}, 3),
    "tag_near_miss": (lambda: make_people(2), "Hi %%FirstNmae%%", {}, 1),
    "tag_is_index": (lambda: make_people(2).rename_axis("Order"), "%%Order%%", {}, 1),
    "tag_other_notation": (lambda: make_people(2), "Hi {FirstName} [FirstName]", {}, 2),
    "personalize_unused": (
        lambda: make_people(2), "%%FirstName%%", {"personalize": {"FirstNam": "mobile"}}, 1
    ),
    "default_unused": (
        lambda: make_people(2), "%%FirstName%%", {"defaults": {"FirstNam": "you"}}, 1
    ),
    "no_value_word": (
        lambda: people_with(v=["a", "nan", "#REF!"]), "%%v%%", {"defaults": {"v": "x"}}, 2
    ),
    "value_holds_tag": (lambda: people_with(v=["a", "%%b%%"]), "%%v%%", {}, 1),
    "value_garbled": (lambda: people_with(v=["a", "M\ufffdller"]), "%%v%%", {}, 1),
    "text_garbled": (lambda: make_people(2), "Gr\ufffd\ufffde", {}, 1),
    "value_rounded": (lambda: people_with(v=["7", "1.2E+10"]), "%%v%%", {}, 1),
    "value_many_digits": (lambda: people_with(v=[1 / 3, 0.5]), "%%v%%", {}, 1),
    "value_in_utc": (lambda: people_with(v=pd.to_datetime([UTC, UTC])), "%%v%%", {}, 2),
    "column_replaced": (lambda: people_with(sms_status=["a", "b"]), "Hi", {}, 1),
    "consent_unused": (lambda: people_with(opted_out=["yes", None]), "Hi", {}, 1),
    "phones_wrong_region": (
        lambda: pd.DataFrame({"mobile": [f"0171 123456{n}" for n in range(3)] + ["+12015550101"]}),
        "Hi", {"region": "US"}, 1
    ),
    "phones_no_country": (mostly_without_country, "Hi", {}, 1),
    "country_contradicts": (
        lambda: people_with(country=["US", "US", "CA", "FR", "DE"])
        .assign(mobile=lambda f: f["mobile"].str.removeprefix("+1")),
        "Hi", {"region": "US"}, 2,
    ),
    "country_rare": (mostly_of_one_country, "Hi", {"region": "+"}, 1),
    "never_open": (
        lambda: pd.concat([make_people(1), pd.DataFrame({"mobile": ["+79123456789"]})]),
        "Hi", {"sending_hours": ("09:00", "18:00")}, 1,
    ),
    "variant_unused": (
        lambda: people_with(language=["de", "fr-FR"]),
        {"de": "Hallo", "fr": "Bonjour", "*": "Hello"}, {"by": "language", "campaign": "l"}, 1,
    ),
    "exclude_unread": (
        lambda: make_people(2), "Hi", {"exclude": [*fictional_phones(150, 500), "somebody"]}, 1
    ),
}  # fmt: skip


OF_THE_JOURNAL = {
    "had_these_words",
    "accepted_before",
    "nearly_the_same",
}  # these need an earlier send
OF_THE_SERVICE = {"consent_unknown"}  # found by the send alone: tests/send/test_consent.py


def send(frame, text, **options):
    """Send through the client that is connected."""
    return frame.sms.send(text, program="148372", phone="mobile", **options)


def warned(frame, text, **options):
    """Return the plan warnings of a send."""
    with warnings.catch_warnings(record=True, action="always") as told:
        send(frame, text, **{"progress": False, **options})
    return [each.message for each in told if each.category is smsframe.PlanWarning]


@pytest.mark.parametrize("code", CASES)
def test_warning__is_said_before_the_first_call(client, monkeypatch, code):
    """Every kind is named with its count, by one warning, while nothing has gone out yet."""
    make, text, options, count = CASES[code]
    told = []

    def show(message, category, *rest, **named):
        if category is smsframe.PlanWarning:  # the service does not know every tag here
            told.append((message, len(client.sandbox.outbox())))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", show)
        send(make(), text, progress=False, **options)
    [(message, gone)] = told
    assert gone == 0
    assert message.counts[code] == count
    assert f"{count} {code}" in str(message)
    listed = smsframe.last_plan().problems
    assert (listed["code"] == code).sum() == count


@pytest.mark.parametrize("code", CASES)
def test_warning__made_an_error_stops_the_send(client, code):
    """An analyst who made an error of it has sent nothing, and nothing is half done."""
    make, text, options, _ = CASES[code]
    frame = make()
    with warnings.catch_warnings():
        warnings.simplefilter("error", smsframe.PlanWarning)
        with pytest.raises(smsframe.PlanWarning, match=code):
            send(frame, text, progress=False, **options)
    table = smsframe.last_results()
    assert set(table["sms_status"]) <= {"not_attempted", "invalid", "duplicate"}
    waiting = table[table["sms_status"] == "not_attempted"]
    assert set(waiting["sms_code"]) == {"plan_warning"}
    assert (len(client.sandbox.outbox()), len(smsframe.runs())) == (0, 0)
    assert smsframe.last_plan().history.left == len(waiting)


def test_warnings__are_all_tried_here():
    """A new kind of warning has to be tried by a send in one step."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found |= _warning_codes(node)
    assert found - set(CASES) == OF_THE_JOURNAL | OF_THE_SERVICE
    assert len(found) > 10


def _warning_codes(call):
    """Return the codes of a call that notes a warning."""
    named = {word.arg: word.value for word in call.keywords}
    if "warning" not in ast.unparse(named.get("severity", ast.Constant(""))):
        return set()
    given = [named["code"]] if "code" in named else call.args[:1]
    return {code.value for code in given if isinstance(code, ast.Constant)}


def test_warning__of_the_same_words_under_another_name(client):
    """People who had these very words this week are counted before they get them again."""
    send(make_people(3), "Hi", progress=False)
    assert [m.counts for m in warned(make_people(5), "Hi", campaign="x")] == [
        {"had_these_words": 3}
    ]


@pytest.mark.parametrize("rows", [3, 5])
def test_warning__of_a_new_round(client, monkeypatch, rows):
    """A day after a finished send it is said that these had it, also when nothing is left."""
    send(make_people(3), "Hi", progress=False)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 86_400.0)
    assert [m.counts for m in warned(make_people(rows), "Hi")] == [{"accepted_before": 3}]


def test_line_under_the_cell__counts_them(client, capsys):
    """The line says how many kinds there are, and where they are listed; the name works."""
    with pytest.warns(smsframe.PlanWarning):
        send(people_with(v=["a", "%%b"], opted_out=["yes", "no"]), "%%v%%")
    line = capsys.readouterr().out
    assert line.endswith("0 unknown · 2 warnings: smsframe.last_plan().problems\n")
    assert "value_holds_tag" in set(smsframe.last_plan().problems["code"])


def test_line_under_the_cell__of_one_beside_failures(client, capsys):
    """Failures and warnings are named beside each other."""
    with pytest.warns(smsframe.PlanWarning):
        send(people_with(v=["a", "%%b", None]), "%%v%%")
    assert capsys.readouterr().out.endswith(
        "1 invalid · why, and what to do: results.sms.failed"
        " · 1 warning: smsframe.last_plan().problems\n"
    )


def test_rerun__that_sends_nothing_says_nothing(client):
    """To run the cell again is no news."""
    frame = people_with(v=["a", "%%b"])
    assert len(warned(frame, "%%v%%")) == 1
    assert warned(frame, "%%v%%") == []
    assert warned(frame, "%%v%%", dry_run=True) == []


def test_rerun__with_new_rows_speaks_of_those(client):
    """What went out before is left out of the count."""
    frame = people_with(v=["a", "%%b"])
    warned(frame, "%%v%%")
    more = people_with(v=["a", "%%b", "%%c", "d"])
    assert [message.counts for message in warned(more, "%%v%%")] == [{"value_holds_tag": 1}]
    fine = people_with(v=["a", "%%b", "%%c", "d", "e"])
    assert warned(fine, "%%v%%") == []


def test_warning__of_every_send_is_shown():
    """Two sends from one line, as in a loop, are both warned of by Python's own filters."""
    code = "from smsframe import errors\nfor _ in 'ab': errors.warn_caller('x', errors.PlanWarning)"
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean, capture_output=True, text=True, check=True
    )
    assert done.stderr.count("PlanWarning: x") == 2


def test_dry_run__warns_and_sends_nothing(client):
    """A dry run says what a send would say, with a plan of its own too."""
    frame = people_with(v=["a", "%%b"])
    assert len(warned(frame, "%%v%%", dry_run=True)) == 1
    made = smsframe.plan(frame, "%%v%%", program="148372")
    with pytest.warns(smsframe.PlanWarning):
        made.send(dry_run=True)
    assert smsframe.last_plan() is made
    assert len(client.sandbox.outbox()) == 0


def test_plan__warns_of_nothing(client, recwarn):
    """Whoever makes a plan looks at it."""
    assert smsframe.plan(people_with(v=["a", "%%b"]), "%%v%%", program="1").recipients == 2
    assert not recwarn.list


def test_same_person__says_how_many(client):
    """One person with five messages is told as that."""
    frame = pd.DataFrame({"mobile": ["+12015550101"] * 5, "n": range(5)})
    [message] = warned(frame, "Hi %%n%%")
    assert "In all, 1 person gets 5 messages." in str(message)
    two = pd.concat([frame, frame.head(2).assign(mobile="+12015550102")])
    [message] = warned(two, "Ho %%n%%")
    assert "In all, 2 people get 7 messages, up to 5 each." in str(message)


def test_warning__holds_no_phone_number(client):
    """Cells and columns that are phone numbers are hidden in it."""
    frame = people_with(v=["a", "%% 201 555 0123"], **{"2015550124": ["x", "y"]})
    [message] = warned(frame.assign(optout=["+1 201 555 0125", "no"]), "%%v%%")
    assert "0123" not in str(message)
    assert "0125" not in str(message)
    assert "consent_unused" in message.counts


@pytest.fixture
def shell(sandbox, monkeypatch, tmp_path):
    """Return what runs the command in an empty folder, through the sandbox."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name, value in sandbox.credentials.items():
        monkeypatch.setenv(f"SMSFRAME_{name.upper()}", value)
    options = ["--program", "148372", "--phone", "mobile", "--base-url", sandbox.base_url]
    return lambda verb, text, *more: commands.main([verb, "p.csv", "--text", text, *options, *more])


def test_shell__says_them_before_the_last_step(shell, sandbox, capsys):
    """Whoever is asked for --confirm has read them; with it they are said again, on the way."""
    people_with(v=["a", "#REF!"], opted_out=["yes", ""]).to_csv("p.csv", index=False)
    text = ("%%v%%", "--default", "v=x")
    assert shell("send", *text) == commands.USAGE
    asked = " ".join(capsys.readouterr().out.split())
    assert "counts as blank" in asked
    assert "seems to say who wants no texts" in asked
    assert shell("send", *text, "--dry-run") == commands.ALL_ACCEPTED
    assert "2 warnings, 1 consent_unused, 1 no_value_word" in capsys.readouterr().err
    assert shell("send", *text, "--confirm", "2") == commands.ALL_ACCEPTED
    told = capsys.readouterr().err
    assert "2 warnings, 1 consent_unused, 1 no_value_word. smsframe plan shows them." in told
    assert "last_plan" not in told
    assert shell("send", *text, "--confirm", "2") == commands.ALL_ACCEPTED
    assert "warning" not in capsys.readouterr().err
    assert sorted(sandbox.outbox()["text"]) == ["a", "x"]


def test_shell__asks_which_is_meant(shell, sandbox, capsys):
    """A near miss is refused in the words of a shell, and both answers work."""
    people_with(**{"First Name": ["Ann", "Bob"]}).drop(columns="FirstName").to_csv("p.csv")
    assert shell("send", "Hi %%FirstName%%", "--confirm", "2") == commands.USAGE
    told = capsys.readouterr().err
    assert "--tag 'FirstName=First Name' for the column, --tag FirstName= for the field" in told
    named = shell("send", "Hi %%FirstName%%", "--confirm", "2", "--tag", "FirstName=First Name")
    assert named == commands.ALL_ACCEPTED
    left = shell("send", "Ho %%FirstName%%", "--confirm", "2", "--tag", "FirstName=")
    assert left == commands.ALL_ACCEPTED
    assert sorted(sandbox.outbox()["text"]) == ["Hi Ann", "Hi Bob", "Ho ", "Ho "]
    both = ("--tag", "FirstName=", "--tag", "FirstName=mobile")
    assert shell("plan", "Hi %%FirstName%%", *both) == commands.USAGE
    assert "given twice" in capsys.readouterr().err


def said_of(values, **given):
    """Return code, count and sentence of the warnings of a plan over some values."""
    frame = make_people(len(values)).assign(v=pd.Series(values))
    made = smsframe.plan(frame, "%%v%%", program="1", **given)
    found = made.problems[made.problems["severity"] == "warning"]
    return [*found[["code", "sentence", "value"]].itertuples(index=False, name=None)]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["2026-11-22T14:30:00Z", "Z"], id="text"),
        pytest.param(["2026-11-22 14:30:00.123+00:00", None], id="text-offset"),
        pytest.param(["2026-11-22T14:30:00.000+0000", None], id="text-offset-of-four"),
        pytest.param(["2026-11-22 14:30:00+00", None], id="text-of-a-database"),
        pytest.param(["2026-11-22 14:30:00 UTC", None], id="text-utc"),
        pytest.param(pd.to_datetime(["2026-11-22 14:30Z"]).astype("category"), id="category"),
        pytest.param([dt.time(14, 30, tzinfo=dt.UTC), dt.time(1)], id="time"),
    ],
)
def test_moment_in_utc__however_it_is_kept(values):
    """A moment in UTC is one in a text, in a category and as a time of day too."""
    ((code, _, _),) = said_of(values, defaults={"v": "x"})
    assert code == "value_in_utc"


def test_digits__of_a_function():
    """A function that returns a computed number is warned of, as a column of them is."""
    ((code, _, _),) = said_of([1, 3], formats={"v": lambda number: number / 3})
    assert code == "value_many_digits"


def test_word__of_a_cell_and_of_a_function():
    """The word that a cell holds is shown; one that a function makes is not said to be there."""
    ((_, said, value),) = said_of(["Ann", "#REF!"], defaults={"v": "x"})
    assert value == "'#REF!'"
    assert "1 cell of column 'v' holds a word" in said
    assert "1 counts as blank" in said
    ((_, said, _),) = said_of(
        [1, 2], defaults={"v": "x"}, formats={"v": lambda n: ["nan", "b"][n - 1]}
    )
    assert "what the format makes of it (1)" in said


@pytest.mark.parametrize("name", ["accepts_texts", "Receive SMS", "退订", "NoText", "согласие"])
def test_consent__by_other_names(name):
    """A column that says who wants no texts may be called so in other words."""
    made = smsframe.plan(make_people(2).assign(**{name: ["y", ""]}), "Hi", program="1")
    assert made.problems.query("severity == 'warning'")["code"].tolist() == ["consent_unused"]
    assert "an empty text in 1" in made.problems["sentence"].iloc[0]


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        pytest.param(["active", "Unsubscribed"], ["consent_unused"], id="unsubscribed"),
        pytest.param(pd.Categorical(["ok", "do not contact"]), ["consent_unused"], id="category"),
        pytest.param(["aktiv", "abgemeldet"], ["consent_unused"], id="german"),
        pytest.param(["yes", "STOP"], ["consent_unused"], id="stop"),
        pytest.param(["Robinson", "Smith"], [], id="a-name"),
        pytest.param(["non-stop", "express"], [], id="a-train"),
        pytest.param([1, 0], [], id="numbers"),
        pytest.param([["opted out"], {}], [], id="lists"),
    ],
)
def test_consent__by_values(values, codes):
    """A column of a few values, one of which refuses texts, is about consent by any name."""
    made = smsframe.plan(make_people(2).assign(state=values), "Hi", program="1")
    assert made.problems.query("severity == 'warning'")["code"].tolist() == codes


def test_consent__among_many_values():
    """A column of notes, each another one, is no column of consent, and one refusal is found."""
    notes = [f"call {n}, do not text" for n in range(3000)]
    states = ["active"] * 2999 + ["unsubscribed"]
    frame = make_people(3000).assign(note=notes, state=states)
    found = smsframe.plan(frame, "Hi", program="1").problems.query("code == 'consent_unused'")
    assert found["column"].tolist() == ["state"]
    assert "'unsubscribed' in 1" in found["sentence"].iloc[0]
