"""Results that were in a file meanwhile work like those that were not."""

from __future__ import annotations

import pandas as pd
import pytest
from samples import make_people, send

import smsframe
from smsframe._base.result_columns import RESULT_COLUMNS

pytestmark = pytest.mark.filterwarnings("ignore::smsframe.SmsframeWarning")

OURS = list(RESULT_COLUMNS)


def people():
    """Return people, one of them without a phone."""
    frame = make_people(12)
    frame.loc[2, "mobile"] = None
    return frame


def through_csv(results, path, **options):
    """Write results as CSV and read them."""
    results.to_csv(path, index=False)
    return pd.read_csv(path, **options)


def through_excel(results, path, **options):
    """Write results as Excel, as documented, and read them."""
    times = results["sms_accepted_at"].dt.tz_localize(None)
    results.assign(sms_accepted_at=times).to_excel(path, index=False)
    return pd.read_excel(path, engine="openpyxl", **options)


TRIPS = [
    pytest.param(lambda r, d: through_csv(r, d / "r.csv", dtype="string"), id="csv-as-documented"),
    pytest.param(lambda r, d: through_csv(r, d / "r.csv"), id="csv-guessed"),
    pytest.param(lambda r, d: through_csv(r, d / "r.csv", dtype=object), id="csv-objects"),
    pytest.param(lambda r, d: through_csv(r, d / "r.csv", keep_default_na=False, dtype=str),
                 id="csv-blanks"),
    pytest.param(lambda r, d: through_csv(r, d / "r.csv", dtype_backend="pyarrow"), id="csv-arrow"),
    pytest.param(lambda r, d: through_excel(r, d / "r.xlsx"), id="excel"),
    pytest.param(lambda r, d: through_excel(r, d / "r.xlsx", dtype="string"), id="excel-text"),
    pytest.param(lambda r, _: r.astype(object), id="objects"),
    pytest.param(lambda r, _: r.convert_dtypes(dtype_backend="pyarrow"), id="arrow"),
]  # fmt: skip


@pytest.fixture
def results(sandbox, client):
    """Send people of whom one is invalid, one opted out, and the limit leaves three."""
    sandbox.settings.status_delay_s = 0
    sandbox.load_contacts(people().iloc[[0]].assign(consent="no"), consent="consent")
    return send(people(), limit=8)


@pytest.mark.parametrize("trip", TRIPS)
def test_everything__after_a_file(sandbox, results, tmp_path, trip):
    """They count the same, refresh to the same, and the rest is sent by the same send."""
    back = trip(results, tmp_path)
    counted = back.sms.summary(price_per_segment=0.01)
    pd.testing.assert_frame_equal(
        counted.to_frame(), results.sms.summary(price_per_segment=0.01).to_frame()
    )
    assert (counted.segments, counted.cost, counted.batches) == (8, 0.08, 1)
    pd.testing.assert_frame_equal(back.sms.batches(), results.sms.batches())
    assert len(back.sms.failed) == 4
    done = back.sms.refresh(progress=False)
    pd.testing.assert_frame_equal(done[OURS], results.sms.refresh(progress=False)[OURS])
    assert done["sms_status"].value_counts()[["sent", "not_sent"]].tolist() == [7, 1]
    left = back.sms.to_retry()
    assert not [name for name in left.columns if name.startswith("sms_")]
    assert send(left, region="US")["sms_status"].tolist() == ["accepted"] * 3
    assert (send(people())["sms_status"] == "accepted").sum() == 11
    assert not sandbox.outbox()["to"].duplicated().any()


@pytest.mark.parametrize("trip", TRIPS)
def test_reconcile_and_resolve__after_a_file(sandbox, client, tmp_path, trip):
    """Unknown rows are found in their batch again."""
    sandbox.faults.add("drop_after", on=1)
    results = send(people())
    back = trip(results, tmp_path)
    assert (back.sms.unknown["sms_status"].astype(str) == "unknown").sum() == 11
    half = back.sms.resolve(
        back["sms_status"].astype(str).eq("unknown") & (back.index < 6), as_="sent"
    )
    assert (half["sms_code"] == "resolved").sum() == 5
    done = back.sms.reconcile(sandbox.events())
    assert (done["sms_status"] == "accepted").sum() == 11
    pd.testing.assert_frame_equal(send(people())[OURS], done[OURS])


def test_round_trip__phones_stay_text(results, tmp_path):
    """Read as documented, no digit is lost, in our columns or the caller's."""
    back = through_csv(results, tmp_path / "r.csv", dtype="string")
    assert back["mobile"].dropna().tolist() == people()["mobile"].dropna().tolist()
    assert back["sms_contact"].dropna().tolist() == results["sms_contact"].dropna().tolist()
    back = through_excel(results, tmp_path / "r.xlsx", dtype="string")
    assert back["mobile"].dropna().tolist() == people()["mobile"].dropna().tolist()


def test_round_trip__what_is_no_status(results):
    """A status that somebody made up is named, not guessed at."""
    broken = results.astype({"sms_status": "string"}).assign(sms_status="perhaps")
    with pytest.raises(smsframe.InputError, match="'perhaps'"):
        broken.sms.summary()


def test_round_trip__rounded_contacts(results):
    """A contact that a spreadsheet has rounded is not found, and nothing is guessed."""
    broken = results.assign(sms_contact="1.20156E+10")
    done = broken.sms.refresh(progress=False)
    assert (done["sms_status"] == "accepted").sum() == 8
