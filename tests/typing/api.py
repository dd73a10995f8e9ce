"""Calls as people write them, never run: mypy reads them, and says when a signature has moved.

The stubs of pandas have no ``df.sms``, so everything is called by its public function, and the
accessors by their class. What must not be accepted has an ignore beside it; mypy complains of one
that is not needed.
"""

from __future__ import annotations

import datetime as dt
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_type

import pandas as pd

import smsframe
from smsframe._accessor import FrameAccessor, SeriesAccessor

if TYPE_CHECKING:
    import pyarrow as pa

people = pd.DataFrame({"mobile": ["+1 201-555-0123"], "FirstName": ["Ann"], 3: [1.5]})


def connecting() -> smsframe.Client:
    """Connect in every way there is."""
    smsframe.connect("sandbox", journal=Path("journal.sqlite3"))
    smsframe.connect(prod="us-1")  # type: ignore[call-arg]
    smsframe.connect(pod="us-1", client_id="a", client_secret="b", refresh_token="c")
    smsframe.connect(base_url="https://api.example.com", max_in_flight=4, timeout_s=(5, 60))
    smsframe.connect(token_file="token.json")
    with smsframe.Sandbox(latency_s=0.2, anyone=True) as sandbox:
        assert_type(sandbox.load_contacts(people, phone="mobile"), int)
        sandbox.faults.add("drop_after", on=[1, 3])
        assert_type(sandbox.outbox(), pd.DataFrame)
        with smsframe.connect(sandbox) as client:
            assert_type(client.programs(), pd.DataFrame)
            assert_type(client.consent("1", "148372", "12015550123"), str)
            return client


def testing_texts() -> None:
    """Give several texts, split by chance or by a column."""
    two = {"A": "Hi", "B": "Good day"}
    smsframe.plan(people, two, program="1", split={"A": 1, "B": 2.5}, holdout=0.1, campaign="test")
    smsframe.send(people, {"de": "Hallo", "*": "Hi"}, program="1", by="language", campaign="l")
    smsframe.send(people, two, program="1", split={"A": 1, "B": 1}, holdout=0.1, campaign="t")
    smsframe.preview(people, two, campaign="test")
    smsframe.plan(people, "Hi", program="1", split=None, by=None, holdout=None)
    smsframe.plan(people, ["Hi"], program="1")  # type: ignore[arg-type]
    smsframe.plan(people, two, program="1", split=2)  # type: ignore[arg-type]


def excluding() -> None:
    """Say whom not to text, and where numbers are from."""
    smsframe.plan(people, "Hi", program="1", exclude=["+1 201-555-0177", Path("no.csv")])
    smsframe.plan(people, "Hi", program="1", exclude=people["mobile"])
    smsframe.send(people, "Hi", program="1", exclude="no.csv", region_from="country")
    smsframe.send(people, "Hi", program="1", min_gap="24h")
    smsframe.plan(people, "Hi", program="1", min_gap=dt.timedelta(hours=24))
    smsframe.plan(people, "Hi", program="1", min_gap=24)  # type: ignore[arg-type]
    smsframe.plan(people, "Hi", program="1", exclude=12015550177)  # type: ignore[arg-type]
    smsframe.plan(people, "Hi", program="1", check_consent="require", consent_database=9911)
    smsframe.send(people, "Hi", program="1", check_consent=True, consent_database="9911")
    smsframe.plan(people, "Hi", program="1", check_consent="ask")  # type: ignore[arg-type]
    smsframe.plan(people, "Hi", program="1", price_per_segment={"US": 0.0079, "*": 0.05})


def at_their_hours() -> None:
    """Say when people may be texted."""
    smsframe.plan(people, "Hi", program="1", sending_hours=("08:00", "20:00"), closed="2026-12-25")
    smsframe.plan(
        people,
        "Hi",
        program="1",
        sending_hours={
            "US": [("08:00", "12:00"), (dt.time(14), "24:00")],
            "FR": {"mon-fri": ("08:00", "20:00"), "sat": [("10:00", "18:00")]},
            "*": "09:00-18:00",
        },
        closed={"US": [dt.date(2026, 12, 25), pd.Timestamp("2026-11-26")]},
        time_zone="zone",
        wait_s=3600,
    )
    smsframe.send(
        people,
        "Hi",
        program="1",
        sending_hours="08:00-20:00",
        closed=pd.Series(["2026-12-25"]),
        time_zone="America/Denver",
        wait_s=0.5,
    )
    smsframe.plan(people, "Hi", program="1", sending_hours=8)  # type: ignore[arg-type]
    smsframe.plan(people, "Hi", program="1", wait_s="1h")  # type: ignore[arg-type]


def planning(client: smsframe.Client) -> smsframe.Plan:
    """Make a plan and look at it."""
    made = smsframe.plan(
        people,
        "Hi %%FirstName%%, %%Total%%",
        program="148372",
        personalize={"FirstName": "FirstName", "Total": 3},
        defaults={"FirstName": "you"},
        formats={3: ",.2f", "FirstName": str.title},
        region="+",
        region_from="country",
        price_per_segment=0.0079,
        client=client,
    )
    assert_type(made.recipients, int)
    assert_type(made.batches, int)
    assert_type(made.problems, pd.DataFrame)
    assert_type(made.cost, float | None)
    assert_type(made.to_frame(), pd.DataFrame)
    assert_type(made.send(client=client, confirm=1, progress=False), pd.DataFrame)
    assert_type(made.send_test(["+1 201-555-0177"], rows=0, client=client), pd.DataFrame)
    if (past := made.history) is not None:
        assert_type(past.left, int)
    smsframe.plan(people, "Hi", program="1", personalize=people.columns[1:])
    smsframe.plan(people, "Hi", program="1", personalize=people.columns.to_numpy())
    smsframe.plan(people, "Hi", program="1", personalize=3)  # type: ignore[arg-type]
    smsframe.plan(people, "Hi", program="1", problems="stop")  # type: ignore[arg-type]
    smsframe.plan(
        people,
        phone="mobile",
        lookup=None,
        program="148372",
        region="US",
        campaign="orders-2026-11",
        limit=10,
        confirm=1,
        problems="skip",
        duplicates="skip",
        resend_unknown=False,
        dry_run=True,
        progress=False,
        content_id="c-1",
        source="nightly",
        campaign_name="Orders",
        ttl_minutes=60,
        character_swap=None,
        fold=None,
    )
    return made


def by_the_accessor() -> None:
    """Call the methods of ``df.sms`` and ``series.sms``: they take what the functions take."""
    sms = FrameAccessor(people)
    assert_type(sms.plan("Hi", program=148372, phone="mobile"), smsframe.Plan)
    assert_type(sms.send("Hi", program="148372", limit=3), pd.DataFrame)
    assert_type(sms.preview("Hi", n=3, region="US"), pd.DataFrame)
    assert_type(sms.failed, pd.DataFrame)
    assert_type(sms.counts, "pd.Series[int]")
    sms.send("Hi", progam="148372")  # type: ignore[call-arg]
    sms.send("Hi", program="148372", limit="3")  # type: ignore[arg-type]
    sms.compose("Hi", confirm=3)  # type: ignore[call-arg]
    assert_type(SeriesAccessor(people["mobile"]).normalize(region="US"), pd.DataFrame)


def sending(client: smsframe.Client) -> pd.DataFrame:
    """Send with every option."""
    smsframe.send(
        people,
        "Hi %%FirstName%%",
        program="148372",
        phone="mobile",
        personalize=["FirstName"],
        region="US",
        campaign="orders-2026-11",
        limit=10,
        confirm=1,
        problems="raise",
        duplicates="send",
        resend_unknown=True,
        dry_run=True,
        client=client,
        progress=lambda progress: print(progress.done, progress.total),
        source="nightly",
        campaign_name="Orders",
        ttl_minutes=60,
        character_swap=False,
        price_per_segment=0.0079,
        fold="gsm7",
    )
    smsframe.send(
        people,
        program="148372",
        content_id="c-1",
        lookup={"Mobile": "mobile"},
        defaults={"FirstName": "you"},
        formats={3: ",.2f"},
    )
    smsframe.send(people, "Hi", program=148372)
    smsframe.send(people, "Hi", "148372")  # type: ignore  # noqa: PGH003 - mypy has two names for it
    smsframe.send(people, "Hi", program="1", phnoe="mobile")  # type: ignore[call-arg]
    smsframe.send(people, "Hi", program=1.5)  # type: ignore[arg-type]
    smsframe.preview(people, "Hi", limit="3")  # type: ignore[arg-type]
    assert_type(smsframe.preview(people, "Hi", n=3), pd.DataFrame)
    assert_type(smsframe.last_plan(), smsframe.Plan | None)
    assert_type(smsframe.last_results(), pd.DataFrame | None)
    return smsframe.send(people, "Hi", program="148372")


def following_up(
    results: pd.DataFrame, events: pd.DataFrame, client: smsframe.Client
) -> smsframe.Summary:
    """Ask what became of it, settle what is unknown."""
    asked = smsframe.refresh(results, deadline_s=30, client=client, progress=True)
    assert_type(asked, pd.DataFrame)
    assert_type(smsframe.resolve(results, [0, 1], as_="sent", client=client), pd.DataFrame)
    found = smsframe.reconcile(
        results, events, phone="Number", source="Source", settled=True, client=client
    )
    assert_type(found, pd.DataFrame)
    smsframe.resolve(results)  # type: ignore[call-arg]
    smsframe.resolve(results, as_="perhaps")  # type: ignore[arg-type]
    counted = smsframe.summary(results, by="country", price_per_segment=0.01)
    assert_type(counted, smsframe.Summary)
    assert_type(counted.to_frame(), pd.DataFrame)
    assert_type(counted.counts, dict[str, int])
    return counted


def looking_back(results: pd.DataFrame, client: smsframe.Client) -> None:
    """Take results apart, draw them, and find those of earlier runs."""
    assert_type(smsframe.counts(results), "pd.Series[int]")
    for frame in (smsframe.failed(results), smsframe.unknown(results), smsframe.to_retry(results)):
        assert_type(frame, pd.DataFrame)
    assert_type(smsframe.batches(results, client=client, journal=None), pd.DataFrame)
    assert_type(smsframe.runs(full=True, client=client, journal="journal.sqlite3"), pd.DataFrame)
    again = smsframe.results("20261101-090000-abc123", client=client, journal=Path("j.sqlite3"))
    assert_type(again, pd.DataFrame)
    smsframe.plot(again)[0].set_title("Sent")
    compared = smsframe.compare(again, "bought", by="sms_variant", control="holdout")
    assert_type(compared, smsframe.Comparison)
    smsframe.compare(again, "bought", split={"A": 1, "B": 2}, holdout=0.1).draw()
    smsframe.compare(again, "bought", control=1)  # type: ignore[arg-type]
    assert_type(compared.together_p, float)
    people = smsframe.power(0.04, 0.01, control_share=0.1, power=0.9, significance=0.01)
    people["all"]
    assert_type(smsframe.journal.forget(dt.date(2026, 1, 1), path="journal.sqlite3"), int)
    smsframe.journal.forget(before="2026-01-01")


def handing_over(results: pd.DataFrame) -> None:
    """Read a file of people, write results for others."""
    assert_type(smsframe.read("people.csv", encoding="cp1252"), pd.DataFrame)
    smsframe.read(Path("people.xlsx"), sheet="People", hidden_rows="skip")
    smsframe.read(
        "people.csv",
        separator=";",
        header_line=2,
        numbers=["n"],
        decimal=",",
        dates=["day"],
        quiet=True,
    )
    smsframe.read("people.xlsx", hidden_rows="all")  # type: ignore[arg-type]
    smsframe.to_excel(results, Path("results.xlsx"), index=True, overwrite=True)
    smsframe.to_excel(results, "results.xlsx", price_per_segment=0.01, journal="j.sqlite3")
    smsframe.to_excel(results, "results.xlsx", client=smsframe.connect())
    assert_type(smsframe.report(results, "report.html"), Path)
    smsframe.report(results, "report.html", price_per_segment={"US": 0.0079}, overwrite=True)
    smsframe.report(results, "report.html", client=smsframe.connect(), journal="j.sqlite3")


def reading(column: pd.Series[str]) -> None:
    """Read phones and count segments."""
    assert_type(smsframe.normalize(column, region="US"), pd.DataFrame)
    assert_type(smsframe.segments(column), pd.DataFrame)


def composing() -> smsframe.Composer:
    """Open the screen."""
    composer = smsframe.compose(people, "Hi", program="148372", confirm_over=100)
    assert_type(composer.plan, smsframe.Plan)
    assert_type(composer.results, pd.DataFrame | None)
    assert_type(composer.code, str)
    return composer


def exploring(results: pd.DataFrame, client: smsframe.Client) -> smsframe.Explorer:
    """Open the screen over results."""
    explorer = smsframe.explore(results, client=client)
    assert_type(explorer.frame, pd.DataFrame)
    assert_type(explorer.selected, pd.DataFrame)
    assert_type(explorer.results, pd.DataFrame)
    assert_type(explorer.code, str)
    return explorer


def catching() -> dict[str, Any]:
    """Catch what can go wrong, from the narrowest to the root, and quieten the warnings."""
    told = (smsframe.UnknownOutcomeWarning, smsframe.IncompleteSendWarning, smsframe.StatusWarning)
    for kind in (*told, smsframe.ComparisonWarning, smsframe.PlanWarning, smsframe.SmsframeWarning):
        warnings.simplefilter("ignore", kind)
    try:
        smsframe.send(people, "Hi", program="148372")
    except smsframe.CampaignBusyError as error:
        return error.details
    except (smsframe.InputError, smsframe.JournalError) as error:
        assert_type(error, smsframe.InputError | smsframe.JournalError)
        return error.details
    except (smsframe.ConfigurationError, smsframe.AccessError, smsframe.ApiError) as error:
        return error.details
    except smsframe.SmsframeError as error:
        return error.details
    return {}


def frames_of_other_libraries(table: pa.Table, reader: Any) -> None:
    """Give whatever offers Arrow's protocol."""
    assert_type(smsframe.send(table, "Hi", program="1"), pd.DataFrame)
    smsframe.plan(reader, "Hi", program="1")
    smsframe.plan([1, 2], "Hi", program="1")  # type: ignore[arg-type]


def files_of_people(folder: Path) -> None:
    """Send files, and look at what came of it."""
    assert_type(smsframe.plan_files(files=folder, text="Hi", program="1"), smsframe.FilesPlan)
    sent = smsframe.send_files("people/*.parquet", "Hi", out=folder, program="1", confirm=3)
    smsframe.send_files(folder, "Hi", program="1")  # type: ignore[call-arg]
    assert_type(sent.refresh().reconcile(people).resolve(as_="sent"), smsframe.SentFiles)
    assert_type(sent.to_frame(columns=["sms_status"]), pd.DataFrame)
