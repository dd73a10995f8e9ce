"""The world: what loading people means, what stays on disk, what the tables look like."""

from __future__ import annotations

import contextlib
import sqlite3
import stat

import pandas as pd
import pytest

from smsframe.sandbox import DEMO_FIELDS, Sandbox

REQUEST_COLUMNS = {
    "at": "datetime64[ns, UTC]",
    "method": "string",
    "path": "string",
    "status": "Int64",
    "in_flight": "Int64",
    "contacts": "Int64",
    "source": "string",
    "response_id": "string",
    "seconds": "float64",
    "fault": "string",
}
OUTBOX_COLUMNS = {
    "to": "string",
    "text": "string",
    "program": "string",
    "source": "string",
    "response_id": "string",
    "at": "datetime64[ns, UTC]",
}


def loaded(**columns):
    """Return consent by phone after loading a frame of these columns."""
    options = columns.pop("options", {})
    sandbox = Sandbox()
    sandbox.load_contacts(pd.DataFrame(columns), **options)
    return dict(sandbox._room.state.rows("SELECT phone, consent FROM contacts"))


@pytest.mark.parametrize(
    ("phones", "options", "digits"),
    [
        pytest.param(["+1 (201) 555-0123"], {}, ["12015550123"], id="formatted"),
        pytest.param([12015550123], {}, ["12015550123"], id="integer"),
        pytest.param([12015550123.0, None], {}, ["12015550123"], id="float-with-gap"),
        pytest.param(["12015550123.0"], {}, ["12015550123"], id="float-as-text"),
        pytest.param([None, "", "  ", "n/a", float("nan")], {}, [], id="missing"),
        pytest.param(["12015550123", "1 201 555 0123"], {}, ["12015550123"], id="twice"),
        pytest.param(["201-555-0123"], {}, ["2015550123"], id="national"),
        pytest.param(
            ["201-555-0123", "12015550124", "+45 32 12 34 56"],
            {"calling_code": "+1"},
            ["12015550123", "12015550124", "4532123456"],
            id="calling-code",
        ),
    ],
)
def test_load__phones(phones, options, digits):
    """Phones are reduced to digits, rows without any are left out."""
    assert sorted(loaded(mobile=phones, options=options)) == sorted(digits)


@pytest.mark.parametrize(
    "dtype",
    ["object", "string", "str", "category", "string[pyarrow]", "Int64", "int64", "float64"],
)
def test_load__dtypes(dtype):
    """Any dtype a phone column may have is read the same."""
    phones = pd.Series(["12015550123", "12015550124"])
    if dtype.lower().startswith(("int", "float")):
        phones = phones.astype("int64")
    assert sorted(loaded(mobile=phones.astype(dtype))) == ["12015550123", "12015550124"]


@pytest.mark.parametrize(
    ("word", "consent"),
    [
        *(
            pytest.param(word, "OPTED-IN", id=f"in-{word}")
            for word in (
                "OPTED-IN",
                "opted-in",
                "Opted-In",
                " yes ",
                "Y",
                "true",
                True,
                1,
                1.0,
                "1",
            )
        ),
        *(
            pytest.param(word, "OPTED-OUT", id=f"out-{word}")
            for word in ("OPTED-OUT", "no", "", None, False, 0, "2")
        ),
    ],
)
def test_load__consent(word, consent):
    """AlreadyMasked words for yes opt in, everything else opts out."""
    assert loaded(mobile=["12015550123"], consent=[word]) == {"12015550123": consent}


def test_load__consent_column():
    """The column `consent` is used by itself, another one when named; without any all opt in."""
    phone = {"mobile": ["12015550123"]}
    assert loaded(**phone, ok=["no"]) == {"12015550123": "OPTED-IN"}
    assert loaded(**phone, ok=["no"], options={"consent": "ok"}) == {"12015550123": "OPTED-OUT"}


@pytest.mark.parametrize("role", ["phone", "consent"])
def test_load__column_missing(role):
    """A column that is not there is refused, naming those that are."""
    with pytest.raises(ValueError, match=rf"No column 'tel'.*{role}=: 'mobile'"):
        loaded(mobile=["12015550123"], options={role: "tel"})


def test_load__fields(start):
    """Other columns become fields as text; a later load overwrites only what it brings."""
    api = start()
    people = {
        "mobile": ["12015550101", None],
        "total": [3.0, None],
        "price": [2.5, None],
        "when": pd.to_datetime(["2026-03-01", None]),
        "at": pd.to_datetime(["2026-03-01 10:30", None]),
        "grade": pd.Categorical(["A", None]),
    }
    frame = pd.DataFrame(people)
    before = frame.copy()
    assert api.sandbox.load_contacts(frame) == 1
    pd.testing.assert_frame_equal(frame, before)
    api.sandbox.load_contacts(pd.DataFrame({"mobile": ["12015550101"], "grade": ["B"]}))
    api.send(content="%%total%%|%%price%%|%%when%%|%%at%%|%%grade%%")
    assert api.texts() == [("12015550101", "3|2.5|2026-03-01|2026-03-01 10:30:00|B")]


def test_load__field_names(start):
    """Field names are case-sensitive and may hold anything."""
    api = start()
    names = {"name": "a", "Name": "b", 'q"; DROP TABLE contacts': "c", 7: "d"}
    api.sandbox.load_contacts(pd.DataFrame([{"mobile": "12015550101", **names}]))
    api.send(content="".join(f"%%{name}%%" for name in names))
    assert api.texts() == [("12015550101", "abcd")]


def test_fields__of_the_demo_world(api):
    """The demo world knows its fields before anything is loaded."""
    content = "".join(f"%%{name}%%" for name in DEMO_FIELDS)
    assert DEMO_FIELDS == (
        "FirstName", "LastName", "FIRST NAME", "City", "accountNumber", "Mobile number",
    )  # fmt: skip
    assert api.send(content=f"Hello {content}").status_code == 202


def test_world__kept_on_disk(start, tmp_path):
    """The same file is the same world: id, contacts, consent, outbox, tokens, status."""
    path = tmp_path / "new" / "world.sqlite3"
    first = start(path)
    people = {"mobile": ["12015550101", "12015550102"], "consent": ["yes", "no"]}
    first.sandbox.load_contacts(pd.DataFrame(people))
    contacts = [{"contactId": phone} for phone in people["mobile"]]
    response_id = first.send(contacts=contacts).json()["data"]["id"]
    first.sandbox.stop()
    second = start(path)
    assert second.sandbox.world == first.sandbox.world
    assert second.texts() == first.texts()
    assert (
        second.call(
            "GET", f"/rest/channels/sms/sends/{response_id}/status", token=first.token
        ).json()["data"]["contactsProcessed"]
        == 1
    )
    second.send(contacts=contacts)
    assert len(second.texts()) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_world__opened_by_two_at_once(start, tmp_path):
    """Two servers on one file see the same world."""
    path = tmp_path / "world.sqlite3"
    one, two = start(path), start(path)
    one.sandbox.load_contacts(pd.DataFrame({"mobile": ["12015550101"], "Pet": ["Rex"]}))
    assert two.send(content="Hi %%Pet%%").status_code == 202
    assert one.texts() == two.texts() == [("12015550101", "Hi Rex")]


def test_world__in_memory():
    """Worlds in memory are new each time."""
    assert Sandbox().world != Sandbox().world


def test_reset__new_world(api):
    """A reset forgets people, messages, faults, switches, calls and tokens, under a new id."""
    world = api.sandbox.world
    api.send()
    api.sandbox.load_contacts(pd.DataFrame({"mobile": ["12015550101"], "Pet": ["Rex"]}))
    api.sandbox.faults.add("status")
    api.sandbox.switches.user = False
    api.sandbox.reset()
    assert api.sandbox.world != world
    assert api.sandbox.outbox().empty
    assert api.sandbox.requests().empty
    assert api.send().status_code == 401
    api._token = None
    assert api.send(content="%%Pet%%").status_code == 400
    assert api.send().status_code == 202


def test_reset__what_else_is_in_the_file(tmp_path):
    """A reset forgets the world, and leaves tables alone that are somebody else's."""
    path = tmp_path / "world.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE theirs (name TEXT)")
        db.execute("INSERT INTO theirs VALUES ('kept')")
    sandbox = Sandbox(path)
    sandbox.load_contacts(pd.DataFrame({"mobile": ["12015550123"]}))
    sandbox.reset()
    assert sandbox._room.state.rows("SELECT name FROM theirs") == [("kept",)]
    assert sandbox._room.state.rows("SELECT phone FROM contacts") == []


def test_tables__when_empty():
    """Empty tables have the same columns and dtypes as full ones."""
    sandbox = Sandbox()
    assert dtypes(sandbox.requests()) == REQUEST_COLUMNS
    assert dtypes(sandbox.outbox()) == OUTBOX_COLUMNS
    assert sandbox.events().columns.tolist() == [
        "Mobile Number", "Program Id", "Message Body", "Source", "Event Timestamp",
    ]  # fmt: skip


def test_tables__when_full(api, clock):
    """Each API call is one row, and what a call does not have is missing."""
    api.send(source="s-1")
    api.send(b"no json")
    api.call("GET", "/nowhere")
    requests = api.sandbox.requests()
    assert dtypes(requests) == REQUEST_COLUMNS
    assert dtypes(api.sandbox.outbox()) == OUTBOX_COLUMNS
    assert requests["path"].tolist() == [
        "/oauth/token",
        "/rest/channels/sms/sends",
        "/rest/channels/sms/sends",
        "/nowhere",
    ]
    assert requests["status"].tolist() == [200, 202, 400, 404]
    assert requests["in_flight"].tolist() == [0, 1, 1, 0]
    assert requests["contacts"].fillna(-1).tolist() == [-1, 1, -1, -1]
    assert requests["source"].fillna("").tolist() == ["", "s-1", "", ""]
    assert requests["at"].eq(pd.Timestamp(clock.now, unit="s", tz="UTC")).all()


def dtypes(frame):
    """Return the name of each column's dtype."""
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


def test_world__in_the_home_folder(monkeypatch, tmp_path):
    """``~`` is the home folder, not a folder of that name."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    world = Sandbox("~/worlds/w.sqlite3").world
    assert Sandbox(tmp_path / "worlds" / "w.sqlite3").world == world


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({"frame": [1]}, "A DataFrame is needed, not list", id="list"),
        pytest.param({"phone": ["mobile"]}, r"No column \['mobile'\]", id="labels"),
        pytest.param({"consent": {}}, "No column {}", id="consent"),
        pytest.param({"calling_code": 1}, "calling_code=1 must be a text", id="code"),
    ],
)
def test_load_contacts__what_cannot_be_loaded(given, sentence):
    """A sentence says what is needed."""
    people = pd.DataFrame({"mobile": ["+12015550123"]})
    with pytest.raises((ValueError, TypeError), match=sentence):
        Sandbox().load_contacts(**{"frame": people, **given})
