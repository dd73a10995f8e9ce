"""What is said of values that can be written, though hardly as anybody meant them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from samples import make_people

import smsframe


def told(values, **given):
    """Return the codes of what is said of a column of values, with their numbers."""
    frame = make_people(len(values)).assign(v=pd.Series(values))
    made = smsframe.plan(frame, "Your %%v%%", program="148372", phone="mobile", **given)
    return {code: n for code, n in made.problem_counts.items() if code.startswith("value_")}


@pytest.mark.parametrize(
    "value",
    [
        *(
            "MÃ¼ller",
            "JosÃ©",
            "donâ€™t",
            "FranÃ§ois",
            "caf\u00c3\u00a9",
            "10 â‚¬",
            "Â£5",
            "Å‚Ã³dÅº",
        ),
        *(
            "Ã…rhus",
            "DÃœSSELDORF",
            "sÃ»r",
            "ImiÄ™",
            "25Â°C",
            "Â»x",
            "Î‘Î¸Î®Î½Î±",
            "×©×œ×•×",
            "Ø³Ù„Ø§Ù…",
        ),
        *("https://x.example/?a=1&amp;b=2", "&euro;5", "Caf&eacute;", "a&nbsp;b", "&#x20ac;5"),
        *("Ð\u009fÑ€Ð¸Ð²ÐµÑ‚", "AT&amp;T", "M&uuml;ller", "it&#39;s", "Jos\ufffd"),
    ],
)
def test_garbled__is_seen_whatever_became_of_the_letters(value):
    """UTF-8 that was read as something else, and letters as web pages write them."""
    assert told(["Ann", value]) == {"value_garbled": 1}


@pytest.mark.parametrize(
    "value",
    [
        *("JOÃO", "SÃO PAULO", "Ängelholm", "Å", "der Buchstabe „Ä“", "CAFÉ’S", "Âge", "Ñandú"),
        *(
            "5×½",
            "2×¾ in",
            "5×½×¾",
            "Ø½ Zoll",
            "MAMÃ…",
            "«Ã»",
            "SMÅ®",
            "CAFÉ™",
            "Å…",
            "DÉJÀ…",
            "Ñ®",
        ),
        *("https://x.example/?x=1&copy;=2", "https://x.example/?a=1&lang;b", "Smith&Sons; Leeds"),
        *("Łódź", "Привет", "R&D; sales", "a & b;", "Ørsted", "5×3", "Größe", "Île"),
    ],
)
def test_garbled__is_not_seen_in_right_letters(value):
    """Letters with accents are no fault, in capitals and before quotes."""
    assert told(["Ann", value]) == {}


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["7", "1.2E+10"], id="excel"),
        pytest.param(["7", "1,2E+11"], id="with-a-comma"),
        pytest.param(["7", "1e+16"], id="python"),
        pytest.param([7.0, 123456789012345678.0], id="float"),
        pytest.param(np.array([7, 123456789], dtype="float32"), id="small-float"),
    ],
)
def test_rounded__numbers_have_lost_their_last_digits(values):
    """Order numbers in scientific notation, or too large for their type, are said."""
    assert told(values) == {"value_rounded": 1}


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["7E5", "E+10"], id="identifiers"),
        pytest.param(["12345678901234567890", "7"], id="text"),
        pytest.param([2**62, 7], id="integers"),
        pytest.param([9007199254740991.0, None], id="exact"),
        pytest.param(np.array([19.99, 16777215], dtype="float32"), id="small-and-exact"),
    ],
)
def test_rounded__is_not_said_of_exact_numbers(values):
    """Whatever has all its digits is left alone."""
    assert "value_rounded" not in told(values, defaults={"v": "1"})


@pytest.mark.parametrize(
    "value",
    [
        *("2026-11-22T14:30:00Z", "2026-11-22 14:30:00 +0000", "2026-11-22 14:30:00 +0000 UTC"),
        *("Sun, 22 Nov 2026 14:30:00 GMT", "Nov 22, 2026, 2:30 PM UTC", "22/11/2026 14:30 UTC"),
    ],
)
def test_utc__in_the_spellings_of_programs(value):
    """A moment in UTC is said however it is written."""
    assert told(["tomorrow", value]) == {"value_in_utc": 1}


@pytest.mark.parametrize(
    ("zone", "count"), [("GMT", 1), ("Etc/GMT", 1), ("Europe/London", 0), ("Africa/Abidjan", 0)]
)
def test_utc__by_its_other_names(zone, count):
    """GMT is UTC by another name; a place whose clocks agree with it is right."""
    cells = pd.Series(pd.to_datetime(["2026-11-22 14:30"])).dt.tz_localize(zone)
    assert told(cells).get("value_in_utc", 0) == count


@pytest.mark.parametrize("value", ["2026-11-22T14:30:00+01:00", "at 5:30 in LGMT", "Z", "10% GMT"])
def test_utc__is_not_seen_elsewhere(value):
    """Other offsets and words are no moments in UTC."""
    assert told(["tomorrow", value]) == {}
