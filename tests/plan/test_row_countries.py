"""Countries of rows: named by a column, at odds with the region, told in the plan."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import phonenumbers
import pytest

import smsframe
from smsframe._phones.column_owners import is_of_somebody_else
from smsframe._phones.country_names import NAMES, region_called
from smsframe._phones.detect_column import guess_phone_column
from smsframe.errors import InputError

FRENCH, DUTCH, AMERICAN = "06 12 34 56 78", "06 12345678", "(201) 555-0123"


def plan(cells, **given):
    """Plan a text to cells, with further columns under ``more``."""
    frame = pd.DataFrame({"mobile": cells, **given.pop("more", {})})
    return smsframe.plan(frame, "Hi", program="148372", phone="mobile", **given)


def planned(made):
    """Return whom a plan would text, None for who is not."""
    frame = made.to_frame()
    texted = frame["sms_status"].eq("planned")
    return [
        who if is_texted else None
        for who, is_texted in zip(frame["sms_contact"], texted, strict=True)
    ]


@pytest.mark.parametrize(
    ("france", "holland", "america"),
    [
        pytest.param("FR", "nl", "Us", id="two-letters"),
        pytest.param("FRA", "nld", "USA", id="three-letters"),
        pytest.param("France", "The Netherlands", "United States of America", id="english"),
        pytest.param(" france ", "Holland", "U.S.A.", id="variants"),
        pytest.param("Frankreich", "Nederland", "Estados Unidos", id="others"),
        pytest.param("+33", "+31", "+1", id="calling-codes"),
        pytest.param("0033", "NED", "+1 US", id="dialled"),
        pytest.param("France +33", "Netherlands (+31)", "\U0001f1fa\U0001f1f8 +1", id="menus"),
        pytest.param("Франция", "Нидерланды", "США", id="russian"),
        pytest.param("フランス", "オランダ", "アメリカ", id="japanese"),
        pytest.param("فرنسا", "هولندا", "الولايات المتحدة", id="arabic"),
        pytest.param("Fransa", "Hollanda", "Amerika Birleşik Devletleri", id="turkish"),
        pytest.param(
            "\U0001f1eb\U0001f1f7", "NL - Netherlands", "United States (US)", id="several"
        ),
    ],
)
def test_region_from__reads_each_row_in_its_country(france, holland, america):
    """Codes and names of countries are understood, whatever their case."""
    country = {"land": [france, holland, america]}
    made = plan([FRENCH, DUTCH, AMERICAN], region_from="land", more=country)
    assert planned(made) == ["33612345678", "31612345678", "12015550123"]
    assert "column_unused" not in made.problem_counts


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_region_from__blank_cells_are_of_the_region(dtype):
    """A blank country is the region's; without a region the number does not say its country."""
    country = {"land": pd.Series(["NL", None, " "], dtype=dtype)}
    made = plan([DUTCH, FRENCH, AMERICAN], region_from="land", region="FR", more=country)
    assert planned(made) == ["31612345678", "33612345678", None]
    assert (
        planned(plan([DUTCH, FRENCH, FRENCH], region_from="land", more=country))[1:] == [None] * 2
    )


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        pytest.param("prefijo", [33, 31, 1], id="numbers"),
        pytest.param("country_code", [33.0, 31.0, None], id="with a gap"),
        pytest.param("Dial code", ["33", "0031", "+1"], id="texts"),
        pytest.param("country calling code", ["33", "NL", "US"], id="beside names"),
    ],
)
def test_region_from__column_of_calling_codes(name, codes):
    """Digits are calling codes where the name of the column says that it holds such."""
    made = plan([FRENCH, DUTCH, AMERICAN], region_from=name, region="US", more={name: codes})
    assert planned(made) == ["33612345678", "31612345678", "12015550123"]


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        pytest.param("country_code", [33, 31, 840], id="other numbers of countries"),
        pytest.param("iso_country_code", [33, 31, 1], id="iso"),
        pytest.param("country_code", [56, 56, 40], id="of iso, or codes"),
        pytest.param("country", [33, 31, 1], id="no codes by name"),
        pytest.param("country", ["Canada (+33)", "US +31", "+33 +31"], id="another's code"),
        pytest.param("country", [True, False, True], id="truth values"),
        pytest.param("country", pd.to_datetime(["2026-11-22"] * 3), id="dates"),
    ],
)
def test_region_from__digits_and_others_that_may_be_something_else(name, codes):
    """What may number countries otherwise, or is no text at all, is asked about."""
    made = plan([FRENCH, DUTCH, AMERICAN], region_from=name, region="US", more={name: codes})
    assert made.problem_counts["country_unreadable"] == 3
    assert planned(made) == [None] * 3


def test_names__beside_their_calling_code():
    """Countries that share a calling code are told by their name."""
    assert [region_called(f"{name} (+1)") for name in ("Canada", "Jamaica")] == ["CA", "JM"]
    assert [region_called(name) for name in ("KZ +7", "+44 Jersey", "Canada +44")] == [
        *("KZ", "JE", None),
    ]


def test_region_from__plus_decides():
    """A number with + of another country than its row's stays what it says."""
    made = plan(["+1 201 555 0123"], region_from="land", more={"land": ["FR"]})
    assert planned(made) == ["12015550123"]


@pytest.mark.parametrize("entry", ["Atlantis", "Korea", "NA", "44", "unknown", "n/a"])
def test_region_from__entry_that_is_no_country_stops_its_row(entry):
    """What names no country, or two, is a problem of its row with the cell."""
    more = {"land": [entry, "FR"]}
    made = plan([FRENCH, FRENCH.replace("78", "79")], region_from="land", region="FR", more=more)
    assert planned(made) == [None, "33612345679"]
    problem = made.problems.query("code == 'country_unreadable'").iloc[0]
    assert (problem["position"], problem["value"], problem["column"]) == (0, entry, "land")


@pytest.mark.parametrize("cell", ["+33 6 12 34 56 78", "0033 6 12 34 56 78", "\uff0b33612345678"])
def test_region_from__number_that_says_its_country_needs_no_other(cell):
    """What is written in the column of countries stops no number that names its own."""
    made = plan([cell], region_from="land", region="US", more={"land": ["Atlantis"]})
    assert planned(made) == ["33612345678"]
    assert "country_unreadable" not in made.problem_counts


def test_region_from__sentences_name_the_country_of_the_row():
    """What is wrong with a number is said of its row's country, not of region=."""
    more = {"land": ["DE", "US"]}
    made = plan(["4915123456789", "447400123456"], region_from="land", region="+", more=more)
    ambiguous, other = made.problems["sentence"]
    assert "dial it in the country of its row (column 'land')" in ambiguous
    assert 'give region="+" and no region_from=' in ambiguous
    assert "is no number of the country of its row (column 'land')" in other


def test_region_from__column_that_is_not_there():
    """A missing column is named with what was meant."""
    with pytest.raises(InputError, match="Did you mean 'land'"):
        plan([FRENCH], region_from="lant", more={"land": ["FR"]})


def test_names__of_all_regions_are_understood():
    """Every region of the library is found by its letters and its name."""
    for region in phonenumbers.SUPPORTED_REGIONS:
        assert region_called(NAMES[region]) == region
        assert region_called(region.lower()) == (None if region == "NA" else region)


@pytest.mark.parametrize(
    "name",
    ["Congo", "Kongo", "Korea", "Nga", "NA", "Georgia (US)", "DE/AT", "US/CA", "America", ""],
)
def test_names__of_two_countries_are_nobodys(name):
    """What may be two countries, in one language or in two, is none."""
    assert region_called(name) is None


def test_names__in_vietnamese_are_no_codes_of_others():
    """Austria and Belgium are not Angola and Burundi, whose letters they have."""
    assert [region_called(name) for name in ("Áo", "Bỉ", "AO", "BI")] == ["AT", "BE", "AO", "BI"]


@pytest.mark.parametrize("name", ["country", "Land", "billingCountry", "wohnt_in", "Staat", "País"])
def test_contradiction__with_a_column_of_countries_is_a_warning(name):
    """A column that says another country than the region is named with counts."""
    more = {name: ["France", "Netherlands", "France"]}
    made = plan([FRENCH, DUTCH, "+31 6 12345679"], region="FR", more=more)
    problem = made.problems.query("code == 'country_contradicts'").iloc[0]
    assert problem["severity"] == "warning"
    assert "in 1 row whose" in problem["sentence"]
    assert f"region_from={name!r}" in problem["sentence"]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"country_code": [33, 31, 33]}, id="calling-codes"),
        pytest.param({"Dial Code": ["0033", "+31", "33"]}, id="with-zeros"),
        pytest.param({"Ländervorwahl": ["33", "31", None]}, id="german"),
        pytest.param({"страна": ["Франция", "Нидерланды", "Франция"]}, id="russian"),
        pytest.param({"국가": ["프랑스", "네덜란드", "프랑스"]}, id="korean"),
        pytest.param({"country": ["France", "NL", "unknown"]}, id="one-is-no-country"),
    ],
)
def test_contradiction__is_seen_in_what_columns_hold(more):
    """Calling codes under a name that says so, names in other languages, and one odd entry."""
    made = plan([FRENCH, DUTCH, "+33 6 12 34 56 79"], region="FR", more=more)
    assert made.problem_counts["country_contradicts"] == 1


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"country": ["FR", "fr", "France"]}, id="same"),
        pytest.param({"country_id": [1, 7, 20]}, id="ids"),
        pytest.param({"country_code": [33, 33, None]}, id="same-code"),
        pytest.param({"language": ["fr", "nl", "de"]}, id="language"),
        pytest.param({"state": ["CA", "GA", "DE"]}, id="codes-without-a-name"),
        pytest.param({"country_of_birth": ["NL", "NL", "NL"]}, id="birth"),
        pytest.param({"country": [None, None, None]}, id="blank"),
        pytest.param({"country": ["a", "b", "NL"]}, id="no-countries"),
    ],
)
def test_contradiction__is_not_seen_where_there_is_none(more):
    """Columns that agree, or are no countries, are no warning."""
    made = plan([FRENCH, "06 12 34 56 79", "06 12 34 56 80"], region="FR", more=more)
    assert "country_contradicts" not in made.problem_counts


def test_plan__names_column_and_countries():
    """What is printed says the phone column and the countries with their counts."""
    made = plan([AMERICAN, "+44 7400 123456", "201-555-0124"], region="US")
    for shown in (repr(made), made._repr_html_()):
        assert "mobile" in shown
        assert "US 2, GB 1" in shown


@pytest.mark.parametrize("bare", [True, False])
def test_plan__names_a_country_that_few_numbers_are_of(bare):
    """One number of another country in a long list is named; a warning where no + was written."""
    cells = [f"{1_201_555_0000 + number}" for number in range(300)] + ["447400123456"]
    made = plan(cells, region="+") if bare else plan([f"+{cell}" for cell in cells])
    assert "Few of this list: GB 1" in repr(made)
    assert ("country_rare" in made.problem_counts) == bare


def test_no_country__says_what_each_reading_would_text():
    """The error of a column without countries has both ways out, with countries and counts."""
    made = plan([f"13{n % 10} 1555 {n:04}" for n in range(100, 130)])
    assert made.recipients == 0
    assert set(made.to_frame()["sms_code"]) == {"phone_no_country"}
    problem = made.problems.query("code == 'phones_no_country'").iloc[0]
    assert problem["severity"] == "error"
    assert 'region="CN" (would text CN 30)' in problem["sentence"]
    assert 'region="+" (would text ' in problem["sentence"]


def test_owners__of_own_columns_are_nobody_else():
    """Ordinary names of the row's own phone say nothing of somebody else."""
    names = ("phone", "Mobile Number", "customer_cell", "Telefon privat", "Empfänger_Handy")
    names += ("preferred_phone", "contact_phone", "personal_mobile", "telefone celular")
    assert not np.any([is_of_somebody_else(name) for name in names])


@pytest.mark.parametrize(
    "name",
    [
        *("mgr_phone", "daughter_mobile", "Tochter Handy", "hermano_movil", "celular_mãe"),
        *("telefone_loja", "telefon_sklepu", "mağaza_telefon", "headquarters phone", "dept_tel"),
        *("contact_person_phone", "secondary_contact_mobile", "caseWorkerPhone", "plus_one_cell"),
        "vertegenwoordiger_mobiel",
    ],
)
def test_owners__of_others_in_more_words(name):
    """Relatives, places of work and second contacts are somebody else, in one word or two."""
    assert is_of_somebody_else(re.sub("(?<=[a-z])(?=[A-Z])", "_", name))


@pytest.mark.parametrize(
    "name", ["WhatsApp", "Handynr", "telefoonnummer", "Telemóvel", "Cel.", "puhelin"]
)
def test_guess__finds_own_phones_in_more_languages(name):
    """A column under another language's word for a phone is found, and not the store's."""
    numbers = [f"+1201555{line:04d}" for line in range(100, 140)]
    assert guess_phone_column(pd.DataFrame({name: numbers, "store_phone": numbers})) == name


@pytest.mark.parametrize(
    "name",
    [
        *("Mobilfunknummer", "telefon komórkowy", "cep telefonu", "Номер телефона", "手机号码"),
        *(
            "携帯電話",
            "휴대폰번호",
            "رقم الجوال",
            "טלפון נייד",
            "मोबाइल",
            "số điện thoại",
            "τηλέφωνο",
        ),
        *("Customer Mobile No.", "número de celular", "MobileNo", "PhoneNumber1", "E.164"),
        *("What's your phone number?", "PHONE_NBR", "Registered Mobile No", "Phone for texts"),
        *("Mobile (UK)", "us_phone", "mobile2024", "Phone (incl. country code)", "home_phone"),
    ],
)
def test_guess__finds_own_phones_in_all_scripts(name):
    """The row's own phone is found by its name in many languages, and not the fax."""
    numbers = [f"+1201555{line:04d}" for line in range(100, 140)]
    assert guess_phone_column(pd.DataFrame({name: numbers, "fax": numbers})) == name


@pytest.mark.parametrize(
    "name",
    [
        *("realtor_phone", "listing phone", "assignee_mobile", "pilot mobile", "Hausmeister Tel"),
        *(
            "kierowca telefon",
            "telefon mamy",
            "телефон менеджера",
            "紧急联系人电话",
            "緊急連絡先電話",
        ),
        *(
            "비상연락처 휴대폰",
            "هاتف الطوارئ",
            "hätäyhteys puhelin",
            "contact_2_phone",
            "alt_phone",
        ),
        *(
            "center_phone",
            "provider mobile",
            "work_phone",
            "twilio phone",
            "our_phone",
            "nødkontakt mobil",
            "店铺电话",
            "billing phone",
        ),
    ],
)
def test_guess__asks_where_a_name_has_more_than_words_for_an_own_phone(name):
    """Any word that is not known to say nothing may be somebody else: the column is asked for."""
    numbers = [f"+1201555{line:04d}" for line in range(100, 140)]
    with pytest.raises(InputError) as caught:
        guess_phone_column(pd.DataFrame({"name": "Ann", name: numbers}))
    assert caught.value.details["candidates"] == [name]


@pytest.mark.parametrize(
    ("region", "meant"), [("0049", "DE"), ("France", "FR"), ("Deutschland", "DE")]
)
def test_region__by_another_name_is_told_its_letters(region, meant):
    """A country's name or dialling code as region= is answered with the two letters."""
    with pytest.raises(InputError, match=f'write region="{meant}"'):
        plan([FRENCH], region=region)


@pytest.mark.parametrize("cell", [np.float32(2015550123), np.float32(-2015550123)])
def test_short_float__in_a_mixed_column_is_rounded(cell):
    """A 32-bit float among texts has lost its last digits, and texts nobody."""
    made = plan(["+12015550124", cell], region="US")
    assert planned(made) == ["12015550124", None]
    assert made.to_frame()["sms_code"][1] == "phone_rounded"


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        pytest.param([f"06 12 34 56 {n}" for n in range(60, 80)], "FR", id="in-pairs"),
        pytest.param([f"06-123456{n}" for n in range(60, 80)], "NL", id="dutch"),
        pytest.param(["0171 1234567", "01520 1234567", "0151 23456789"] * 7, "DE", id="german"),
        pytest.param([f"(11) 96123-45{n}" for n in range(60, 80)], "BR", id="brazilian"),
    ],
)
def test_no_country__names_first_where_people_write_so(cells, first):
    """Of the countries that would do, the one of most numbers, and of their groups, comes first."""
    sentence = plan(cells).problems["sentence"].iloc[0]
    assert f'such as region="{first}" (would text {first} ' in sentence


@pytest.mark.parametrize(
    ("name", "countries", "region"),
    [
        pytest.param("prefijo", 34, None, id="calling codes"),
        pytest.param("pais", "España", None, id="names"),
        pytest.param("pais", "España", "US", id="another region"),
    ],
)
def test_no_country__names_the_column_that_says_it(name, countries, region):
    """Where a column of the frame says where numbers are from, it is the way out."""
    more = {name: [countries] * 30, "city": "York"}
    problem = plan([f"6123456{n}" for n in range(60, 90)], region=region, more=more).problems.iloc[
        0
    ]
    assert problem["code"] in ("phones_no_country", "phones_wrong_region")
    assert f"Column {name!r} holds countries: give region_from={name!r}" in problem["sentence"]


def test_no_country__where_no_reading_would_do():
    """Where nobody would be texted anywhere, no country is proposed."""
    sentence = plan([f"49151123{n}" for n in range(60, 80)] + ["4915112345"]).problems["sentence"]
    assert 'region="US"' not in " ".join(sentence)


@pytest.mark.parametrize("count", [3, 30])
def test_wrong_region__says_where_the_numbers_would_be_from(count):
    """German numbers in region US are too long there; what region they would be of is said."""
    made = plan([f"0171 12345{n}" for n in range(60, 60 + count)], region="US")
    problem = made.problems.iloc[0]
    assert problem["code"] == "phones_wrong_region"
    assert f'region="DE" (would text DE {count})' in problem["sentence"]


def test_wrong_region__of_a_few_holds_nobody_back_who_is_right():
    """A few numbers of another country stop nobody whose number says its country."""
    made = plan(["0171 1234560", "0171 1234561", "0171 1234562", "+1 201 555 0101"], region="US")
    assert planned(made) == [None, None, None, "12015550101"]
    assert made.problems.query("code == 'phones_wrong_region'")["severity"].tolist() == ["warning"]
