"""What an export of events is held against: one that contradicts what went out settles nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from samples import TEXT, make_people, send

import smsframe
from smsframe.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore::smsframe.UnknownOutcomeWarning")

PHONE = "Mobile Number"


def another_program(client):
    """Name an active program that is not the one `send` uses."""
    programs = client.programs()
    active = programs[(programs["status"] == "ACTIVE") & (programs["id"] != "148372")]
    return active["id"].iloc[0]


@pytest.fixture
def lost(sandbox, client):
    """Send 1,200 people in two batches, the second one processed but its answer lost."""
    sandbox.faults.add("drop_after", on=2)
    return send(make_people(1200))


@pytest.fixture
def one_lost(sandbox, client):
    """Send 20 neighbours in one batch, processed but its answer lost."""
    sandbox.faults.add("drop_after", on=1)
    return send(make_people(20))


def phones(change):
    """Give what changes the phones of an export."""
    return lambda events: events.assign(**{PHONE: change(events[PHONE])})


def some(share, change):
    """Give what changes some of the phones of an export, evenly spread."""

    def changed(cells):
        out = cells.astype(object)
        chosen = np.arange(len(cells)) % round(1 / share) == 0
        out[chosen] = change(cells[chosen])
        return out

    return phones(changed)


def text_of(pattern):
    """Give what writes phones as numbers are formatted."""
    return lambda cells: cells.map(lambda cell: pattern % float(cell))


def wrapped(cells):
    """Put numbers into 32-bit integers."""
    return cells.astype("int64").to_numpy().astype("int32")


DAMAGED = [
    pytest.param(phones(text_of("%.5E")), id="scientific"),
    pytest.param(phones(text_of("%.2e")), id="scientific-small"),
    pytest.param(some(0.05, text_of("%.5E")), id="some-scientific"),
    pytest.param(phones(lambda c: c.astype(float).round(-5)), id="rounded-floats"),
    pytest.param(phones(lambda c: c.astype("int64").round(-4)), id="rounded-integers"),
    pytest.param(phones(lambda c: c.astype("int64").round(-4).astype(str)), id="rounded-text"),
    pytest.param(phones(lambda c: c.astype(float).astype("float32")), id="float32"),
    pytest.param(
        phones(lambda c: c.astype(float).astype("float32").astype("int64").astype(str)),
        id="float32-as-text",
    ),
    pytest.param(phones(wrapped), id="int32"),
    pytest.param(phones(lambda c: c.astype(float) + 0.5), id="not-whole"),
    pytest.param(phones(lambda c: c.astype(float) / 10), id="shifted-point"),
    pytest.param(phones(lambda c: c.str.replace("^1", "44", regex=True)), id="other-country"),
    pytest.param(phones(lambda c: "+" + c.str[1:]), id="plus-before-national"),
    pytest.param(phones(lambda c: c.str[:-1]), id="last-digit-cut"),
    pytest.param(phones(lambda c: c.str[-4:]), id="four-digits"),
    pytest.param(phones(lambda c: "*******" + c.str[-4:]), id="masked"),
    pytest.param(phones(lambda c: c.where(c.index % 50 != 7)), id="some-blank"),
    pytest.param(phones(lambda _: None), id="all-blank"),
    pytest.param(phones(lambda c: c.map(lambda _: "n/a")), id="words"),
    pytest.param(phones(lambda c: c.map(lambda _: True)), id="booleans"),
    pytest.param(phones(lambda c: np.roll(c, 1000)), id="shifted-rows"),
    pytest.param(phones(lambda c: c[::-1].to_numpy()), id="column-sorted-alone"),
    pytest.param(phones(lambda c: c + " / " + c), id="two-numbers"),
    pytest.param(
        lambda events: events.assign(Source=events["Source"].str[:-1]), id="sources-cut"
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def one_world(tmp_path_factory):
    """Send as `lost` does, once for many exports that settle nothing."""
    journal = tmp_path_factory.mktemp("one") / "journal.sqlite3"
    with (
        smsframe.Sandbox(anyone=True) as sandbox,
        smsframe.connect(sandbox, journal=journal) as client,
    ):
        sandbox.faults.add("drop_after", on=2)
        yield sandbox, client, send(make_people(1200), client=client)


@pytest.mark.parametrize("damage", DAMAGED)
def test_reconcile__a_damaged_export_settles_nothing(one_world, damage):
    """Events that name a batch and nobody of it prove it unreadable, complete or not."""
    sandbox, client, lost = one_world
    events = damage(sandbox.events())
    for settled in (False, True):
        with pytest.raises(InputError) as refused:
            lost.sms.reconcile(events, settled=settled, client=client)
        sentence = str(refused.value)
        assert "Nothing was settled." in sentence
        assert "resolve" in sentence
        assert "Export" in sentence or "file from its source" in sentence
        for phone in lost["sms_contact"].iloc[[0, 1, -1]]:
            assert phone[:-2] not in sentence
    now = smsframe.results(lost.attrs["smsframe"]["run"], client=client)
    assert now["sms_status"].value_counts()[["accepted", "unknown"]].tolist() == [1000, 200]


@pytest.mark.parametrize("settled", [False, True])
def test_reconcile__after_a_damaged_export(sandbox, lost, settled):
    """Nothing goes out again, and a person's word helps."""
    events = phones(text_of("%.5E"))(sandbox.events())
    with pytest.raises(InputError, match="Nothing was settled"):
        lost.sms.reconcile(events, settled=settled)
    again = send(make_people(1200))
    assert again["sms_status"].value_counts()[["accepted", "unknown"]].tolist() == [1000, 200]
    assert not sandbox.outbox()["to"].duplicated().any()
    assert (lost.sms.resolve(as_="sent")["sms_status"] == "accepted").all()


def test_reconcile__names_column_count_and_example_of_what_it_refuses(sandbox, lost):
    """The column, how many events, one of them masked, and what to do."""
    events = sandbox.events().rename(columns={PHONE: "Cell"})
    events.loc[5, "Cell"] = "+1 351-555-0177"
    with pytest.raises(InputError) as refused:
        lost.sms.reconcile(events, phone="Cell")
    sentence = str(refused.value)
    assert "column 'Cell', 1 of 1,200 events" in sentence
    assert "•77" in sentence
    assert "351" not in sentence
    assert "phones as text" in sentence


@pytest.mark.parametrize("change", [text_of("%.5E"), lambda c: c.str[:-1]])
def test_reconcile__masks_a_column_that_is_called_as_a_phone(sandbox, one_lost, change):
    """A file without a header has somebody's number for a name."""
    name = one_lost["mobile"].iloc[0]
    events = phones(change)(sandbox.events()).rename(columns={PHONE: name})
    with pytest.raises(InputError) as refused:
        one_lost.sms.reconcile(events, phone=name)
    assert name[2:-2] not in str(refused.value)


NEIGHBOURS = [
    pytest.param(text_of("%.9E"), id="scientific"),
    pytest.param(lambda c: c.astype("int64").round(-1), id="integers"),
    pytest.param(lambda c: c.astype("int64") // 10 * 10, id="cut"),
    pytest.param(lambda c: c.astype("int64").round(-1).astype(str), id="text"),
    pytest.param(lambda c: c.astype(float).round(-1), id="floats"),
    pytest.param(lambda c: c.astype("int64").round(-2), id="hundreds"),
]


@pytest.mark.parametrize("body", ["Moved.", TEXT])
@pytest.mark.parametrize("rounding", NEIGHBOURS)
def test_reconcile__rounding_that_hides_among_neighbours(sandbox, client, rounding, body):
    """In a block of numbers a rounded one is somebody else's of the same batch."""
    sandbox.faults.add("drop_after", on=1)
    results = send(make_people(20), body)
    with pytest.raises(InputError, match="Nothing was settled"):
        results.sms.reconcile(phones(rounding)(sandbox.events()), settled=True)
    assert (send(make_people(20), body)["sms_status"] == "unknown").all()


def test_reconcile__numbers_of_several_people_have_become_one(sandbox, one_lost):
    """Nobody is in a batch twice, so two texts to one number are two people's."""
    events = sandbox.events()
    events.loc[3, PHONE] = events.loc[4, PHONE]
    with pytest.raises(InputError, match="1 person of these sends had several texts"):
        one_lost.sms.reconcile(events)


SPELLINGS = [
    pytest.param(lambda c: "+" + c, id="plus"),
    pytest.param(lambda c: "00" + c, id="00"),
    pytest.param(lambda c: "011 " + c, id="011"),
    pytest.param(lambda c: c + ".0", id="float-text"),
    pytest.param(lambda c: c.astype("int64"), id="integers"),
    pytest.param(lambda c: c.astype(float), id="floats"),
    pytest.param(lambda c: c.astype("Int64"), id="nullable"),
    pytest.param(lambda c: c.astype("int64").astype(object), id="objects"),
    pytest.param(lambda c: c.astype("int64[pyarrow]"), id="arrow"),
    pytest.param(lambda c: c.astype("category"), id="categories"),
    pytest.param(lambda c: c.str[1:], id="ten-digits"),
    pytest.param(lambda c: c.str[1:].astype(float), id="ten-digits-as-floats"),
    pytest.param(lambda c: "(" + c.str[1:4] + ") " + c.str[4:7] + "-" + c.str[7:], id="national"),
    pytest.param(lambda c: "+1 " + c.str[1:4] + "-" + c.str[4:7] + "-" + c.str[7:], id="dashes"),
    pytest.param(lambda c: "1." + c.str[1:4] + "." + c.str[4:7] + "." + c.str[7:], id="dots"),
    pytest.param(lambda c: "'" + c, id="apostrophe"),
    pytest.param(lambda c: '="' + c + '"', id="formula"),
    pytest.param(lambda c: "tel:+" + c, id="label"),
    pytest.param(lambda c: " " + c + "\u00a0", id="blanks"),
    pytest.param(lambda c: "\u202a+" + c + "\u202c", id="invisible"),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_reconcile__reads_the_numbers_of_the_very_batch(sandbox, lost, spelling):
    """However an export writes them, as long as all digits are there."""
    done = lost.sms.reconcile(phones(spelling)(sandbox.events()), settled=True)
    assert (done["sms_status"] == "accepted").all()


ABROAD = [
    pytest.param("79123456789", "8 (912) 345-67-89", id="Russia"),
    pytest.param("36201234567", "06 20 123 4567", id="Hungary"),
    pytest.param("5491123456789", "011 15-2345-6789", id="Argentina"),
    pytest.param("447400123456", "07400 123456", id="Britain"),
    pytest.param("447400123456", "+44 (0)7400 123456", id="Britain-with-0"),
    pytest.param("393123456789", "312 345 6789", id="Italy"),
]


@pytest.mark.parametrize(("number", "written"), ABROAD)
def test_reconcile__reads_what_countries_put_before_their_numbers(sandbox, client, number, written):
    """A trunk prefix other than 0 is read as the country of the recipient has it."""
    sandbox.faults.add("drop_after", on=1)
    results = send(pd.DataFrame({"mobile": [f"+{number}"]}), "Moved.")
    events = sandbox.events().assign(**{PHONE: written})
    assert results.sms.reconcile(events)["sms_status"].tolist() == ["accepted"]


def test_reconcile__an_ending_of_two_numbers_of_unequal_length(sandbox, client):
    """A whole number that another one ends with is taken for either, once numbers are national."""
    sandbox.faults.add("drop_after", on=1)
    numbers = ["+4915122345678", "+15122345678", "+4915112345679"]
    results = send(pd.DataFrame({"mobile": numbers}), "Moved.")
    whole = sandbox.events()
    national = phones(lambda c: c.str.replace("^49", "0", regex=True))(whole)
    with pytest.raises(InputError, match="several people"):
        results.sms.reconcile(national.iloc[[0, 2]], settled=True)
    bare = phones(lambda c: c.str.replace("^49", "", regex=True))(whole)
    done = results.sms.reconcile(bare)["sms_status"].tolist()
    assert done == ["unknown", "unknown", "accepted"]
    assert (results.sms.reconcile(whole, settled=True)["sms_status"] == "accepted").all()


# -- complete or not


@pytest.fixture
def many(sandbox, client):
    """Send 5,000 people in five batches, three in four of them opted in; the third is lost."""
    people = make_people(5000)
    sandbox.load_contacts(people.iloc[::4].assign(consent="no"), consent="consent")
    sandbox.faults.add("drop_before", on=3)
    return send(people)


def batches(results):
    """List the ids of accepted and of lost batches."""
    by_status = results.groupby(results["sms_status"].astype(str))["sms_batch"].unique()
    return list(by_status["accepted"]), list(by_status["unknown"])


def of_batch(events, batch):
    """Tell which events are of a batch."""
    return events["Source"].str.endswith(batch)


@pytest.mark.parametrize("left", [0.0, 0.1, 0.49])
def test_reconcile__an_export_that_was_cut(sandbox, many, left):
    """A batch that was accepted and lacks its share tells of others that are missing."""
    events = sandbox.events()
    accepted, _ = batches(many)
    mine = events[of_batch(events, accepted[-1])]
    cut = events.drop(mine.index[int(left * len(mine)) :])
    with pytest.raises(InputError, match="cut or made too early") as refused:
        many.sms.reconcile(cut, settled=True)
    assert accepted[-1] in str(refused.value)
    assert "resolve" in str(refused.value)
    assert (many.sms.reconcile(cut)["sms_status"] == many["sms_status"]).all()
    done = many.sms.reconcile(events, settled=True)
    assert done["sms_status"].value_counts()[["accepted", "rejected"]].tolist() == [4000, 1000]


@pytest.mark.parametrize("end", ["first", "last"])
@pytest.mark.parametrize("left", [0.55, 0.9])
def test_reconcile__an_export_that_breaks_off_within_a_batch(sandbox, many, left, end):
    """Nobody of one end of a batch, though the others have theirs: it was cut just there."""
    events = sandbox.events()
    accepted, _ = batches(many)
    mine = events.index[of_batch(events, accepted[-1])]
    kept = int(left * len(mine))
    cut = events.drop(mine[kept:] if end == "last" else mine[:-kept])
    with pytest.raises(InputError, match=r"nobody of the .* people at one end") as refused:
        many.sms.reconcile(cut, settled=True)
    assert accepted[-1] in str(refused.value)


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_reconcile__people_missing_here_and_there(sandbox, many, share):
    """Who never opted in is missing anywhere in a batch; that is no cut."""
    events = sandbox.events()
    accepted, _ = batches(many)
    mine = events[of_batch(events, accepted[-1])]
    fewer = events.drop(mine.sample(frac=1 - share, random_state=1).index)
    done = many.sms.reconcile(fewer, settled=True)
    assert done["sms_status"].value_counts()["rejected"] == 1000


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(lambda events: events.sample(frac=1, random_state=1), id="shuffled"),
        pytest.param(lambda events: events.sort_values(PHONE), id="sorted-by-phone"),
        pytest.param(lambda events: events.sort_index(ascending=False), id="newest-first"),
        pytest.param(lambda events: pd.concat([events, events]), id="twice"),
        pytest.param(lambda events: pd.concat([events, events.head(700)]), id="overlapping"),
        pytest.param(lambda events: events.assign(Source="x; " + events["Source"]), id="own-words"),
        pytest.param(
            lambda events: events.assign(Source="smsframe:of-old:0001 " + events["Source"]),
            id="own-tag",
        ),
        pytest.param(
            lambda events: pd.concat([events, events.assign(Source="smsframe:stranger:0001")]),
            id="another-journal",
        ),
    ],
)
def test_reconcile__believes_a_whole_export_in_any_shape(sandbox, many, shape):
    """Order, repetition and what else is in it do not count."""
    done = many.sms.reconcile(shape(sandbox.events()), settled=True)
    assert done["sms_status"].value_counts()[["accepted", "rejected"]].tolist() == [4000, 1000]


def test_reconcile__a_lost_batch_of_which_there_is_only_a_part(sandbox, lost):
    """A batch that has events was processed, so it has to have its share."""
    events = sandbox.events()
    _, [batch] = batches(lost)
    mine = events.index[of_batch(events, batch)]
    with pytest.raises(InputError, match=f"half as many.*{batch}"):
        lost.sms.reconcile(events.drop(mine[90:]), settled=True)
    done = lost.sms.reconcile(events.drop(mine[1::2][:90]), settled=True)
    assert done["sms_status"].value_counts()[["accepted", "rejected"]].tolist() == [1110, 90]


def test_reconcile__a_batch_of_which_nobody_was_sent_has_no_share(sandbox, client):
    """Who is known not to have been sent makes no event."""
    people = make_people(2000)
    sandbox.load_contacts(people.head(1000).assign(consent="no"), consent="consent")
    sandbox.faults.add("drop_before", on=2)
    results = send(people)
    send(make_people(5, start=3000), "Later")
    with pytest.raises(InputError, match="no message of run"):
        results.sms.reconcile(sandbox.events(), settled=True)
    asked = results.sms.refresh(progress=False)
    done = asked.sms.reconcile(sandbox.events(), settled=True)
    assert done["sms_status"].value_counts()[["not_sent", "rejected"]].tolist() == [1000, 1000]


def test_reconcile__lacks_who_is_known_to_be_sent(sandbox, client):
    """The status endpoint knows of somebody whom the export lacks: it is not complete."""
    sandbox.faults.add("drop_before", on=2)
    results = send(make_people(2000)).sms.refresh(progress=False)
    assert (results["sms_status"] == "sent").sum() == 1000
    with pytest.raises(InputError, match="lacks 1 message of"):
        results.sms.reconcile(sandbox.events().iloc[1:], settled=True)


@pytest.mark.parametrize("as_numbers", [False, True])
@pytest.mark.parametrize("side", ["head", "tail"])
def test_reconcile__an_export_that_was_cut_and_sorted_by_phone(sandbox, client, side, as_numbers):
    """Each batch lacks the same share, but it is always the same end of the numbers."""
    people = make_people(3000).sample(frac=1, random_state=1, ignore_index=True)
    sandbox.load_contacts(people.iloc[::4].assign(consent="no"), consent="consent")
    sandbox.faults.add("drop_before", on=2)
    results = send(people)
    events = sandbox.events().sort_values(PHONE, ascending=side == "head")
    if as_numbers:
        events = events.astype({PHONE: "int64"})
    for cut in (events.head(1400), events[::-1].tail(1400)):
        with pytest.raises(InputError, match="it is sorted by phone"):
            results.sms.reconcile(cut, settled=True)
    done = results.sms.reconcile(events, settled=True)
    assert done["sms_status"].value_counts()[["accepted", "rejected"]].tolist() == [2000, 1000]


@pytest.mark.parametrize("rows", [65_535, 65_536, 1_048_575, 1_048_576])
def test_reconcile__as_long_as_a_spreadsheet(sandbox, many, rows):
    """An export that ends where a sheet does was cut off there."""
    events = sandbox.events()
    other = pd.DataFrame({PHONE: ["x"], "Source": ["other tool"]}, index=[0])
    filler = other.loc[np.zeros(rows - len(events), dtype=int)]
    with pytest.raises(InputError, match="as many as a spreadsheet holds"):
        many.sms.reconcile(pd.concat([filler, events]), settled=True)
    done = many.sms.reconcile(pd.concat([filler, events, other, other]), settled=True)
    assert (done["sms_status"] == "rejected").sum() == 1000


def test_reconcile__the_only_batch_was_lost_and_never_processed(sandbox, client):
    """Silence is believed once the export has something later of the same program."""
    send(make_people(10), "Before")
    sandbox.faults.add("drop_before", on=1)
    results = send(make_people(10))
    with pytest.raises(InputError, match="not one source"):
        results.sms.reconcile(sandbox.events().head(0), settled=True)
    with pytest.raises(InputError, match="may have been made before it") as refused:
        results.sms.reconcile(sandbox.events(), settled=True)
    assert "resolve" in str(refused.value)
    smsframe.send(make_people(10), "Elsewhere", program=another_program(client), progress=False)
    with pytest.raises(InputError, match="may have been made before it"):
        results.sms.reconcile(sandbox.events(), settled=True)
    send(make_people(10), "Later")
    done = results.sms.reconcile(sandbox.events(), settled=True)
    assert (done["sms_status"] == "rejected").all()
    assert (send(make_people(10))["sms_status"] == "accepted").all()
    assert not sandbox.outbox().duplicated(["to", "text"]).any()


# -- columns


@pytest.mark.parametrize(
    "name", ["mobile number", "Mobile Number ", "\ufeffMobile Number", "MOBILE_NUMBER"]
)
def test_reconcile__says_which_column_was_meant(sandbox, lost, name):
    """A name that differs in capitals, blanks or punctuation is not guessed, but named."""
    with pytest.raises(
        InputError, match=r"no column 'Mobile Number'. Is .* meant\? Then give phone="
    ):
        lost.sms.reconcile(sandbox.events().rename(columns={PHONE: name}))


def test_reconcile__a_column_that_is_there_twice(sandbox, lost):
    """Two columns of one name are not chosen from."""
    events = sandbox.events()
    doubled = pd.concat([events, events[["Source"]]], axis=1)
    with pytest.raises(InputError, match="2 columns 'Source'"):
        lost.sms.reconcile(doubled)
