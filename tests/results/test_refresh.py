"""Refresh: from accepted to sent or not sent, asked sparingly, mapped to the right rows."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from samples import fictional_phones, make_people, send

import smsframe
from smsframe._acoustic.answers import ContactStatus, SendStatus
from smsframe._base.send_settings import SendSettings
from smsframe._base.worker_pool import Backoff
from smsframe._journal.store import Journal
from smsframe._results import status_answers
from smsframe._results.hashed_people import hashes_of, named_in, tokens_of
from smsframe._results.polling import FAILED_IN_A_ROW, Poll
from smsframe.errors import AccessError, ApiError, InputError, StatusWarning

QUICK = Backoff(first_wait_s=0.01, longest_wait_s=0.02)


@pytest.fixture
def sandbox():
    """Run a sandbox that knows the status of a send at once."""
    with smsframe.Sandbox(anyone=True, status_delay_s=0) as running:
        yield running


def refresh(results, **options):
    """Refresh results quietly."""
    return smsframe.refresh(results, progress=False, **options)


def status_calls(sandbox):
    """Return the calls of the status endpoint."""
    calls = sandbox.requests()
    return calls[calls["path"].str.endswith("/status")]


# -- from the service to the rows


@pytest.mark.filterwarnings("ignore::smsframe.PlanWarning")  # repeats, and a column of consent
def test_refresh__the_demo_data_row_by_row():
    """Exactly the opted-in contacts are sent; the outbox has them, row by row, and nobody else."""
    orders = pd.read_csv("data/orders.csv", dtype="string")
    read = smsframe.normalize(orders["mobile"], region="US")
    people = orders.assign(mobile=read["e164"])[read["code"].isna()].drop_duplicates("mobile")
    with (
        smsframe.Sandbox(status_delay_s=0) as sandbox,
        smsframe.connect(sandbox),
    ):
        sandbox.load_contacts(people.iloc[5:], phone="mobile", consent="consent")
        results = send(orders, "Hi %%FirstName%%", phone="mobile", region="US",
                       defaults={"FirstName": "you"})  # fmt: skip
        done = refresh(results)
        shown = set(sandbox.outbox()["to"])
    went = done[done["sms_status"].isin(["sent", "not_sent"])]
    assert len(went) > 1000
    assert not (done["sms_status"] == "accepted").any()
    assert ((went["sms_status"] == "sent") == went["sms_contact"].isin(shown)).all()
    assert set(went.loc[went["sms_status"] == "sent", "sms_contact"]) == shown
    unsent = went[went["sms_status"] == "not_sent"]
    assert set(unsent["sms_code"]) == {"opted_out", "contact_not_found"}
    assert unsent["sms_error"].notna().all()
    assert went.loc[went["sms_status"] == "sent", ["sms_code", "sms_error"]].isna().all(axis=None)


def test_refresh__twice_makes_no_second_call(sandbox, client):
    """What is known is kept in the journal, for the refreshed frame and for the first one."""
    results = send(make_people(2500))
    done = refresh(results)
    calls = len(sandbox.requests())
    pd.testing.assert_frame_equal(refresh(done), done)
    pd.testing.assert_frame_equal(refresh(results), done)
    pd.testing.assert_frame_equal(refresh(send(make_people(2500))), done)
    assert len(sandbox.requests()) == calls


def test_refresh__asks_only_for_what_is_open(sandbox, client):
    """A batch that was not ready the first time is the only one asked about the second time."""
    people = make_people(1500)
    results = send(people)
    first = results["sms_response_id"].iloc[0]
    path = f"/rest/channels/sms/sends/{first}/"
    broken = sandbox.faults.add("status", status=500, path=path)
    with pytest.warns(StatusWarning, match="1,000 messages are accepted"):
        half = refresh(results, deadline_s=0)
    assert half["sms_status"].value_counts().to_dict().get("sent") == 500
    open_rows = half[half["sms_status"] == "accepted"]
    assert set(open_rows["sms_code"]) == {"status_unavailable"}
    assert set(open_rows["sms_response_id"]) == {first}
    sandbox.faults.clear()
    before = len(status_calls(sandbox))
    done = refresh(half)
    assert broken.struck == 1
    assert status_calls(sandbox)["path"].iloc[before:].tolist() == [f"{path}status"]
    assert (done["sms_status"] == "sent").all()
    assert done["sms_code"].isna().all()


def test_refresh__not_known_until_the_deadline(sandbox, client, people):
    """Rows stay accepted and say so; later they are asked for again."""
    results = send(people)
    sandbox.settings.status_delay_s = 3600
    with pytest.warns(StatusWarning, match="3 status_pending"):
        done = refresh(results, deadline_s=0)
    assert (done["sms_status"] == "accepted").all()
    assert set(done["sms_code"]) == {"status_pending"}
    assert done["sms_error"].str.contains("again in a few minutes").all()
    sandbox.settings.status_delay_s = 0
    assert (refresh(done)["sms_status"] == "sent").all()


def test_refresh__waits_until_it_is_known(sandbox, client, people):
    """The endpoint is asked again until it knows."""
    results = send(people)
    text = "Transaction status not found. Please try your request again in a few minutes."
    body = {"meta": {"generalErrors": [text]}, "data": None}
    sandbox.faults.add("status", path="status", on=[1, 2], status=200, body=body)
    client.settings = replace(client.settings, status_backoff=QUICK)
    done = refresh(results, deadline_s=20.0)
    assert (done["sms_status"] == "sent").all()
    assert len(status_calls(sandbox)) == 3


def test_refresh__an_id_that_never_existed(sandbox, client, people):
    """It looks like one that is not ready, so its rows stay accepted."""
    results = send(people)
    results["sms_response_id"] = "no-such-send"
    results["sms_batch"] = "20260101-000000-000000:0001"
    with pytest.warns(StatusWarning):
        done = refresh(results, deadline_s=0)
    assert set(done["sms_code"]) == {"status_pending"}


def test_refresh__at_most_ten_in_flight():
    """The limit of the organization holds for questions too."""
    with (
        smsframe.Sandbox(anyone=True, status_delay_s=0) as sandbox,
        smsframe.connect(sandbox),
    ):
        results = send(make_people(14), duplicates="send")
        parts = [results.assign(sms_response_id=f"x-{n}", sms_batch=pd.NA) for n in range(14)]
        sandbox.faults.add("delay", path="status", seconds=0.05)
        with pytest.warns(StatusWarning):
            refresh(pd.concat(parts), deadline_s=0)
        calls = status_calls(sandbox)
    assert len(calls) == 14
    assert calls["in_flight"].max() <= 10
    assert not (calls["status"] == 429).any()


@pytest.mark.parametrize("spelling", ["contactId", "contactID"])
def test_refresh__both_spellings_of_the_id(spelling):
    """Both were seen on the wire."""
    with (
        smsframe.Sandbox(anyone=True, status_delay_s=0, contact_key=spelling) as sandbox,
        smsframe.connect(sandbox),
    ):
        assert (refresh(send(make_people(3)))["sms_status"] == "sent").all()


def test_refresh__by_lookup(sandbox, client):
    """Rows that were addressed by lookup are found by it; each gets its own outcome."""
    people = make_people(4).assign(account=["A 1", "A2", "A3", "A4"], city="New York")
    known = people.rename(columns={"account": "accountNumber", "city": "City"})
    sandbox.load_contacts(known.iloc[:3].assign(consent=["yes", "no", "yes"]))
    frame = people.drop(columns="mobile")
    results = send(frame, "Hello", lookup={"accountNumber": "account", "City": "city"})
    done = refresh(results.iloc[::-1])
    assert done["sms_status"].tolist() == ["not_sent", "sent", "not_sent", "sent"]
    assert done["sms_code"].tolist()[::2] == ["contact_not_found", "opted_out"]


def test_refresh__a_part_in_another_order_on_another_index(sandbox, client):
    """Rows are found by batch and contact, whatever was done to the frame."""
    people = make_people(40)
    sandbox.load_contacts(people.iloc[::2].assign(consent="no"), consent="consent")
    results = send(people)
    part = results.sample(25, random_state=1).set_index(["FirstName", "mobile"])
    part.index = part.index.set_names(["who", None])
    again = pd.concat([part, part.head(3)])
    done = refresh(again)
    assert done.index.equals(again.index)
    expected = np.where(
        done.index.get_level_values("who").str[4:].astype(int) % 2, "sent", "not_sent"
    )
    assert done["sms_status"].tolist() == expected.tolist()


def test_refresh__leaves_its_input_alone(client, people):
    """A new frame is returned; the old one is as it was, as are foreign columns and attrs."""
    results = send(people).assign(note="mine")
    before = results.copy(deep=True)
    done = refresh(results)
    pd.testing.assert_frame_equal(results, before)
    assert list(done.columns) == list(before.columns)
    assert done.attrs == before.attrs
    assert (done["note"] == "mine").all()


def test_refresh__results_of_another_journal(sandbox, people, tmp_path):
    """Without the batch in the journal, the response id alone is enough; nothing is written."""
    sandbox.load_contacts(people.head(1).assign(consent="no"), consent="consent")
    with smsframe.connect(sandbox, journal=tmp_path / "theirs.sqlite3"):
        results = send(people)
    with smsframe.connect(sandbox, journal=tmp_path / "mine.sqlite3"):
        done = refresh(results.iloc[1:])
        assert (done["sms_status"] == "sent").all()
        whole = refresh(results)
        assert whole["sms_status"].tolist() == ["not_sent", "sent", "sent"]
        assert whole["sms_code"].tolist()[0] == "opted_out"
        calls = len(sandbox.requests())
        pd.testing.assert_frame_equal(refresh(whole), whole)
        assert len(sandbox.requests()) == calls
    assert not (tmp_path / "mine.sqlite3").exists()


def test_refresh__several_sends_of_another_journal(sandbox, people, tmp_path):
    """Each row gets what was said of it in its own send."""
    sandbox.load_contacts(people.head(1).assign(consent="no"), consent="consent")
    with smsframe.connect(sandbox, journal=tmp_path / "theirs.sqlite3"):
        both = pd.concat([send(people), send(people[::-1], "Another text.")])
    with smsframe.connect(sandbox, journal=tmp_path / "mine.sqlite3"):
        done = refresh(both)
    assert done["sms_status"].tolist() == ["not_sent", *["sent"] * 4, "not_sent"]
    assert done["sms_code"].fillna("").tolist() == ["opted_out", *[""] * 4, "opted_out"]


def test_refresh__what_is_known_is_not_unlearned(sandbox, client, people):
    """A row that is sent stays so, though the journal at hand has not recorded it."""
    done = refresh(send(people))
    with Journal(client.journal_path) as journal, journal._writing() as db:
        db.execute("DELETE FROM statuses")
    calls = len(sandbox.requests())
    pd.testing.assert_frame_equal(refresh(done), done)
    assert len(sandbox.requests()) == calls


def test_refresh__no_rows_and_nothing_to_ask(sandbox, client, people):
    """An empty frame and one without accepted rows make no call."""
    results = send(people, dry_run=True)
    for frame in (results, results.head(0)):
        pd.testing.assert_frame_equal(refresh(frame), frame)
    assert status_calls(sandbox).empty


def test_refresh__of_runs_put_together(client, people):
    """Results of texts with other tags can be asked about in one go."""
    people = people.assign(city="Rome")
    both = pd.concat([send(people[:2]), send(people[2:], "Hi %%FirstName%% of %%city%%")])
    done = refresh(both)
    assert done["sms_status"].tolist() == ["sent"] * 3
    assert both["sms_batch"].nunique() == 2


def test_refresh__no_access(sandbox, client, people):
    """A refusal of the credentials is raised; what was learned before is kept."""
    results = send(people)
    sandbox.switches.user = False
    with pytest.raises(AccessError):
        refresh(results)
    sandbox.switches.user = True
    assert (refresh(results)["sms_status"] == "sent").all()


def test_refresh__progress(client):
    """A callable is told how far it is, in messages."""
    told = []
    smsframe.refresh(send(make_people(1200)), progress=told.append)
    assert told[0].done == 0
    assert (told[-1].total, told[-1].done, told[-1].sent) == (1200, 1200, 1200)


def test_refresh__a_call_that_fails_masks_phones(sandbox, client, people):
    """The service's words come without phone numbers."""
    results = send(people)
    phone = fictional_phones(1)[0].removeprefix("+")
    body = {
        "meta": {},
        "data": {
            "totalContacts": 3,
            "errors": None,
            "contactStatus": [
                {"contactId": int(phone), "smsSent": False, "message": f"{phone} has no consent"}
            ],
        },
    }
    sandbox.faults.add("status", path="status", status=200, body=body)
    with pytest.warns(StatusWarning, match="2 status_missing"):
        done = refresh(results, deadline_s=0)
    assert done["sms_status"].tolist() == ["not_sent", "accepted", "accepted"]
    assert done["sms_error"].iloc[0] == "•••••••••00 has no consent"
    assert done["sms_code"].tolist() == ["no_consent", "status_missing", "status_missing"]


def test_refresh__an_error_of_the_whole_send(sandbox, client, people):
    """What the service says of the send stands in its rows, which stay accepted."""
    results = send(people)
    body = {"data": {"totalContacts": 3, "errors": "Send was cancelled", "contactStatus": []}}
    sandbox.faults.add("status", path="status", status=200, body=body)
    with pytest.warns(StatusWarning, match="3 send_error"):
        done = refresh(results, deadline_s=0)
    assert (done["sms_status"] == "accepted").all()
    assert done["sms_error"].iloc[0] == "The service says of the whole send: Send was cancelled"


@pytest.mark.parametrize("deadline", [-1, "soon", None])
def test_refresh__a_deadline_that_is_none(client, people, deadline):
    """The deadline is a number of seconds."""
    with pytest.raises(InputError, match="deadline_s"):
        refresh(send(people), deadline_s=deadline)


# -- entries to messages


def entry(contact_id=None, *, sent=True, message="", **lookup):
    """Make one entry of an answer."""
    return ContactStatus(contact_id=contact_id, lookup=lookup or None, sent=sent, message=message)


def matched(entries, contacts):
    """Match entries to contacts."""
    status = SendStatus(response_id="r", ready=True, contacts=tuple(entries))
    return status_answers.match(status, contacts)


IDS = ["12015550100", "12015550101"]
LOOKUPS = ["accountNumber=A1 City=New York", "accountNumber=A2 City=Rome"]
NO = status_answers.NOT_SENT


@pytest.mark.parametrize("given", ["+1 201-555-0100", "12015550100.0", "12015550100.00"])
def test_named_in__spelling(given):
    """Who is known by a hash alone is found by every spelling of an id that finds the others."""
    contacts = tokens_of(hashes_of(pa.array(IDS), "here"), by_lookup=False).to_pylist()
    assert matched([entry(given)], IDS)[0].sent.tolist() == [1, 0]
    assert named_in([entry(given)], contacts, "here") == [IDS[0], contacts[1]]


@pytest.mark.parametrize(
    ("entries", "contacts", "sent", "mismatch"),
    [
        pytest.param([entry(IDS[1], sent=False), entry(IDS[0])], IDS, [1, NO], {}, id="order"),
        pytest.param([entry("+1 201-555-0100"), entry("12015550101.0")], IDS, [1, 1], {},
                     id="spelling"),
        pytest.param([entry(IDS[0])], IDS, [1, 0], {"missing": 1}, id="missing"),
        pytest.param([*map(entry, IDS), entry("447400123456")], IDS, [1, 1], {"extra": 1},
                     id="extra"),
        pytest.param([*map(entry, IDS), entry(IDS[0])], IDS, [1, 1], {"repeated": 1},
                     id="repeated"),
        pytest.param([*map(entry, IDS), entry(IDS[0], sent=False)], IDS, [1, 1],
                     {"repeated": 1, "contradicting": 1}, id="sent-counts"),
        pytest.param([entry(IDS[0], sent=False), *map(entry, IDS)], IDS, [1, 1],
                     {"repeated": 1, "contradicting": 1}, id="sent-counts-later"),
        pytest.param([entry("12015550177"), entry("12015550178")], IDS, [0, 0],
                     {"missing": 2, "extra": 2}, id="foreign-ids-never-by-position"),
        pytest.param([entry(), entry(sent=False)], IDS, [1, NO], {}, id="by-position"),
        pytest.param([entry()], IDS, [0, 0], {"missing": 2, "extra": 1}, id="too-few-for-position"),
        pytest.param([entry(City="Rome", accountNumber="A2"),
                      entry(City="New York", accountNumber="A1", sent=False)],
                     LOOKUPS, [NO, 1], {}, id="lookup-fields-in-any-order"),
        pytest.param([entry("12015550100"), entry("12015550101", sent=False)], LOOKUPS, [1, NO], {},
                     id="lookups-answered-by-ids"),
        pytest.param([entry("12015550100"), entry(accountNumber="A2", City="Rome", sent=False)],
                     LOOKUPS, [0, NO], {"missing": 1, "extra": 1}, id="no-position-once-one-fits"),
        pytest.param([entry(a="x", b="z y"), entry(a="x y", b="z", sent=False)],
                     ["a=x y b=z", "a=x b=z y"], [NO, 1], {}, id="lookups-of-equal-words"),
        pytest.param([], [], [], {}, id="nothing"),
    ],
)  # fmt: skip
def test_match(entries, contacts, sent, mismatch):
    """Entries find their messages; what does not fit is counted."""
    told, found = matched(entries, contacts)
    assert told.sent.tolist() == sent
    assert found == status_answers.Mismatch(**mismatch)


def test_match__keeps_the_reasons_through_the_journal():
    """What was told survives being packed."""
    told, _ = matched([entry(IDS[0], sent=False, message="Opted out"), entry(IDS[1])], IDS)
    back = status_answers.unpack(told.pack(), 2)
    assert back.sent.tolist() == [NO, status_answers.SENT]
    assert [back.messages[i] if i >= 0 else None for i in back.message] == ["Opted out", None]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Contact is opted out of the SMS program.", "opted_out"),
        ("Contact has no consent record for the SMS program.", "no_consent"),
        ("Contact was not found in the database.", "contact_not_found"),
        ("Lookup keys match more than one contact.", "contact_ambiguous"),
        ("Contact ID is not a phone number with country code.", "contact_not_a_phone"),
        ("Something else.", "not_sent"),
        ("", "not_sent"),
    ],
)
def test_reason(message, code):
    """Words become codes; there is always a sentence."""
    found, sentence = status_answers.reason_of(message)
    assert found == code
    assert sentence


# -- asking, over a simulated clock


class Simulated:
    """Workers whose answers take a second of simulated time; ``ready_at`` says when a send is."""

    def __init__(self, ready_at, fail=None):
        self.time = 0.0
        self.ready_at = ready_at
        self.fail = fail or {}
        self.asked = []
        self.flying = []
        self.most = 0

    def now(self):
        """Return the simulated time."""
        return self.time

    def submit(self, response_id, _):
        """Note a question."""
        self.asked.append((round(self.time, 2), response_id))
        self.flying.append((self.time + 1.0, response_id))
        self.most = max(self.most, len(self.flying))

    def finished(self, timeout_s):
        """Move time to the first answer, or by the timeout."""
        end = np.inf if timeout_s is None else self.time + timeout_s
        first = min([t for t, _ in self.flying], default=np.inf)
        assert min(first, end) < np.inf, "waits for nothing, forever"
        self.time = min(first, end)
        done = [name for t, name in self.flying if t <= self.time]
        self.flying = [(t, name) for t, name in self.flying if t > self.time]
        return [(name, self._answer(name)) for name in done]

    def _answer(self, name):
        if name in self.fail:
            return self.fail[name]
        return SendStatus(response_id=name, ready=self.time >= self.ready_at.get(name, np.inf))


def polled(workers, names, *, deadline_s=60.0, max_in_flight=10, chance=0.0):
    """Poll with simulated workers; return what was answered and the poll."""
    answered = []
    poll = Poll(
        workers=workers,
        answered=lambda status: answered.append(status.response_id),
        max_in_flight=max_in_flight,
        deadline_s=deadline_s,
        backoff=replace(SendSettings().status_backoff, chance=lambda: chance),
    )
    poll.run(names)
    return answered, poll


def test_poll__waits_double_and_end_at_the_deadline():
    """Waits of 1, 2, 4, 8, 15, 15 seconds after each answer, nothing past the deadline."""
    workers = Simulated({})
    answered, _ = polled(workers, ["a"])
    assert answered == []
    assert [t for t, _ in workers.asked] == [0, 2, 5, 10, 19, 35, 51]
    assert workers.time <= 61


def test_poll__chance_spreads_the_waits():
    """Up to a quarter is added, so that several people do not ask in step."""
    workers = Simulated({})
    polled(workers, ["a"], chance=1.0, deadline_s=5)
    assert [t for t, _ in workers.asked] == [0, 2.25]


def test_poll__stops_asking_what_is_known():
    """A send that is ready is answered once and not asked about again."""
    workers = Simulated({"a": 0, "b": 7})
    answered, _ = polled(workers, ["a", "b"])
    assert answered == ["a", "b"]
    assert [name for _, name in workers.asked] == ["a", "b", "b", "b", "b"]


def test_poll__never_more_in_flight_than_allowed():
    """Seventy sends, three at a time."""
    names = [str(n) for n in range(70)]
    workers = Simulated(dict.fromkeys(names, 0))
    answered, _ = polled(workers, names, max_in_flight=3)
    assert sorted(answered) == sorted(names)
    assert workers.most == 3


def test_poll__asks_everything_once_however_short_the_time():
    """A deadline of 0 asks once and waits for nothing."""
    names = [str(n) for n in range(25)]
    workers = Simulated({"3": 0})
    answered, _ = polled(workers, names, deadline_s=0)
    assert answered == ["3"]
    assert [name for _, name in workers.asked] == names


def test_poll__gives_up_a_service_that_only_fails():
    """Past the deadline, ten failures in a row are enough."""
    names = [str(n) for n in range(50)]
    error = ApiError("down")
    workers = Simulated({}, dict.fromkeys(names, error))
    _, poll = polled(workers, names, deadline_s=0, max_in_flight=1)
    assert len(workers.asked) == FAILED_IN_A_ROW
    assert set(poll.failures) == set(names[:FAILED_IN_A_ROW])


def test_poll__waits_as_long_as_it_is_asked_to():
    """A Retry-After is heeded."""
    workers = Simulated({}, {"a": ApiError("busy", retry_after_s=20.0)})
    polled(workers, ["a"], deadline_s=30)
    assert [t for t, _ in workers.asked] == [0, 21]


@pytest.mark.parametrize("error", [AccessError("no"), RuntimeError("ours")], ids=repr)
def test_poll__what_waiting_does_not_mend_is_raised(error):
    """No access, and faults of our own, end it at once."""
    with pytest.raises(type(error)):
        polled(Simulated({}, {"a": error}), ["a", "b"])


def test_refresh__warning_has_no_phone(sandbox, client, people):
    """What is warned of names counts, not people."""
    results = send(people)
    body = {
        "data": {
            "totalContacts": 1,
            "contactStatus": [{"contactId": "447400123456", "smsSent": True}],
        }
    }
    sandbox.faults.add("status", path="status", status=200, body=body)
    with pytest.warns(StatusWarning, match="1 entries of contacts that were not in the call") as w:
        refresh(results, deadline_s=0)
    assert not re.search(r"\d{7}", str(w[0].message))
