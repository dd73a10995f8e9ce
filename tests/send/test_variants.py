"""Sends with several texts: who had one never gets another, and every row is told which it had."""

from __future__ import annotations

import pickle
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe._base.send_settings import SendSettings
from smsframe._composer import views
from smsframe._journal.store import Journal
from smsframe._widgets import html
from smsframe.errors import InputError, PlanWarning

TWO = {"A": "Hi %%FirstName%%, it has shipped.", "B": "%%FirstName%%! Look, it is on its way."}
CORRECTED = {"A": "Hi, it has now shipped.", "B": "%%FirstName%% of %%City%%: Look, it comes."}
PEOPLE = make_people(60).assign(City="Town", language=["de", "fr", "it"] * 20)


def send(text=TWO, frame=PEOPLE, **options):
    """Send a test, quietly."""
    given = {"program": "148372", "phone": "mobile", "campaign": "nov-test", "progress": False}
    return smsframe.send(frame, text, **{**given, **options})


def outbox(sandbox):
    """Return which text each person got, and that nobody got two."""
    sent = sandbox.outbox()
    assert not sent["to"].duplicated().any()
    return dict(zip(sent["to"], sent["text"], strict=True))


def begins(results, texts):
    """Tell whether everybody accepted got the text that the results name."""
    rows = results[results["sms_status"] == "accepted"]
    words = {"A": "Hi", "B": ""}
    return all(
        texts[contact].startswith(words[arm] or row.split()[0])
        for contact, arm, row in zip(
            rows["sms_contact"], rows["sms_variant"], rows["FirstName"], strict=True
        )
    )


@pytest.fixture(autouse=True)
def few(client):
    """Have small batches, so that each arm has several."""
    client.settings = SendSettings(batch_size=7)


def test_send__each_gets_the_text_of_the_arm(sandbox):
    """Every row says which; the holdout got nothing; a batch has one text."""
    results = send(holdout=0.2)
    texts = outbox(sandbox)
    assert list(results.columns)[-1] == "sms_variant"
    assert begins(results, texts)
    held = results["sms_variant"] == "holdout"
    assert held.any()
    assert (results.loc[held, "sms_code"] == "held_out").all()
    assert len(texts) == (~held).sum()
    each = results[~held].groupby("sms_batch")["sms_variant"].nunique()
    assert (each == 1).all()
    batches = results.sms.batches().set_index("batch")["variant"]
    assert batches.to_dict() == dict(
        zip(results.loc[~held, "sms_batch"], results.loc[~held, "sms_variant"], strict=True)
    )


def test_send__arms_go_out_at_one_pace(sandbox):
    """A send that stops early has not sent one text before the other."""
    results = send(limit=30)
    first = results[results["sms_status"] == "accepted"].sort_values("sms_batch").head(28)
    assert set(first["sms_variant"].head(14)) == {"A", "B"}


def test_send__twice(sandbox):
    """The second makes no call and returns the same."""
    first = send(holdout=0.2)
    calls = len(sandbox.outbox())
    pd.testing.assert_frame_equal(send(holdout=0.2), first)
    assert len(sandbox.outbox()) == calls


def test_send__corrected_texts_and_more_people(sandbox):
    """Who had one gets nothing more, and is reported as before; the others get the new words."""
    first = send(frame=PEOPLE.head(40), holdout=0.2)
    before = outbox(sandbox)
    second = send(CORRECTED, holdout=0.2)
    after = outbox(sandbox)
    assert {to: text for to, text in after.items() if to in before} == before
    pd.testing.assert_series_equal(second["sms_variant"].head(40), first["sms_variant"])
    pd.testing.assert_series_equal(second["sms_batch"].head(40), first["sms_batch"])
    new = second.iloc[40:]
    assert (new.loc[new["sms_variant"] != "holdout", "sms_status"] == "accepted").all()
    assert all(text.startswith(("Hi, it has now", "Town")) or " of Town" in text
               for to, text in after.items() if to not in before)  # fmt: skip


def test_send__two_orders_of_a_person(sandbox):
    """Of two rows the one that went out is known, in whatever order they stand."""
    orders = pd.concat([PEOPLE.head(5)] * 2, ignore_index=True)
    orders["order"] = [f"A{n}" for n in range(10)]
    text = {"A": "Order %%order%% has shipped", "B": "Your %%order%% comes"}
    with pytest.warns(PlanWarning):
        send(text, frame=orders, limit=5)
    with pytest.warns(PlanWarning):
        results = send(text, frame=orders.iloc[::-1])
    assert (results["sms_status"] == "accepted").all()
    texts = sandbox.outbox()["text"]
    assert not texts.duplicated().any()
    assert len(texts) == 10
    arms = results.groupby("sms_contact")["sms_variant"].nunique()
    assert (arms == 1).all()


def test_send__by_language_and_a_language_that_changes(sandbox):
    """Who had one text is not sent another when the column says another now."""
    texts = {"de": "Hallo %%FirstName%%", "*": "Hello %%FirstName%%, good day to you"}
    first = send(texts, by="language")
    assert first["sms_variant"].astype(str).tolist() == ["de", "*", "*"] * 20
    more = {**texts, "fr": "Bonjour %%FirstName%%"}  # a text more is fine where a column says it
    second = send(more, frame=PEOPLE.assign(language="fr"), by="language")
    assert len(outbox(sandbox)) == 60
    assert second["sms_variant"].astype(str).tolist() == ["de", "*", "*"] * 20  # what they had


@pytest.mark.parametrize(
    ("text", "options"),
    [
        pytest.param(TWO, {"split": {"A": 1, "B": 2}}, id="weights"),
        pytest.param(TWO, {"holdout": 0.3}, id="holdout"),
        pytest.param({"A": TWO["A"], "C": TWO["B"]}, {}, id="names"),
        pytest.param({**TWO, "C": "Third"}, {}, id="one more"),
        pytest.param({"de": "Hallo", "*": "Hello"}, {"by": "language"}, id="by"),
        pytest.param(TWO["A"], {}, id="one text"),
    ],
)
def test_send__another_split_is_refused(sandbox, text, options):
    """Under a running campaign: nothing goes out, and the way out is said; a plan says it too."""
    send(frame=PEOPLE.head(20), holdout=0.2)
    sent = len(sandbox.outbox())
    given = {"holdout": 0.2} if isinstance(text, dict) else {}
    with pytest.raises(InputError, match="exclude=") as refused:
        send(text, **{**given, **options})
    assert "variants_changed" in set(refused.value.details["problems"]["code"])
    made = smsframe.plan(
        PEOPLE, text, program="148372", phone="mobile", campaign="nov-test", **{**given, **options}
    )
    assert "variants_changed" in made.problem_counts
    assert len(sandbox.outbox()) == sent


def test_send__equal_weights_written_otherwise(sandbox):
    """One to one is two to two, and what is meant where nothing is said."""
    send(frame=PEOPLE.head(20))
    results = send(split={"B": 2, "A": 2.0})
    assert (results["sms_status"] == "accepted").all()


def test_send__several_texts_after_one(sandbox):
    """A campaign that went out with one text is no test afterwards."""
    send("Hi %%FirstName%%", frame=PEOPLE.head(20))
    with pytest.raises(InputError, match="begun with one text"):
        send()


def test_send__what_was_refused_pins_nothing(sandbox):
    """While nothing may have gone out, the split may be another."""
    sandbox.faults.add("status", status=403, on=1)
    with pytest.warns(smsframe.IncompleteSendWarning):
        send()
    results = send(split={"A": 1, "B": 3})
    assert (results["sms_status"] == "accepted").all()


def test_send__exclude_limit_and_failed(sandbox, capsys):
    """Other rules hold beside the holdout, and it is no failure."""
    results = send(holdout=0.2, exclude=PEOPLE["mobile"].head(10).tolist(), progress=None)
    line = capsys.readouterr().out
    held = int((results["sms_code"] == "held_out").sum())
    assert f"10 excluded, {held} held out" in line
    assert (results["sms_code"].head(10) == "excluded").all()
    assert results["sms_variant"].notna().all()  # by assignment: they are in an arm all the same
    assert len(results.sms.failed) == 10
    assert len(results.sms.to_retry()) == 0


def test_send__holdout_alone_is_nothing_amiss(sandbox, capsys):
    """The line under a send does not point at failures where there are none."""
    send(holdout=0.2, progress=None)
    line = capsys.readouterr().out
    assert "held out" in line
    assert "failed" not in line


def test_dry_run_and_confirm(sandbox):
    """Count what would go out; the holdout is no part of it."""
    rows = send(holdout=0.2, dry_run=True)
    planned = int((rows["sms_status"] == "planned").sum())
    assert planned + int((rows["sms_code"] == "held_out").sum()) == 60
    with pytest.raises(InputError, match="confirm"):
        send(holdout=0.2, confirm=60)
    assert (send(holdout=0.2, confirm=planned)["sms_status"] == "accepted").sum() == planned


def test_send_test__each_text(sandbox):
    """One's own number gets the first of each, and neither counts nor pins."""
    made = smsframe.plan(PEOPLE, TWO, program="148372", phone="mobile", campaign="nov-test")
    told = made.send_test("+12015550199", progress=False)
    assert set(told["sms_variant"]) == {"A", "B"}
    assert len(sandbox.outbox()) == 2
    assert (send(split={"A": 1, "B": 3})["sms_status"] == "accepted").all()


def test_send_test__of_somebody_who_gets_nothing(sandbox):
    """Has no words to test, and that is said."""
    made = smsframe.plan(
        PEOPLE, TWO, program="148372", phone="mobile", campaign="nov-test", holdout=0.5
    )
    rows = made.to_frame()
    held = rows.index[rows["sms_variant"] == "holdout"][0]
    with pytest.raises(InputError, match="none of the texts"):
        made.send_test("+12015550199", rows=held)


def test_plan__pickled(sandbox):
    """Goes out from another process as it would have here."""
    made = smsframe.plan(
        PEOPLE, TWO, program="148372", phone="mobile", campaign="nov-test", holdout=0.2
    )
    results = pickle.loads(pickle.dumps(made)).send(progress=False)
    assert begins(results, outbox(sandbox))
    pd.testing.assert_frame_equal(made.send(progress=False), results)


def test_duplicates__are_by_person_and_words(sandbox):
    """The same words to the same person go out once; another row of theirs has the same arm."""
    frame = pd.concat([PEOPLE.head(10)] * 2, ignore_index=True)
    with pytest.warns(PlanWarning):
        results = send(frame=frame)
    assert (results["sms_status"].iloc[10:] == "duplicate").all()
    assert results["sms_variant"].iloc[10:].tolist() == results["sms_variant"].iloc[:10].tolist()
    assert len(outbox(sandbox)) == 10


def test_min_gap__holds_back_in_every_arm(sandbox):
    """Rules about people know no texts."""
    smsframe.send(PEOPLE.head(30), "Other words", program="148372", phone="mobile", progress=False)
    results = send(min_gap="24h")
    assert (results["sms_code"].head(30) == "too_soon").all()
    assert (results["sms_status"].iloc[30:] == "accepted").all()


def test_split__of_numbers_of_another_kind(sandbox):
    """The same weights are the same, whether Python, a table or numpy wrote them."""
    send(frame=PEOPLE.head(30), split={"A": 0.1, "B": 0.9}, holdout=0.1)
    small = {"split": {"A": np.float32(0.1), "B": np.float32(0.9)}, "holdout": np.float32(0.1)}
    assert (send(**small)["sms_status"] == "accepted").sum() == len(outbox(sandbox)) > 30


def test_had_these_words__by_text(sandbox):
    """Who had the words of one text is warned of; who had the other's is not in that count."""
    before = send(campaign="before")
    with pytest.warns(PlanWarning) as told:
        after = send(campaign="after")
    same = before["sms_variant"].astype(str) == after["sms_variant"].astype(str)
    assert 0 < same.sum() < 60  # another campaign splits people anew
    assert told[0].message.counts == {"had_these_words": same.sum()}
    assert str(told[0].message).count("had these very words") == 1  # once, not by text


def test_nearly_this_name__is_told_once(sandbox):
    """A campaign of several texts whose name was written otherwise has one sentence, of all."""
    send(campaign="before: two")
    plan = smsframe.plan(PEOPLE, TWO, program="148372", phone="mobile", campaign="Before - two")
    [sentence] = plan.problems.query("code == 'nearly_the_same'")["sentence"]
    assert sentence.startswith("60 of these 60 messages")


def test_nearly_the_same__as_one_of_several_texts(sandbox):
    """A text without a name is refused where most people had nearly the same as their variant."""
    results = send()
    had = PEOPLE[(results["sms_variant"] == "A").to_numpy()]
    with pytest.raises(InputError) as refused:
        smsframe.send(
            had, "Hi %%FirstName%%, it has shipped!", program="148372", progress=False,
            phone="mobile",
        )  # fmt: skip
    assert "nearly_the_same" in set(refused.value.details["problems"]["code"])


def test_results__brought_back(sandbox):
    """From the journal, with the arms, how people were split, and what they had."""
    results = send(frame=PEOPLE.assign(mobile=["n/a", *PEOPLE["mobile"][1:]]), holdout=0.2)
    run = results.attrs["smsframe"]["run"]
    again = smsframe.results(run)
    assert list(again.columns)[-1] == "sms_variant"
    pd.testing.assert_series_equal(again["sms_variant"], results["sms_variant"])
    pd.testing.assert_series_equal(again["sms_code"], results["sms_code"])
    assert again.attrs["smsframe"]["rows"] == 60
    assert again.attrs["smsframe"]["variants"] == {"split": {"A": 0.5, "B": 0.5}, "holdout": 0.2}
    again["bought"] = False
    assert again.sms.compare("bought").sample_ratio_p > 0.001
    assert smsframe.runs()["text"].iloc[0] == "\n".join(f"{k}: {v}" for k, v in TWO.items())
    by = again.sms.summary(by="sms_variant").to_frame()
    assert set(by["sms_variant"].dropna()) == {"A", "B", "holdout"}


def test_results__forgotten(sandbox):
    """The texts go, with the names of people; who had what and the split stay."""
    send(holdout=0.2)
    smsframe.journal.forget(before="2100-01-01")
    assert smsframe.runs()["text"].isna().all()
    with pytest.raises(InputError, match="begun"):
        send()
    send(holdout=0.2)
    assert len(outbox(sandbox)) == len(sandbox.outbox())


def test_send__unknown_is_not_repeated(sandbox):
    """A lost answer leaves the arm's rows unknown; another run repeats none, in no text."""
    sandbox.faults.add("drop_after", on=2)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        first = send()
    assert Counter(first["sms_status"])["unknown"]
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        second = send(CORRECTED)
    assert second["sms_status"].tolist() == first["sms_status"].tolist()
    assert len(outbox(sandbox)) == 60


def test_lookup__with_several_texts(sandbox):
    """People who are looked up are split and sent to as well."""
    frame = PEOPLE.assign(account=[f"a{n}" for n in range(60)])
    sandbox.load_contacts(frame[["mobile", "account"]], phone="mobile")
    results = send(frame=frame, phone=None, lookup={"account": "account"})
    assert (results["sms_status"] == "accepted").all()
    assert set(results["sms_variant"]) == {"A", "B"}


def test_one_text__has_no_column(sandbox):
    """Results of a send with one text are as they were."""
    results = send("Hi %%FirstName%%", campaign=None)
    assert "sms_variant" not in results.columns
    assert results.attrs["smsframe"].keys() == {"run"}


def test_results_sent_again__lose_the_column(sandbox):
    """It is a result column: another send of the same frame replaces it."""
    results = send(holdout=0.2)
    again = smsframe.send(
        results, "Other words for %%City%%", program="148372", phone="mobile", progress=False
    )
    assert "sms_variant" not in again.columns


def test_results__of_a_run_that_was_killed(sandbox, client):
    """Rows that it did not reach are in their arm all the same, and the split is known."""
    results = send(frame=PEOPLE.assign(mobile=["n/a", *PEOPLE["mobile"][1:]]), holdout=0.2)
    run = results.attrs["smsframe"]["run"]
    with Journal(client.journal_path) as journal, journal._writing() as db:
        for name in [batch.batch_id for batch in journal.batches(run)][2:]:
            number = "(SELECT id FROM batches WHERE batch_id=?)"
            for table in ("messages", "payloads"):
                db.execute(f"DELETE FROM {table} WHERE batch={number}", (name,))
            db.execute("DELETE FROM batches WHERE batch_id=?", (name,))
        db.execute("UPDATE runs SET ending='', ended_at=NULL")
    back = smsframe.results(run)
    assert (back["sms_code"] == "not_reached").sum() == (
        results["sms_status"] == "accepted"
    ).sum() - 14
    pd.testing.assert_series_equal(back["sms_variant"], results["sms_variant"])
    by = back.sms.summary(by="sms_variant").to_frame()
    assert by.loc[by["sms_variant"].isna(), "rows"].sum() == 1


def test_holdout__is_no_failure_anywhere(sandbox, tmp_path):
    """Neither in what is listed as failed, nor in what a report asks to be sent again."""
    results = send(holdout=0.2)
    held = int((results["sms_code"] == "held_out").sum())
    assert len(results.sms.failed) == len(results.sms.to_retry()) == 0
    assert results.sms.summary().held == {"held_out": held}
    assert smsframe.runs(full=True)["variants"].tolist() == ["A 0.4, B 0.4, holdout 0.2"]
    page = results.sms.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"Held out, to compare with: {held}." in page
    assert "Without a message:" not in page
    assert "refused, held back or not reached" not in page
    assert views.outcome(results, html.good("Done.")).count("<table") == 1  # none of failures
