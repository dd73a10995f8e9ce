"""Which column of a frame is the phone of the row itself, and which is somebody else's."""

from __future__ import annotations

import re
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from samples import make_people

import smsframe
from smsframe._phones.detect_column import guess_phone_column
from smsframe.errors import InputError

PHONE = "+12015550123"


MOBILES = [f"+1201555{line:04d}" for line in range(100, 140)]
NATIONAL = [f"(201) 555-{line:04d}" for line in range(100, 140)]
IDS = [2015550000 + 7919 * number % 10**7 for number in range(40)]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        pytest.param({"name": ["Ann"] * 40, "mobile": MOBILES}, "mobile", id="mobile"),
        pytest.param({"mobile": MOBILES, "partner_mobile": MOBILES}, "mobile", id="partner"),
        pytest.param({"Téléphone": MOBILES, "Notfallnummer": MOBILES}, "Téléphone", id="french"),
        pytest.param({"mobile": ["+12015550101"], "id": [1]}, "mobile", id="one-row"),
        pytest.param({"PhoneNumber": NATIONAL, "accountNumber": IDS}, "PhoneNumber", id="national"),
        pytest.param({"phone": MOBILES, "fax": MOBILES}, "phone", id="fax"),
        pytest.param({"cell": MOBILES, "zip": [7302] * 40}, "cell", id="zip"),
        pytest.param(
            {"mobile": [int(m[1:]) for m in MOBILES], "id": range(40)}, "mobile", id="int"
        ),
        pytest.param({"phone": MOBILES, "sms_contact": MOBILES}, "phone", id="own-results"),
        pytest.param(
            {"phone_type": ["home"] * 40, "Tel": MOBILES}, "Tel", id="named-but-no-numbers"
        ),
        pytest.param({"hotel": ["Ritz"] * 40, ("c", "cell"): MOBILES}, ("c", "cell"), id="tuple"),
        pytest.param(
            {"mobile": MOBILES, "day": pd.date_range("2026-11-01", periods=40)},
            "mobile",
            id="dates",
        ),
        pytest.param({"mobile": MOBILES[:20] + [None] * 20, "b": [None] * 40}, "mobile", id="gaps"),
    ],
)
def test_guess__finds_the_one_phone_column(columns, expected):
    """A column that plainly holds phones is found."""
    frame = pd.DataFrame(columns)
    before = frame.copy(deep=True)
    assert guess_phone_column(frame) == expected
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("columns", "sentence", "candidates"),
    [
        pytest.param({"order_no": IDS, "name": ["Ann"] * 40}, "phone='order_no'", [], id="none"),
        pytest.param(
            {"id": [12015550000 + n for n in range(40)]}, "phone='id'", [], id="eleven-digit-ids"
        ),
        pytest.param(
            {"mobile": MOBILES, "home_phone": MOBILES},
            "'mobile' and 'home_phone'",
            ["mobile", "home_phone"],
            id="two",
        ),
        pytest.param(
            {"mobile": MOBILES, "a": MOBILES},
            "'mobile' and 'a'",
            ["mobile", "a"],
            id="name-and-value",
        ),
        pytest.param({"a": MOBILES, "order_no": IDS}, "phone='a'", ["a"], id="by-value-alone"),
        pytest.param({5: MOBILES}, "phone=5", [5], id="label-is-a-number"),
        pytest.param(
            {"mobile": ["+12015550101"] * 9}, "phone='mobile'", ["mobile"], id="one-number"
        ),
        pytest.param(
            {"mobile": ["+12015550101", "+12015550102", "+12015550103"] * 14},
            "phone='mobile'",
            ["mobile"],
            id="a-few-numbers",
        ),
        *(
            pytest.param({name: MOBILES}, f"phone={name!r}", [name], id=name)
            for name in (
                *("emergency_contact_phone", "sales_rep_mobile", "store_phone", "manager cell"),
                *(
                    "next_of_kin_phone",
                    "agentPhone",
                    "doctor_phone",
                    "Telefon Eltern",
                    "spouse cell",
                ),
                *(
                    "office phone",
                    "Support Hotline Tel",
                    "Téléphone du médecin",
                    "teléfono de la madre",
                ),
                *(
                    "Handy Vertreter",
                    "Notfall-Handy",
                    "Portable du conjoint",
                    "BranchPhone",
                    "sender",
                ),
            )
        ),
        pytest.param({}, "no columns", [], id="no-columns"),
        pytest.param({"phone": []}, "phone='phone'", [], id="no-rows"),
        pytest.param({"phone": ["Ann"] * 40}, "phone='phone'", [], id="name-only"),
    ],
)
def test_guess__refuses_when_not_plain(columns, sentence, candidates):
    """No plain phone column, or two, is an error that names them and the argument."""
    with pytest.raises(InputError, match=re.escape(sentence)) as caught:
        guess_phone_column(pd.DataFrame(columns))
    assert caught.value.details["candidates"] == candidates


def test_guess__names_some_columns():
    """Of many columns the first are named, and that there are more is seen."""
    with pytest.raises(InputError, match=r"the columns are 'c0', .*'c19', …\.$"):
        guess_phone_column(pd.DataFrame({f"c{number}": ["x"] for number in range(21)}))
    with pytest.raises(InputError, match=r"'c19'\.$"):
        guess_phone_column(pd.DataFrame({f"c{number}": ["x"] for number in range(20)}))


def test_guess__in_repeated_labels():
    """Two columns of one name are looked at one by one."""
    frame = pd.DataFrame([[phone, "Ann"] for phone in MOBILES], columns=["cell", "cell"])
    assert guess_phone_column(frame) == "cell"


def test_guess__beside_what_pandas_cannot_look_at():
    """A signalling NaN is a blank cell, in the phone column and in others."""
    odd = Decimal("sNaN")
    frame = pd.DataFrame({"mobile": [*MOBILES[1:], odd], "x": [odd] * 40, "country": odd})
    assert guess_phone_column(frame) == "mobile"
    made = smsframe.plan(frame.assign(opt_out=odd), "Hi", program="1", region="US")
    assert made.problems["code"].tolist()[-1] == "phone_missing"


@pytest.mark.skipif(not hasattr(pa, "string_view"), reason="pyarrow 15 has no string views")
def test_plan__of_string_views():
    """Columns of string views are read as strings, though pandas can take no row of them."""
    frame = make_people(6)
    views = pd.DataFrame(
        {
            name: pd.arrays.ArrowExtensionArray(pa.array(frame[name]).cast(pa.string_view()))
            for name in ("mobile", "FirstName")
        }
    )
    made = smsframe.plan(views, "Hi %%FirstName%%", program="1", exclude=views[["mobile"]].iloc[:1])
    assert made.columns.phone == "mobile"
    assert made.to_frame()["sms_code"].isna().tolist() == [False] + [True] * 5
    assert smsframe.normalize(views["mobile"])["e164"].tolist() == frame["mobile"].tolist()
    assert smsframe.segments(views["FirstName"])["segments"].tolist() == [1] * 6


@pytest.mark.parametrize(
    "name",
    [
        *("sms_number", "SMS phone", "contact_number", "Contact No.", "ContactNo", "WA number"),
        *("Text Number", "Kontaktnummer", "phonenum", "mobileno", "telnr", "SĐT", "Fon"),
        *("Teléfono (con prefijo)", "Telefono con prefisso", "phone_with_cc", "borrower_phone"),
    ],
)
@pytest.mark.parametrize("numbers", [MOBILES, NATIONAL, [int(number[1:]) for number in MOBILES]])
def test_guess__finds_own_phones_under_more_names(name, numbers):
    """Names put together of words for an own phone, and those that people say for a phone."""
    assert guess_phone_column(pd.DataFrame({"id": range(40), name: numbers})) == name


def test_guess__a_number_that_may_be_another_counts_where_there_is_no_phone():
    """A contact number beside a phone is an id, unless it is plainly a phone too: then it asks."""
    assert guess_phone_column(pd.DataFrame({"contact_no": IDS, "mobile": NATIONAL})) == "mobile"
    with pytest.raises(InputError, match="'contact_no' and 'mobile'"):
        guess_phone_column(pd.DataFrame({"contact_no": MOBILES, "mobile": MOBILES}))
    with pytest.raises(InputError, match="'contact_no' and 'numero'"):
        guess_phone_column(
            pd.DataFrame({"contact_no": range(10**9, 10**9 + 40), "numero": NATIONAL})
        )
    faxed = {"contact_no": NATIONAL, "fax": NATIONAL, "parent_phone": NATIONAL}
    with pytest.raises(InputError, match="'contact_no'"):
        guess_phone_column(pd.DataFrame(faxed | {"handset": NATIONAL}))
    assert guess_phone_column(pd.DataFrame(faxed)) == "contact_no"
    with pytest.raises(InputError, match="phone='parent_contact_no'"):
        guess_phone_column(pd.DataFrame({"id": range(40), "parent_contact_no": NATIONAL}))


@pytest.mark.parametrize("numbers", [NATIONAL, [int(number[1:]) for number in MOBILES]])
def test_guess__proposes_the_column_that_may_hold_phones(numbers):
    """Where no name says phone, the argument to copy names the column whose values might be."""
    frame = pd.DataFrame({"id": range(40), "name": "Ann", "reachable at": numbers})
    with pytest.raises(InputError, match="phone='reachable at'"):
        guess_phone_column(frame)


@pytest.mark.parametrize("cell", ["4,91512E+12", '="4.91512E+12"', "4.91512 E+12"])
def test_guess__of_a_column_that_a_spreadsheet_has_rounded(cell):
    """Its numbers have become one again and again: it is told as rounded."""
    plan = smsframe.plan(pd.DataFrame({"Handy": [cell] * 20}), "Hi", program="148372", region="DE")
    assert "phones_rounded" in set(plan.problems["code"])
    assert not plan.recipients


def test_guess_phone_column__of_no_rows():
    """A header alone shows nobody's numbers, and that is said."""
    with pytest.raises(InputError, match="plainly a phone column, for there are no rows"):
        guess_phone_column(pd.DataFrame({"mobile": [], "Name": []}))
