"""Several texts and checks of consent over files are what they are for a frame."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from list_files import codes, no_warnings, parts, send_files, texted
from samples import QUICK, TEXT, make_people
from samples import send as send_frame

import smsframe
from smsframe.errors import AccessError, InputError

TWO = {"A": "Hi %%FirstName%%, it has shipped.", "B": "%%FirstName%%! Look, it is on its way."}
CORRECTED = {"A": "Hi, it has now shipped.", "B": "%%FirstName%% of %%City%%: Look, it comes."}
SPLIT = {"campaign": "nov-test", "holdout": 0.2, "split": {"A": 1, "B": 2}}
DATABASE = "9911"


@pytest.fixture
def send_settings():
    """Send in small batches, and cut lists into portions of sixteen rows."""
    return replace(QUICK, portion_rows=16)


def variants(results):
    """Return which text each row had."""
    frame = results.to_frame() if isinstance(results, smsframe.SentFiles) else results
    return frame["sms_variant"].astype("string").fillna("").tolist()


def people_of(each=40):
    """Return people with places and languages, one of them twice with other words."""
    frame = make_people(each).assign(City="Town", language=(["de", "fr", "it"] * each)[:each])
    frame.loc[each - 1, "mobile"] = frame.loc[0, "mobile"]
    frame.loc[5, "mobile"] = "n/a"
    return frame


@pytest.mark.filterwarnings("ignore::smsframe.errors.PlanWarning")
def test_texts__are_those_of_a_frame(client, sandbox, tmp_path):
    """By chance, with a holdout: the arms of a frame; either way it is known the other way."""
    frame = people_of()
    folder = parts(tmp_path / "people", frame, (9, 20, 11))
    made = smsframe.plan_files(folder, TWO, program="148372", progress=False, **SPLIT)
    dry = send_frame(frame, TWO, dry_run=True, **SPLIT)
    assert made.counts["held_out"] == (dry["sms_code"] == "held_out").sum() > 0
    assert made.recipients == (dry["sms_status"] == "planned").sum()
    assert f"text A: {(dry['sms_variant'] == 'A').sum()} messages" in repr(made)
    sent = send_files(folder, tmp_path / "results", TWO, **SPLIT)
    assert variants(sent) == variants(dry)
    assert [code for _, code in codes(sent)] == [code for _, code in codes(dry)]
    told = sent.to_frame()
    words = dict(zip(told["sms_contact"], told["sms_variant"], strict=True))
    assert all(text.startswith("Hi") == (words[to] == "A") for to, text in texted(sandbox))
    assert told.attrs["smsframe"]["variants"]["split"] == {"A": 1 / 3, "B": 2 / 3}
    calls = len(sandbox.requests())
    again = send_frame(frame, TWO, **SPLIT)
    assert again["sms_batch"].fillna("").tolist() == told["sms_batch"].fillna("").tolist()
    assert variants(again) == variants(sent)
    assert len(sandbox.requests()) == calls


@pytest.mark.filterwarnings("ignore::smsframe.errors.PlanWarning")
def test_texts__who_had_one_never_gets_another(client, sandbox, tmp_path):
    """Corrected texts are the messages that people had, by files and by a frame."""
    frame = people_of()
    folder = parts(tmp_path / "people", frame, (9, 20, 11))
    first = send_files(folder, tmp_path / "results", TWO, limit=20, **SPLIT)
    had = texted(sandbox)
    again = send_files(folder, tmp_path / "results", CORRECTED, **SPLIT)
    assert variants(again) == variants(first)
    assert set(had) <= set(texted(sandbox))
    to = pd.Series([to for to, _ in texted(sandbox)])
    assert to.value_counts().max() == 2  # one person has two rows
    assert (to.value_counts() == 2).sum() == 1
    calls = len(sandbox.requests())
    as_frame = send_frame(frame, CORRECTED, **SPLIT)
    assert codes(as_frame) == codes(again)
    files, table = again.to_frame(), as_frame
    assert files["sms_batch"].fillna("").tolist() == table["sms_batch"].fillna("").tolist()
    assert len(sandbox.requests()) == calls


@pytest.mark.filterwarnings("ignore::smsframe.errors.PlanWarning")
def test_texts__other_weights_are_refused(client, sandbox, tmp_path):
    """The first message pins how people are split; a dry run warns of it."""
    folder = parts(tmp_path / "people", people_of(), (9, 20, 11))
    send_files(folder, tmp_path / "results", TWO, limit=5, **SPLIT)
    other = {**SPLIT, "split": {"A": 1, "B": 1}}
    with pytest.raises(InputError, match="has begun with A"):
        send_files(folder, tmp_path / "results", TWO, **other)
    with pytest.raises(InputError, match="has begun with A"):
        send_files(folder, tmp_path / "results", campaign="nov-test")
    with pytest.raises(InputError, match="Several texts need a name"):
        send_files(folder, tmp_path / "results", TWO)
    assert len(sandbox.outbox()) == 5


@pytest.mark.filterwarnings("ignore::smsframe.errors.PlanWarning")
def test_texts__by_a_column(client, sandbox, tmp_path):
    """A column that no text has as its tag is read too; a value without a text is invalid."""
    frame = people_of()
    texts = {"de": "Hallo %%FirstName%%", "fr": "Salut %%FirstName%% de %%City%%"}
    folder = parts(tmp_path / "people", frame, (9, 20, 11))
    given = {"by": "language", "campaign": "languages"}
    sent = send_files(folder, tmp_path / "results", texts, **given)
    assert sent.counts["invalid"] == frame["language"].eq("it").sum() + (
        frame["language"].iloc[5] != "it"
    )
    calls = len(sandbox.requests())
    as_frame = send_frame(frame, texts, **given)
    assert codes(as_frame) == codes(sent)
    assert variants(as_frame) == variants(sent)
    assert len(sandbox.requests()) == calls


@pytest.mark.filterwarnings("ignore::smsframe.errors.PlanWarning")
def test_texts__with_a_file_without_rows_and_settled(client, sandbox, tmp_path):
    """The column is in each file, and stays when a file is written anew."""
    folder = parts(tmp_path / "people", people_of(), (9, 20, 11))
    people_of().head(0).to_parquet(folder / "part-9.parquet", index=False)
    sandbox.faults.add("drop_after", on=2)
    with no_warnings():
        sent = send_files(folder, tmp_path / "results", TWO, **SPLIT)
    before = variants(sent)
    assert sent.unknown["sms_variant"].notna().all()
    assert sent.reconcile(sandbox.events()).counts.get("unknown") is None
    assert variants(sent) == before
    assert "sms_variant" in pd.read_parquet(tmp_path / "results" / "part-9.parquet")


# -- consent


@pytest.fixture
def world(send_settings):
    """Run a sandbox in which 12 people agreed, 4 opted out, and 4 were never asked."""
    with smsframe.Sandbox() as sandbox, smsframe.connect(sandbox) as client:
        client.settings = replace(send_settings, portion_rows=6)
        people = make_people(16).assign(consent=["yes"] * 12 + ["no"] * 4)
        sandbox.load_contacts(people)
        yield sandbox


def asked(sandbox):
    """Return the phones that were asked about, in order."""
    paths = sandbox.requests()["path"]
    return paths[paths.str.contains("/consent/")].str.rsplit("/", n=1).str[1].tolist()


CHECK = {"check_consent": True, "consent_database": DATABASE}


def test_consent__holds_back_who_would_not_be_messaged(world, tmp_path, capsys):
    """Each phone is asked once over all files; the plan asks nobody; sent once, asked no more."""
    people = pd.concat([make_people(20), make_people(3)], ignore_index=True)
    people.loc[20:, "FirstName"] = "Again"
    folder = parts(tmp_path / "people", people, (5, 11, 7))
    with no_warnings():
        made = smsframe.plan_files(folder, TEXT, program="148372", progress=False, **CHECK)
        assert "asked before anything is sent, up to 23 calls" in repr(made)
        assert asked(world) == []
        dry = send_files(folder, tmp_path / "dry", dry_run=True, **CHECK)
        assert dry.counts == {"planned": 23}
        assert asked(world) == []
        sent = send_files(
            folder, tmp_path / "results", confirm=23, progress=lambda _: None, **CHECK
        )
    assert sorted(asked(world)) == sorted(people["mobile"].iloc[:20].str[1:])
    assert "15 accepted" in (line := capsys.readouterr().out)
    assert "4 opted out, 4 without consent" in line
    frame = sent.to_frame()
    assert frame["sms_code"].iloc[12:20].tolist() == ["opted_out"] * 4 + ["no_consent"] * 4
    assert frame["sms_status"].eq("accepted").sum() == 15
    assert len(world.outbox()) == 15
    with no_warnings():
        again = send_files(folder, tmp_path / "results", confirm=15, **CHECK)
    assert codes(again) == codes(sent)
    assert len(asked(world)) == 28
    assert len(world.outbox()) == 15


def test_consent__that_cannot_be_asked(world, tmp_path):
    """Who is not known is sent to with a warning; "require" holds them back and says why."""
    folder = parts(tmp_path / "people", make_people(12), (5, 7, 0))
    world.faults.add("status", path="consent", status=500)
    with no_warnings():
        held = send_files(folder, tmp_path / "results", **{**CHECK, "check_consent": "require"})
    assert held.counts == {"not_attempted": 12}
    assert set(held.failed["sms_code"]) == {"consent_unknown"}
    assert held.failed["sms_error"].str.contains("12 × ").all()
    with pytest.warns(smsframe.PlanWarning, match="12 consent_unknown"):
        sent = send_files(folder, tmp_path / "results", **CHECK)
    assert sent.counts == {"accepted": 12}


def test_consent__that_may_not_be_asked(world, tmp_path):
    """The right is refused: nothing is sent."""
    folder = parts(tmp_path / "people", make_people(12), (5, 7, 0))
    world.faults.add("status", path="consent", status=403)
    with pytest.raises(AccessError, match="nobody's consent could be asked"):
        send_files(folder, tmp_path / "results", **CHECK)
    assert len(world.outbox()) == 0


def test_consent__stopped_sends_nothing(world, tmp_path):
    """A function of progress that raises while it is asked ends the send before anything left."""
    folder = parts(tmp_path / "people", make_people(12), (5, 7, 0))

    def told(far):
        if getattr(far, "asked", 0) > 2:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        send_files(folder, tmp_path / "results", progress=told, **CHECK)
    assert len(world.outbox()) == 0


def test_consent__a_wrong_number_is_refused_before_anybody_is_asked(world, tmp_path):
    """What can be right in no case costs no call."""
    folder = parts(tmp_path / "people", make_people(12), (5, 7, 0))
    with pytest.raises(InputError, match="but 12 messages would go out now"):
        send_files(folder, tmp_path / "results", confirm=13, **CHECK)
    assert asked(world) == []


def test_consent__with_nearly_the_same_among_fewer(world, tmp_path):
    """Among the people who may be sent to, as many may be most of them: refused then."""
    folder = parts(tmp_path / "people", pd.concat([make_people(5), make_people(8, 12)]), (5, 8, 0))
    send_frame(make_people(5))
    with pytest.raises(InputError, match="5 of these 5 messages"):
        send_files(
            folder, tmp_path / "results", "Hi %%FirstName%%, your order has been shipped.", **CHECK
        )
    assert len(world.outbox()) == 5


def test_by__a_text_that_no_row_of_any_file_names(client, tmp_path):
    """Is a warning, also where the first rows name it not and the last one does."""
    frame = make_people(60).assign(language=["de"] * 59 + ["fr"])
    folder = parts(tmp_path / "people", frame, (20, 20, 20))
    texts = {"de": "Hallo", "fr": "Bonjour", "it": "Ciao"}
    given = {"by": "language", "campaign": "languages"}
    made = smsframe.plan_files(folder, texts, program="148372", progress=False, **given)
    unused = made.problems[made.problems["code"] == "variant_unused"]
    assert unused["column"].tolist() == ["it"]
    with pytest.warns(smsframe.PlanWarning, match="nobody gets that text"):
        send_files(folder, tmp_path / "results", texts, **given)
