"""Excluded people in a send, results of earlier runs as lists, and the list of a team."""

from __future__ import annotations

import os

import pandas as pd
import pytest
from exclusions import MESSAGE, PHONES, TEXT, excluded, refusal, written
from samples import make_people

import smsframe
from smsframe._eligibility import exclude

pytestmark = pytest.mark.filterwarnings("ignore::smsframe.PlanWarning")  # repeated people
SENT = {**MESSAGE, "progress": False}


def test_send__nobody_excluded_is_texted(client, sandbox, capsys):
    """Excluded rows come back in their place, with code and sentence, and counted."""
    done = make_people(5).sms.send(TEXT, **SENT, exclude=PHONES[1:3])
    assert done["sms_status"].tolist() == ["accepted", *["not_attempted"] * 2, *["accepted"] * 2]
    assert set(sandbox.outbox()["to"]) == {phone[1:] for phone in (PHONES[0], *PHONES[3:])}
    assert done.sms.failed["sms_code"].tolist() == ["excluded"] * 2
    assert len(done.sms.to_retry()) == 0
    table = done.sms.summary().to_frame()
    assert table.loc[table["code"].eq("excluded"), "rows"].tolist() == [2]
    again = smsframe.results(done.attrs["smsframe"]["run"])
    assert again["sms_code"].fillna("").tolist() == done["sms_code"].fillna("").tolist()


def test_send__line(client, capsys):
    """The line under a send counts them."""
    make_people(3).sms.send(TEXT, **MESSAGE, exclude=PHONES[:1], progress=True)
    assert "2 accepted · 0 rejected · 0 unknown · 1 not attempted" in capsys.readouterr().out


@pytest.mark.parametrize("campaign", [None, "november"])
@pytest.mark.parametrize("duplicates", ["skip", "send"])
def test_send__who_had_it_before_stays_accepted(client, sandbox, campaign, duplicates):
    """Excluding somebody who had the message changes nothing of what is told of it, and no call."""
    frame = pd.concat([make_people(3), make_people(1)], ignore_index=True)
    options = {**SENT, "campaign": campaign, "duplicates": duplicates}
    first = frame.sms.send(TEXT, **options)
    again = frame.sms.send(TEXT, **options, exclude=PHONES[:2])
    had = first["sms_status"].eq("accepted")
    assert again["sms_status"].eq("accepted").tolist() == had.tolist()
    columns = ["sms_response_id", "sms_batch", "sms_segments", "sms_accepted_at"]
    pd.testing.assert_frame_equal(again.loc[had, columns], first.loc[had, columns])
    assert len(sandbox.outbox()) == had.sum()


def test_send__an_unknown_one_is_not_sent_again(client, sandbox):
    """Who is excluded is not repeated by ``resend_unknown`` either."""
    sandbox.faults.add("drop_after", on=1)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        make_people(2).sms.send(TEXT, **SENT)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        done = make_people(2).sms.send(TEXT, **SENT, resend_unknown=True, exclude=PHONES[:1])
    assert done["sms_status"].tolist() == ["unknown", "accepted"]
    assert (sandbox.outbox()["to"] == PHONES[0][1:]).sum() == 1


def test_send__all_excluded(client, sandbox):
    """When everybody is excluded nothing goes out, and every row says why."""
    done = make_people(2).sms.send(TEXT, **SENT, exclude=PHONES, confirm=0)
    assert done["sms_code"].tolist() == ["excluded"] * 2
    assert len(sandbox.outbox()) == 0


def test_send__confirm_counts_what_goes_out(client):
    """``confirm`` is the number without those who are excluded."""
    with pytest.raises(smsframe.InputError, match="2 messages would go out now"):
        make_people(3).sms.send(TEXT, **SENT, exclude=PHONES[:1], confirm=3)


# --- results of an earlier run


def earlier(client):
    """Return results with a row of every kind."""
    frame = make_people(5).assign(FirstName=["Ann", "Bob", None, "Dan", "Eve"])
    frame = pd.concat([frame, frame.iloc[:1]], ignore_index=True)
    return frame.sms.send(TEXT, **SENT, limit=3)


THROUGH = {
    "as it is": lambda results, _: results,
    "part": lambda results, _: results.iloc[::-1],
    "csv": lambda results, folder: _through(results, folder / "r.csv"),
    "read csv": lambda results, folder: pd.read_csv(_through(results, folder / "r.csv")),
    "excel": lambda results, folder: _through(results, folder / "r.xlsx"),
    "parquet": lambda results, folder: _through(results, folder / "r.parquet"),
}


def _through(results, path):
    """Write results and return where."""
    if path.suffix == ".xlsx":
        results.assign(sms_accepted_at=results["sms_accepted_at"].astype(str)).to_excel(path)
    elif path.suffix == ".csv":
        results.to_csv(path, index=False)
    else:
        results.to_parquet(path)
    return path


@pytest.mark.parametrize("way", THROUGH)
def test_results__who_had_it(client, tmp_path, way):
    """Results exclude who had the message, wherever they have been; the others had nothing."""
    results = earlier(client)
    assert results["sms_status"].tolist() == [
        *("accepted", "accepted", "invalid", "accepted", "not_attempted", "duplicate"),
    ]
    assert excluded(THROUGH[way](results, tmp_path)) == [0, 1, 3]


def test_results__not_sent_had_nothing(client):
    """Somebody to whom it was not sent is not excluded; sent and unknown ones are."""
    results = make_people(5).sms.send(TEXT, **SENT)
    results["sms_status"] = ["accepted", "sent", "not_sent", "unknown", "rejected"]
    assert excluded(results) == [0, 1, 3]


def test_results__sent_again_to_themselves(client, sandbox):
    """A cell that gives its own results as exclude= can be run again: nobody gets it then."""
    results = make_people(3).sms.send(TEXT, **SENT)
    for _ in range(3):
        results = make_people(5).sms.send("Correct: Hi %%FirstName%%", **SENT, exclude=results)
        assert results["sms_status"].tolist() == [*["not_attempted"] * 3, *["accepted"] * 2]
    assert len(sandbox.outbox()) == 5


def test_results__of_a_dry_run():
    """In a dry run nobody had anything, so its results exclude nobody: that is refused."""
    planned = smsframe.plan(make_people(2), TEXT, **MESSAGE).to_frame()
    assert "dry run" in refusal(planned)


def test_results__rounded(client):
    """Results whose numbers a spreadsheet has rounded are refused, one of them is enough."""
    results = make_people(5).sms.send(TEXT, **SENT)
    results["sms_contact"] = ["1.20156E+10", *PHONES[1:]]
    assert "scientific notation" in refusal(results)


def test_results__nobody_knows_who(client):
    """Results that do not say who had it are refused."""
    results = make_people(5).sms.send(TEXT, **SENT)
    assert "5 of its 5 entries" in refusal(results.drop(columns="sms_contact"))


def test_results__strange_status(client):
    """A status that there is not is refused."""
    results = make_people(2).sms.send(TEXT, **SENT)
    assert "no status" in refusal(results.assign(sms_status="delivered"))


# --- with lookup=


@pytest.fixture
def accounts():
    """Return people with an account and a city."""
    return pd.DataFrame({"account": ["a1", "a2", "a 3"], "city": ["x", "y", "z"]})


def test_lookup__results_of_an_earlier_run(accounts, client, sandbox):
    """Results of a run with lookup= exclude the same people, in any order of the fields."""
    sandbox.load_contacts(
        pd.DataFrame({"mobile": PHONES[:3], "account": accounts["account"], "city": list("xyz")}),
        phone="mobile",
    )
    lookup = {"account": "account", "city": "city"}
    done = accounts.iloc[:2].sms.send("Hi", program="148372", lookup=lookup, progress=False)
    assert done["sms_status"].tolist() == ["accepted"] * 2
    for order in (lookup, dict(reversed(lookup.items()))):
        made = accounts.sms.plan("Ho", program="148372", lookup=order, exclude=done)
        assert made.recipients == 1


def test_lookup__numbers_are_refused(accounts):
    """With lookup= no number is known, so nobody could be held back."""
    with pytest.raises(smsframe.InputError, match="no number is known"):
        accounts.sms.plan("Hi", program="1", lookup={"account": "account"}, exclude=PHONES)


def test_lookup__its_results_against_numbers(accounts, client):
    """Results of a run with lookup= say no numbers, so they are refused for a send by phone."""
    done = accounts.sms.send("Hi", program="148372", lookup={"account": "account"}, progress=False)
    assert "lookup=" in refusal(done)


# --- SMSFRAME_EXCLUDE


@pytest.fixture
def team(monkeypatch, tmp_path):
    """Return the path of a team's list, which excludes one person."""
    path = written(tmp_path, "team.csv", f"phone\n{PHONES[0]}\n")
    monkeypatch.setenv("SMSFRAME_EXCLUDE", str(path))
    return path


def test_team__is_excluded_as_well(team):
    """The file of a team is excluded in addition to exclude=, and without it."""
    assert excluded(None) == [0]
    assert excluded(PHONES[1:2]) == [0, 1]


def test_team__is_read_again_when_it_has_changed(team):
    """A new entry counts from the next plan on."""
    assert excluded(None) == [0]
    written(team.parent, team.name, f"phone\n{PHONES[0]}\n{PHONES[3]}\n")
    assert excluded(None) == [0, 3]
    written(team.parent, team.name, f"phone\n{PHONES[0]}\n{PHONES[4]}\n")  # of the same size
    os.utime(team, ns=(1, 1))
    assert excluded(None) == [0, 4]


@pytest.mark.parametrize("spoil", ["gone", "folder", "empty", "rounded", "words"])
def test_team__that_cannot_be_read(team, spoil):
    """A file that is not there or cannot be believed is an error, never silently nothing."""
    team.unlink()
    if spoil == "folder":
        team.mkdir()
    elif spoil != "gone":
        cells = {"empty": "", "rounded": "phone\n1.20156E+10\n", "words": "phone\nAnn\n"}
        written(team.parent, team.name, cells[spoil])
    assert "SMSFRAME_EXCLUDE" in refusal(None)


def test_team__with_lookup(team, accounts):
    """A send by lookup= is refused while a team's list cannot be held against it."""
    with pytest.raises(smsframe.InputError, match="SMSFRAME_EXCLUDE"):
        accounts.sms.plan("Hi", program="1", lookup={"account": "account"})


def test_team__blank(monkeypatch):
    """A blank variable names no file."""
    monkeypatch.setenv("SMSFRAME_EXCLUDE", " ")
    assert exclude.team_list() is exclude.NOBODY


def test_team__in_the_composer(team, client, sandbox):
    """The screen leaves out the team's list, and its Try and row still work."""
    composer = make_people(3).sms.compose(TEXT, program="148372", phone="mobile")
    assert composer.plan.recipients == 2
    composer.trying.numbers.value = PHONES[4]
    composer.trying.send.click()
    assert composer.wait(20)
    assert sandbox.outbox()["to"].tolist() == [PHONES[4][1:]]


def test_composer__keeps_exclude(client, tmp_path):
    """The composer's plan leaves out whom exclude= names, and its code says so by name alone."""
    composer = make_people(3).sms.compose(
        TEXT, program="148372", phone="mobile", exclude=PHONES[:1]
    )
    assert composer.plan.recipients == 2
    assert "    exclude=exclude,\n" in composer.code
    path = written(tmp_path, "a.txt", PHONES[0])
    composer = make_people(3).sms.compose(TEXT, program="148372", phone="mobile", exclude=path)
    assert composer.plan.recipients == 2
    assert f"    exclude={str(path)!r},\n" in composer.code
    assert "excluded" in composer.check.totals.value


def test_team_list__is_said_to_be_applied(sandbox, client, tmp_path, monkeypatch, capsys):
    """Plan and line say that the file was applied and how many rows it held back, none included."""
    people, team = make_people(4), written(tmp_path, "team.txt", f"{PHONES[1]}\n{PHONES[4]}\n")
    monkeypatch.setenv("SMSFRAME_EXCLUDE", str(team))
    plan = smsframe.plan(people, TEXT, **MESSAGE, exclude=PHONES[:2])
    assert "excluded: 2, of which 1 by SMSFRAME_EXCLUDE" in repr(plan)
    plan.send(progress=lambda _: None)
    told = capsys.readouterr().out
    assert "2 not attempted (2 excluded, of which 1 by SMSFRAME_EXCLUDE)" in told
    smsframe.send(people, TEXT, **MESSAGE)
    assert "accepted" in capsys.readouterr().out
    nobody = people[people["mobile"] != PHONES[1]].assign(mobile=lambda f: f["mobile"])
    plan = smsframe.plan(nobody, "Another text for them.", **MESSAGE)
    assert "excluded: 0, of which 0 by SMSFRAME_EXCLUDE" in repr(plan)
    plan.send(progress=lambda _: None)
    assert "0 excluded, of which 0 by SMSFRAME_EXCLUDE" in capsys.readouterr().out
    monkeypatch.delenv("SMSFRAME_EXCLUDE")
    assert "SMSFRAME_EXCLUDE" not in repr(smsframe.plan(nobody, TEXT, **MESSAGE))


def test_results__say_how_many_each_rule_held_back(client):
    """The summary counts the rows that are excluded."""
    done = smsframe.send(make_people(3), TEXT, **MESSAGE, exclude=PHONES[:2], progress=False)
    assert done.sms.summary().held == {"excluded": 2}
    assert "held back: 2 excluded" in repr(done.sms.summary())
    assert "2 excluded" in done.sms.summary()._repr_html_()


def test_team__a_plan_made_with_another_list_is_not_sent(client, sandbox, tmp_path, monkeypatch):
    """Who is added to the team's list after a plan was made is not texted by that plan."""
    people = make_people(4)
    team = tmp_path / "do-not-text.txt"
    team.write_text(f"{people['mobile'].iloc[0]}\n")
    monkeypatch.setenv("SMSFRAME_EXCLUDE", str(team))
    made = smsframe.plan(people, "Hi", program="148372", phone="mobile")
    team.write_text("".join(f"{number}\n" for number in people["mobile"].iloc[:2]))
    with pytest.raises(smsframe.InputError, match="has changed since this plan was made"):
        made.send(progress=False)
    team.unlink()
    with pytest.raises(smsframe.InputError, match="cannot be read"):
        made.send(progress=False)
    monkeypatch.delenv("SMSFRAME_EXCLUDE")
    with pytest.raises(smsframe.InputError, match="has changed"):
        made.send(progress=False)
    assert len(sandbox.outbox()) == 0


@pytest.mark.parametrize("between", [",", "\n"])
def test_exclude__numbers_in_one_long_text(people, between):
    """A pasted text of numbers is no path, however long it is, and is not shown."""
    pasted = between.join(f"+1201555{n:04d}" for n in range(100, 130))
    with pytest.raises(smsframe.InputError, match="is one text, which is the path") as caught:
        smsframe.plan(people, "Hi", program="148372", phone="mobile", exclude=pasted)
    assert "0100" not in str(caught.value)
