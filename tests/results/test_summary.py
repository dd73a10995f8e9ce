"""Summary, batches, failed, unknown, to_retry: what happened, counted and picked out."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa
import pytest
from samples import TEXT, fictional_phones, make_people, send

import smsframe
from smsframe import _accessor
from smsframe._base.result_rows import arrow_texts
from smsframe._phones.country import countries
from smsframe._results import summary_html
from smsframe.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore::smsframe.SmsframeWarning")


@pytest.fixture
def results(sandbox, client):
    """Send 1,500 people, a few of them faulty; the answer of the second batch is lost."""
    people = make_people(1500)
    people.loc[[3, 8], "mobile"] = "n/a"
    people.loc[5, :] = people.loc[4, :]
    people["city"] = np.where(people.index % 3, "Rome", None)
    sandbox.faults.add("drop_after", on=2)
    return send(people, limit=1400)


# -- summary


def test_summary__counts_shares_and_totals(results):
    """Every row is counted once, by status and code."""
    summary = results.sms.summary(price_per_segment=0.05)
    table = summary.to_frame()
    assert list(table.columns) == ["status", "code", "rows", "share", "segments", "cost"]
    assert table["rows"].sum() == 1500 == summary.rows
    assert table["share"].sum() == pytest.approx(1)
    counted = results.groupby(["sms_status", "sms_code"], observed=True, dropna=False).size()
    found = table.set_index(["status", "code"])["rows"]
    assert sorted(found.tolist()) == sorted(counted.tolist())
    assert summary.counts == {
        "accepted": 1000,
        "invalid": 2,
        "duplicate": 1,
        "unknown": 400,
        "not_attempted": 97,
    }
    assert (summary.batches, summary.segments, summary.segments_unknown) == (2, 1000, 400)
    assert summary.cost == pytest.approx(50)
    assert table["cost"].sum() == pytest.approx(50)
    assert summary.first_at == results["sms_accepted_at"].min()


def test_summary__what_is_not_sent_costs_nothing(sandbox, client):
    """After a refresh only what was sent is on the bill."""
    people = make_people(10)
    sandbox.settings.status_delay_s = 0
    sandbox.load_contacts(people.head(4).assign(consent="no"), consent="consent")
    done = send(people).sms.refresh(progress=False)
    summary = done.sms.summary(price_per_segment=1)
    assert (summary.segments, summary.cost) == (6, 6)
    assert summary.counts == {"sent": 6, "not_sent": 4}


def test_summary__merged_one_to_many(sandbox, client):
    """A message that has several rows is billed once, in all and by group, in any order of rows."""
    people = make_people(4)
    people.loc[3, "mobile"] = people.loc[0, "mobile"]  # a person with two messages
    sent = send(people, duplicates="send")
    orders = pd.DataFrame({"FirstName": ["Name0", "Name0", "Name0", "Name2"], "item": list("abcd")})
    merged = sent.merge(orders, on="FirstName", how="left")
    for frame in (merged, merged[::-1], merged.set_index("item")):
        summary = frame.sms.summary(price_per_segment=2.0)
        assert (summary.rows, summary.segments, summary.cost) == (6, 4, 8.0)
        assert summary.to_frame()["cost"].sum() == 8.0
    by_item = merged.sms.summary(by="item", price_per_segment=2.0).to_frame()
    assert by_item["segments"].sum() == 4


def test_summary__merged_one_to_many_unknown(sandbox, client):
    """What is unknown counts messages as well."""
    sandbox.faults.add("drop_after", on=1)
    sent = send(make_people(2))
    assert pd.concat([sent, sent]).sms.summary().segments_unknown == 2


def test_summary__rounded_contacts_are_not_one_person(client):
    """Contacts that a spreadsheet has rounded may be several people's: each row counts."""
    sent = send(make_people(3)).assign(sms_contact="1.20156E+10")
    assert sent.sms.summary().segments == 3


def levels(frame, depth):
    """Return a frame whose columns have several levels."""
    labels = [("who", name, *[""] * (depth - 2)) for name in frame.columns]
    return frame.set_axis(pd.MultiIndex.from_tuples(labels), axis=1)


@pytest.mark.filterwarnings("error:.*:DeprecationWarning")
@pytest.mark.parametrize("depth", [2, 3])
def test_results__of_columns_with_levels(sandbox, client, depth):
    """Results whose columns have levels know their own, whatever is done with them."""
    frame = levels(make_people(3), depth)
    phone, name = frame.columns
    options = {"phone": phone, "personalize": {"FirstName": name}}
    sandbox.faults.add("drop_after", on=2)
    sent = send(frame, **options)
    status = ("sms_status", *[""] * (depth - 1))
    assert sent[status].tolist() == ["accepted"] * 3
    assert sent.sms.summary().counts == {"accepted": 3}
    assert sent.sms.summary(by=name).to_frame()["rows"].tolist() == [1, 1, 1]
    assert sent.sms.batches()["rows"].tolist() == [3]
    assert sent.sms.refresh(progress=False)[status].tolist() == ["sent"] * 3
    again = send(sent, **options)
    assert again.columns.equals(sent.columns)
    assert len(sandbox.outbox()) == 3
    lost = send(frame, "Hi", phone=phone)
    assert len(lost.sms.unknown) == 3
    assert lost.sms.reconcile(sandbox.events()).sms.summary().counts == {"accepted": 3}
    assert len(lost.sms.resolve(as_="not_sent").sms.to_retry().columns) == 2


def test_summary__by_a_column(results):
    """Groups come by size, a missing value is one of them, shares are of the group."""
    table = results.sms.summary(by="city").to_frame()
    assert table.columns[0] == "city"
    assert table["city"].drop_duplicates().tolist()[0] == "Rome"
    totals = table.groupby("city", dropna=False)["share"].sum()
    assert totals.tolist() == pytest.approx([1, 1])
    assert table["rows"].sum() == 1500
    assert table["city"].isna().any()


def test_summary__by_country(client):
    """The country is that of the number; rows without one are a group."""
    people = pd.DataFrame({"mobile": [*fictional_phones(3), "+447400123456", "n/a"]})
    table = send(people, "Hello", dry_run=True).sms.summary(by="country").to_frame()
    assert table["country"].fillna("none").tolist() == ["US", "GB", "none"]
    assert table["rows"].tolist() == [3, 1, 1]
    mine = people.assign(country="mine").sms.send(
        "Hello", program="1", phone="mobile", dry_run=True
    )
    assert mine.sms.summary(by="country").to_frame()["country"].unique().tolist() == ["mine"]


def test_countries__of_every_region():
    """The first digits tell the country of every example mobile number that phonenumbers has."""
    numbers = {}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        kind = phonenumbers.PhoneNumberType.MOBILE
        example = phonenumbers.example_number_for_type(region, kind)
        if example is not None:
            numbers[f"{example.country_code}{example.national_number}"] = (
                phonenumbers.region_code_for_number(example)
            )
    order = sorted(numbers, key=lambda number: hash((number, "mixed")))
    found = countries(pa.array([*order, None, "accountNumber=A1", *order]))
    assert len(order) > 200
    assert [str(region) for region in found[: len(order)]] == [numbers[n] for n in order]
    assert pd.isna(found[len(order)])
    assert pd.isna(found[len(order) + 1])


@pytest.mark.parametrize(
    ("contact", "region"),
    [
        pytest.param("447700900123", "GB", id="not valid"),
        pytest.param("10005550123", "US", id="no such area"),
        pytest.param("8835100000000", None, id="no country's"),
        pytest.param("9995550123", None, id="no calling code"),
        pytest.param("4411", None, id="too short"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_countries__of_what_is_no_good_number(contact, region):
    """A calling code still names its main country; what has none has no country."""
    (found,) = countries(pa.array([contact]))
    assert (None if pd.isna(found) else found) == region


def test_summary__of_several_days(results):
    """The span names the day once where it is one, else both."""
    times = pd.to_datetime(["2026-01-01 10:00", "2026-01-01 11:30"], utc=True)
    sent = results[results["sms_status"] == "accepted"].head(2)
    html = sent.assign(sms_accepted_at=times).sms.summary()._repr_html_()
    assert "2026-01-01 10:00:00 to 11:30:00 UTC" in html
    later = [times[0], times[1] + pd.Timedelta(days=1)]
    html = sent.assign(sms_accepted_at=later).sms.summary()._repr_html_()
    assert "2026-01-01 10:00:00 to 2026-01-02 11:30:00 UTC" in html


def test_summary__of_very_many_groups(client):
    """The first lines are shown, and it is said where the others are."""
    results = send(make_people(250), dry_run=True)
    html = results.sms.summary(by="FirstName")._repr_html_()
    lines = summary_html.MOST_LINES
    assert html.count("<tr>") == lines + 1
    assert f"The first {lines} of 250 lines; to_frame() has all." in html


def test_summary__by_a_column_that_is_there_twice(results):
    """It is not known which is meant, and that is said."""
    twice = pd.concat([results, results[["FirstName"]]], axis=1)
    with pytest.raises(InputError, match="column 'FirstName' more than once"):
        twice.sms.summary(by="FirstName")


def test_summary__of_columns_that_are_gone(results):
    """A results frame that lost columns is summed up by those it has."""
    whole = results.sms.summary()
    gone = results.drop(columns=["sms_segments", "sms_code", "sms_accepted_at"]).sms.summary()
    assert gone.counts == whole.counts
    assert whole.segments > gone.segments == 0


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        pytest.param(pd.Series([12015550123.0, None]), ["12015550123", None], id="whole floats"),
        pytest.param(pd.Series([1.5, 2.0, None]), ["1.5", "2.0", None], id="floats"),
        pytest.param(pd.Series(["a", None], dtype="category"), ["a", None], id="categories"),
        pytest.param(pd.concat([pd.Series(["a"], dtype="string[pyarrow]")] * 2), ["a", "a"],
                     id="chunks"),
    ],
)  # fmt: skip
def test_arrow_texts(column, texts):
    """Whole numbers have no point, and what is missing has no text."""
    assert arrow_texts(column).to_pylist() == texts


@pytest.mark.parametrize("rows", [0, 1])
def test_summary__of_hardly_anything(client, rows):
    """No rows, one row: still a summary that shows itself."""
    summary = send(make_people(2), dry_run=True).head(rows).sms.summary(by="country")
    assert summary.rows == rows
    assert repr(summary).startswith("1 row:" if rows else "0 rows")
    assert "<table" in summary._repr_html_()


def test_summary__refuses(results):
    """A column that is not there, a price that is none, a frame without results."""
    with pytest.raises(InputError, match="by='town' is no column"):
        results.sms.summary(by="town")
    with pytest.raises(InputError, match="price_per_segment"):
        results.sms.summary(price_per_segment="cheap")
    with pytest.raises(InputError, match="holds no results"):
        make_people(2).sms.summary()
    with pytest.raises(InputError, match="not list"):
        smsframe.summary([])


def test_summary__html_is_static_escaped_and_holds_no_phone(results):
    """Nothing runs, nothing is fetched, nothing breaks out of its cell."""
    frame = results.assign(city="<script>alert(1)</script>")
    for summary in (frame.sms.summary(price_per_segment=0.1), frame.sms.summary(by="city")):
        html = summary._repr_html_()
        assert "<script" not in html
        assert "http" not in html
        assert not re.search(r"\d{7}", html)
    assert "&lt;script&gt;" in html
    assert "1,500 rows: 1,000 accepted" in html


def test_summary__cannot_be_changed_by_its_table(results):
    """The table handed out is a copy."""
    summary = results.sms.summary()
    table = summary.to_frame()
    table["rows"] = 0
    assert summary.to_frame()["rows"].sum() == 1500


@pytest.mark.parametrize(("good", "share"), [(2999, ">99.9%"), (3000, "100.0%"), (1500, "50.0%")])
def test_summary__shares_do_not_round_to_all_or_nothing(good, share):
    """100 % means every row."""
    out = send(make_people(3000), dry_run=True).assign(
        sms_status=["accepted"] * good + ["unknown"] * (3000 - good)
    )
    text = repr(out.sms.summary())
    assert share in text
    assert (good != 2999) or "<0.1%" in text


# -- batches


def test_batches__one_row_per_call(results, sandbox):
    """Size, status, http status, ids, source, attempts, seconds, error."""
    table = results.sms.batches()
    assert table["batch"].tolist() == sorted(results["sms_batch"].dropna().unique())
    assert table["status"].tolist() == ["accepted", "unknown"]
    assert table["size"].tolist() == table["rows"].tolist() == [1000, 400]
    assert table["http_status"].tolist() == [202, pd.NA]
    assert table["source"].tolist() == [f"smsframe:{batch}" for batch in table["batch"]]
    assert table["location"][0].endswith(f"{table['response_id'][0]}/status")
    assert table["attempts"].tolist() == [1, 1]
    assert (table["seconds"] > 0).all()
    assert table["code"].tolist() == [pd.NA, "answer_lost"]
    assert table["error"][1] == results.sms.unknown["sms_error"].iloc[0]
    assert (table["settled_at"] >= table["sent_at"]).all()
    assert table["refreshed_at"].isna().all()
    assert results.head(10).sms.batches()["rows"].sum() == 7


def test_batches__a_refused_call_that_left_no_row(sandbox, client):
    """A batch that was halved is listed, with 0 rows."""
    body = {"meta": {"generalErrors": ["A phone is bad"]}}
    sandbox.faults.add("status", on=1, status=400, body=body)
    table = send(make_people(4)).sms.batches()
    assert table["status"].tolist() == ["rejected", "accepted", "accepted"]
    assert table["size"].tolist() == [4, 2, 2]
    assert table["rows"].tolist() == [0, 2, 2]


def test_batches__without_their_journal(results, sandbox, tmp_path):
    """What the rows say is what is known."""
    with smsframe.connect(sandbox, journal=tmp_path / "other.sqlite3"):
        table = results.sms.batches()
    assert table["status"].tolist() == ["accepted", "unknown"]
    assert table["rows"].tolist() == [1000, 400]
    assert table["size"].isna().all()
    assert table["response_id"].notna().tolist() == [True, False]


# -- failed, unknown, to_retry


def test_failed_and_unknown__pick_rows_with_their_reasons(results):
    """Properties of the accessor, functions of the package; rows keep their labels."""
    failed = results.sms.failed
    assert set(failed["sms_status"]) == {"invalid", "not_attempted"}
    assert failed.index[:2].tolist() == [3, 8]
    assert failed["sms_error"].notna().all()
    pd.testing.assert_frame_equal(smsframe.failed(results), failed)
    assert len(results.sms.unknown) == 400
    pd.testing.assert_frame_equal(smsframe.unknown(results), results.sms.unknown)


def test_to_retry__is_ready_to_send(results, sandbox):
    """What did not go out goes out, and nothing else."""
    left = results.sms.to_retry()
    assert list(left.columns) == ["mobile", "FirstName", "city"]
    assert "smsframe" not in left.attrs
    assert len(left) == 97
    again = left.sms.send(TEXT, program="148372", phone="mobile", progress=False)
    assert (again["sms_status"] == "accepted").all()
    assert not sandbox.outbox()["to"].duplicated().any()
    assert again.sms.to_retry().empty


def test_to_retry__leaves_out_who_was_held(client):
    """A person who had the campaign before, with other values, is not offered again."""
    send(make_people(3), campaign="spring")
    changed = make_people(3).assign(FirstName="Corrected")
    held = send(changed, campaign="spring")
    assert set(held["sms_code"]) == {"already_in_campaign"}
    assert held.sms.to_retry().empty


def test_accessor__delegates_to_the_public_functions(results):
    """Every method and property is the function of the same name."""
    for name in (*_accessor.FRAME_METHODS, *_accessor.FRAME_PROPERTIES):
        assert getattr(_accessor.FrameAccessor, name) is getattr(smsframe, name)
    assert results.sms.summary.__doc__ == smsframe.summary.__doc__


def test_looking__leaves_the_frame_alone(results):
    """No verb changes the frame that it is given."""
    before = results.copy(deep=True)
    results.sms.summary(by="city")
    results.sms.batches()
    for part in (results.sms.failed, results.sms.unknown, results.sms.to_retry()):
        part["mobile"] = "changed"
    pd.testing.assert_frame_equal(results, before)


def test_banner__names_what_to_look_at(sandbox, client, capsys):
    """The line under a send says where the rows are that did not go out."""
    people = make_people(3)
    people.loc[0, "mobile"] = "n/a"
    smsframe.send(people, TEXT, program="148372", phone="mobile")
    line = capsys.readouterr().out.strip()
    told = "1 invalid · why, and what to do: results.sms.failed"
    assert line == f"2 accepted · 0 rejected · 0 unknown · {told}"


@pytest.mark.parametrize("name", ["rows", "cost", "accepted"])
def test_summary__by_a_column_of_its_own_names(results, name):
    """A column named as one of the summary's own cannot group it; that is said."""
    with pytest.raises(smsframe.InputError, match="a column that a summary has itself"):
        results.assign(**{name: 1}).sms.summary(by=name)


def test_summary__by_a_column_of_lists(results):
    """Lists make no groups."""
    with pytest.raises(smsframe.InputError, match="no single values"):
        results.assign(tags=[["a"]] * len(results)).sms.summary(by="tags")


# -- counts


def test_counts__are_of_the_statuses_that_occur(results):
    """No zeros, in the order of the statuses; the same numbers as the summary's."""
    counts = results.sms.counts
    assert counts.to_dict() == results.sms.summary().counts
    assert list(counts.index) == ["accepted", "invalid", "duplicate", "unknown", "not_attempted"]
    assert (counts.dtype, counts.index.dtype) == ("int64", "string")
    assert (counts.name, counts.index.name) == ("rows", "sms_status")


def test_counts__of_what_went_through_a_file_and_of_no_rows(results):
    """Statuses as text count alike; rows without a status do not; no rows have no counts."""
    back = results.assign(sms_status=results["sms_status"].astype(object))
    pd.testing.assert_series_equal(back.sms.counts, results.sms.counts)
    back["sms_status"] = back["sms_status"].mask(back["sms_status"] == "invalid", None)
    assert back.sms.counts.sum() == 1498
    empty = results.head(0).sms.counts
    assert empty.empty
    assert (empty.dtype, empty.index.dtype) == ("int64", "string")
    with pytest.raises(InputError, match="holds no results"):
        smsframe.counts(make_people(1))


def test_summary__by_a_column_of_several_kinds():
    """Values that cannot be ordered are groups all the same, alone and below another column."""
    people = make_people(4)
    people["key"] = pd.Series([(1,), pd.Timestamp("2026-01-01"), 2.5, b"x"], dtype=object)
    people["city"] = ["Rome", "Rome", "Bari", "Bari"]
    planned = send(people, "Hello", dry_run=True)

    assert planned.sms.summary(by="key").to_frame()["rows"].tolist() == [1, 1, 1, 1]
    assert planned.sms.summary(by=["city", "key"]).to_frame()["rows"].tolist() == [1, 1, 1, 1]
