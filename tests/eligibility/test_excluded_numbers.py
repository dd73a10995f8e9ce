"""What a cell of an exclusion list stands for: in doubt it holds a recipient back."""

from __future__ import annotations

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe._eligibility import excluded_numbers

ANN, BOB = "12015550123", "12015550124"
DE, IT, RU, HU = "491713920012", "390612345678", "79161234567", "36301234567"
MX, AR, BR = "525512345678", "5491123456789", "5551991234567"


def holds_back(cell, recipient, region=None, **how):
    """Tell whether a cell holds a recipient back."""
    numbers = excluded_numbers.read_numbers(pa.array([cell]), **how)
    held = excluded_numbers.held_back(numbers, pa.array([recipient, None]), region)
    assert not held[1]
    return bool(held[0])


@pytest.mark.parametrize(
    ("cell", "recipient"),
    [
        pytest.param("+12015550123", ANN, id="E.164"),
        pytest.param("12015550123", ANN, id="without-plus"),
        pytest.param("2015550123", ANN, id="national"),
        pytest.param("(201) 555-0123", ANN, id="brackets"),
        pytest.param("201.555.0123", ANN, id="dots"),
        pytest.param("5550123", ANN, id="seven-digits"),
        pytest.param("555-0123", ANN, id="seven-digits-hyphen"),
        pytest.param("001 201 555 0123", ANN, id="00"),
        pytest.param("011 1 201 555 0123", ANN, id="011"),
        pytest.param("++1 201 555 0123", ANN, id="two-plus"),
        pytest.param("+00 1 201 555 0123", ANN, id="plus-and-00"),
        pytest.param('="12015550123"', ANN, id="spreadsheet-guard"),
        pytest.param("'+12015550123", ANN, id="apostrophe"),
        pytest.param("12015550123.0", ANN, id="once-a-float"),
        pytest.param("+1\u00a0201\u202f555\u20110123", ANN, id="other-blanks"),
        pytest.param("\u202a+12015550123\u202c", ANN, id="invisible-marks"),
        pytest.param("٢٠١٥٥٥٠١٢٣", ANN, id="arabic-digits"),
        pytest.param("１２０１５５５０１２３", ANN, id="wide-digits"),
        pytest.param("tel:+1-201-555-0123", ANN, id="tel"),
        pytest.param("- 201 555 0123", ANN, id="bullet"),
        pytest.param("201-555-0123 ext. 45", ANN, id="extension"),
        pytest.param("201-555-0123x45", ANN, id="extension-x"),
        pytest.param("+1 201 555 0123;ext=9", ANN, id="extension-uri"),
        pytest.param("Ann Lee, +1 201 555 0123 (mother), 2026-11-05", ANN, id="in-a-sentence"),
        pytest.param("2015550123 / 2015550124", BOB, id="two-slash"),
        pytest.param("2015550123,2015550124", BOB, id="two-comma"),
        pytest.param("2015550123 or 2015550124", BOB, id="two-or"),
        pytest.param("2015550123 2015550124", BOB, id="two-blank"),
        pytest.param("2015550124 2015550123", BOB, id="two-blank-first"),
        pytest.param("5550123 5550124", BOB, id="two-short-blank"),
        pytest.param("+12015550123+12015550124", BOB, id="two-plus-signs"),
        pytest.param("2015550123\n2015550124", BOB, id="two-lines"),
        pytest.param("201 555 0123/4", BOB, id="second-by-its-end"),
        pytest.param("2,015,550,123", ANN, id="thousands"),
        pytest.param("2,015,550,123.00", ANN, id="thousands-and-cents"),
        pytest.param("2'015'550'123", ANN, id="thousands-in-switzerland"),
        pytest.param("201_555_0123", ANN, id="underscores"),
        pytest.param("201•555•0123", ANN, id="bullets-between"),
        pytest.param("1:201:555:0123", ANN, id="colons"),
        pytest.param("12015550123@vtext.example", ANN, id="address-of-a-number"),
        pytest.param("whatsapp:12015550123@c.us", ANN, id="address-behind-a-label"),
        pytest.param("ann@post.example 2015550123", ANN, id="address-and-number"),
        pytest.param("@2015550123", ANN, id="at-sign"),
        pytest.param("2026-11-05 +12015550123", ANN, id="date-and-number"),
        pytest.param("11/05/2026 2015550123", ANN, id="date-and-number-national"),
        pytest.param("2026-11-05T10:00:00Z;+12015550123", ANN, id="moment-and-number"),
        pytest.param("201 555 0123/4", ANN, id="first-before-an-end"),
        *(
            pytest.param(f"{head}{tail}", who, id=f"few-behind{tail!r}-{who}")
            for head, who in (("201-555-0123", ANN), ("+49 171 3920012", DE), ("01713920012", DE))
            for tail in ("/8", " (2)", "-5", " 5", "\t5", " [3]", "~4", " - 5", "/ 12")
        ),
        pytest.param("0171 392001/2", DE, id="last-digits-behind-a-slash"),
        pytest.param("+1 1 201 555 0123", ANN, id="two-ones"),
        pytest.param("0171 3920012", DE, id="zero"),
        pytest.param("0171/3920012", DE, id="area-slash"),
        pytest.param("+49 (0)171 3920012", DE, id="zero-in-brackets"),
        pytest.param("+4901713920012", DE, id="zero-after-code"),
        pytest.param("49 0171 3920012", DE, id="zero-after-code-without-plus"),
        pytest.param("0049 171 3920012", DE, id="00-germany"),
        pytest.param("06 12345678", IT, id="zero-that-stays"),
        pytest.param("8 916 123 45 67", RU, id="eight"),
        pytest.param("06 30 123 4567", HU, id="06"),
        pytest.param("6301234567", HU, id="06-without-its-zero"),
        pytest.param("+521 55 1234 5678", MX, id="mobile-digit-gone"),
        pytest.param("044 55 1234 5678", MX, id="044"),
        pytest.param("+54 11 2345 6789", AR, id="mobile-digit-left-out"),
        pytest.param("011 15-2345-6789", AR, id="15"),
        pytest.param("0 15 51 99123-4567", BR, id="carrier"),
        pytest.param("+225 (0)0123456789", "2250123456789", id="zero-in-brackets-and-zero"),
        pytest.param("tel:+82-10-2000-0000", "821020000000", id="like-a-date"),
    ],
)
def test_entry__holds_back(cell, recipient):
    """Whatever number a cell can be read as is held back, without any region."""
    assert holds_back(cell, recipient)


@pytest.mark.parametrize(
    ("cell", "recipient", "region"),
    [
        pytest.param("+12015550124", ANN, "US", id="another"),
        pytest.param("+49 2015550123", ANN, "US", id="another-country"),
        pytest.param("555012", ANN, "US", id="six-digits"),
        pytest.param("+5550123", ANN, "US", id="an-end-that-says-its-country"),
        pytest.param("2015550123", "4912015550129", "DE", id="in-the-middle"),
    ],
)
def test_entry__holds_nobody_else(cell, recipient, region):
    """A number that says its country is that number alone."""
    assert not holds_back(cell, recipient, region)


def test_entry__of_the_region():
    """What is dialled in a region before a number is known where the region is given."""
    assert holds_back("0011 1 201 555 0123", ANN, "AU")
    assert holds_back("0011 1 201 555 0123", ANN, " au ")
    assert holds_back("810 1 201 555 0123", ANN, "RU")


def test_entry__of_our_own_results():
    """Digits of our results say their country, so they hold nobody else back."""
    assert holds_back("12015550123", ANN, international=True)
    assert not holds_back("2015550123", ANN, international=True)


@pytest.mark.parametrize(
    ("cell", "unread"),
    [
        pytest.param("call Ann", 1, id="words"),
        pytest.param("2026-11-05", 1, id="date"),
        pytest.param("05.11.2026", 1, id="date-day-first"),
        pytest.param("2026-11-05T10:00:00.123456Z", 1, id="moment"),
        pytest.param("2026-11-05 10:00", 1, id="date-and-time"),
        pytest.param("911, 112, 110", 1, id="short-codes"),
        pytest.param("ann2015550123@example.com", 1, id="address"),
        pytest.param("1-800-FLOWERS", 1, id="letters"),
        pytest.param("-2015550123", 1, id="negative"),
        pytest.param("1234567.25", 1, id="decimals"),
        pytest.param("911", 1, id="short"),
        pytest.param("n/a", 0, id="nothing"),
        pytest.param("-", 0, id="dash"),
        pytest.param("\u200b", 0, id="invisible"),
        pytest.param("+1 201 555 0123", 0, id="number"),
    ],
)
def test_unread__is_what_can_be_read_as_nothing(cell, unread):
    """Words and dates are unread; what says that there is no number is blank."""
    numbers = excluded_numbers.read_numbers(pa.array([cell, cell, "+12015550199"]))
    assert numbers.unread == 2 * unread
    assert numbers.examples == (cell,) * unread


@pytest.mark.parametrize(
    ("cell", "rounded"),
    [
        ("1.20156E+10", True), ("1,20156E+10", True), ("1e10", True), (" 1.2 E10 ", True),
        ("Ann;1.20156E+10;x", True), ("12015550123", False), ("Eve 2015550123", False),
    ],
)  # fmt: skip
def test_rounded__scientific_notation(cell, rounded):
    """A single cell in scientific notation shows that the list went through a spreadsheet."""
    assert excluded_numbers.has_rounded(pa.array(["+12015550123", cell, None])) is rounded


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(10**9, 10**15 - 1).map(str), min_size=1, max_size=6),
    st.lists(st.integers(0, 5), min_size=1, max_size=4),
    st.integers(7, 12),
)
def test_ends__as_the_slow_way(recipients, chosen, length):
    """Digits hold back whatever ends with them, as ``str.endswith`` says."""
    ends = [recipients[place % len(recipients)][-length:] for place in chosen]
    ends = [end for end in ends if len(end) >= excluded_numbers.FEWEST_DIGITS]
    held = excluded_numbers._ends_with(np.array(recipients, np.int64), pa.array(ends, pa.string()))
    assert held.tolist() == [any(one.endswith(end) for end in ends) for one in recipients]


@pytest.mark.parametrize("region", ["GB", "FR", "DE", "US", "AU", "ES", "IN", "JP", "ZA", "HU"])
def test_entry__as_phonenumbers_writes_it(region):
    """Every way in which the library writes a mobile number of a region is understood."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    number = phonenumbers.example_number_for_type(region, kind)
    recipient = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
    for way in range(4):  # E.164, international, national, URI
        written = phonenumbers.format_number(number, way)
        for asked in (None, region):
            assert holds_back(written, recipient, asked), written
    for abroad in ("US", "DE", "AU", "JP"):
        written = phonenumbers.format_out_of_country_calling_number(number, abroad)
        assert holds_back(written, recipient, abroad), written


def test_read__a_clean_list_is_read_as_any_other():
    """Numbers in + and digits take a shorter way, and hold back the same people as on the long one.

    All countries, and numbers with a digit more and less, or a zero behind the country code.
    """
    signed = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                code, national = example.country_code, example.national_number
                signed += [f"+{code}{national}", f"+{code}0{national}", f"+{code}{national}7"]
                signed += [f"+{code}1{national}", f"+{code}9{national}", f"+{code}15{national}"]
    signed = list(dict.fromkeys(number for number in signed if 8 <= len(number) <= 16))
    recipients = pa.array([number[1:] for number in signed])
    for start in range(3):
        given = signed[start::3]
        short = excluded_numbers.read_numbers(pa.array(given))
        long = excluded_numbers.read_numbers(pa.array([*given, " (201) 555-0199"]))
        assert len(short.plain) > len(given) / 3
        assert not len(long.plain)
        for region in (None, "US", "DE", "MX", "AR", "RU", "HU", "BR"):
            held = excluded_numbers.held_back(short, recipients, region)
            assert held.sum() >= len(given)
            assert held.tolist() == excluded_numbers.held_back(long, recipients, region).tolist()


def test_held_back__of_two_long_lists():
    """Of two long lists those in both are found, and nobody else."""
    rng = np.random.default_rng(0)
    known = rng.integers(10**10, 10**10 + 4_000_000, 120_000)
    wanted = rng.integers(10**10, 10**10 + 4_000_000, 130_000)
    held = excluded_numbers._among(known, wanted)
    assert held.tolist() == np.isin(known, wanted).tolist()
    assert 1_000 < held.sum() < 10_000


@pytest.mark.parametrize(
    "odd",
    [
        *("+0201555010", "+", "", "+201555", "+2015550100\n", "2015550100", "+201+5550100"),
        *("+1201555010012345", "+12015550１００"),
    ],
)
def test_read__what_is_no_clean_list(odd):
    """One cell that is anything else, and the whole list takes the long way."""
    assert excluded_numbers._are_digits(pa.array(["+12015550100", "+12015550101"]), signed=True)
    assert not excluded_numbers._are_digits(pa.array(["+12015550100", odd]), signed=True)
    assert not excluded_numbers._are_digits(pa.array([odd, "+12015550100"]), signed=True)
    assert not excluded_numbers._are_digits(pa.array([], pa.string()), signed=True)


def test_read__a_clean_list_in_the_middle_of_another():
    """A slice of a longer column is read from where it begins."""
    texts = pa.array(["nobody", "+12015550100", "+12025550101", "x"]).slice(1, 2)
    assert sorted(excluded_numbers.read_numbers(texts).plain.tolist()) == [12015550100, 12025550101]
