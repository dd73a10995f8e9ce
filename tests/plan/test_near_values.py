"""Values as nearly equal, and those that are not; a column's way gives what the rule gives."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsframe._plan import near_values
from smsframe._plan.near_values import WILDCARD, loose_form, loose_hashes
from smsframe._text.canonical import canonical
from smsframe._text.hashes import hash_key, hash_texts

KEY = hash_key("host")


@pytest.mark.parametrize(
    "spellings",
    [
        pytest.param(["12.5", "12.50", "$12.50", "12,50", "12.50 EUR", "+12.5"], id="12.5"),
        pytest.param(["1234.5", "1,234.50", "1.234,50", "1 234.5", "1'234.50"], id="1234"),
        pytest.param(["1234", "1,234", "01234", "1234.00", "1,234.00"], id="whole"),
        pytest.param(["0", "-0", "0.00", "-0.00", "00"], id="zero"),
        pytest.param(["-5", "-5.0", "$-5", "−5.00"], id="negative"),
        pytest.param(["2026-11-22", "22 Nov", "Nov 22, 2026", "22.11.2026", "11/22/26", "22/11",
                      "Sunday, 22 November 2026", "22nd of November", "2026/11/22"], id="date"),
        pytest.param(["2026-11-22 14:30", "22 Nov at 14:30", "Nov 22, 2:30 pm",
                      "2026-11-22T14:30:00", "22.11.2026 14:30"], id="moment"),
        pytest.param(["22. November", "22 novembre", "22 de noviembre de 2026", "22 de novembro",
                      "22 listopada", "22 ноября", "22 Νοεμβρίου", "11月22日",
                      "2026年11月22日", "11월 22일", "22 Kasım", "22. nov."], id="months abroad"),
        pytest.param(["3. März", "3 mars", "3 marzo", "3 maart", "3 марта"], id="March"),
        pytest.param(["5 août 14:30", "5. August 14:30 Uhr", "5 de agosto 14h30"], id="August"),
        pytest.param(["1,00,000", "₹1,00,000.00", "100000", "INR 100,000"], id="by hundreds"),
        pytest.param(["https://x.example/a?id=5", "http://x.example/a?id=5",
                      "HTTPS://www.x.example/a?id=5&utm_source=sms&utm_medium=1",
                      "https://x.example/a?utm_id=7&id=5"], id="links"),
        pytest.param(["20.11.", "20.11.2026", "20 Nov"], id="day and month alone"),
        pytest.param(["14:30", "2:30 PM", "02:30 pm", "14h30", "2.30 pm"], id="time alone"),
        pytest.param(["José O’Neil", "Jose\u0301 O'Neil", "JOSE O\u02bcNEIL"], id="accents"),
        pytest.param(["Ann Smith", "ANN SMITH", "ann  smith", "Ann-Smith"], id="words"),
        pytest.param(["Straße", "STRASSE"], id="sharp s"),
        pytest.param(["2026-11-22 14:30:00+01:00", "2026-11-22 14:30", "22 Nov 14:30 +0100",
                      "22.11. 14.30 Uhr"], id="moment with its zone"),
        pytest.param(["14:30 Uhr", "14.30 Uhr", "14:30 hrs", "2:30 pm"], id="clock in words"),
        pytest.param(["1.5", "١٫٥", "１.５", "1,50"], id="digits of other scripts"),
        pytest.param(["True", "TRUE", "yes", "1", "1.0", "100%"], id="true"),
        pytest.param(["False", "No", "0", "0 %"], id="false"),
        pytest.param(["12.5%", "12,50 %", "0.125"], id="per cent"),
        pytest.param(["مرحبا", "مرحـبا"], id="letters drawn long"),
    ],
)  # fmt: skip
def test_loose_form__equal(spellings):
    """Spellings of one number, date or name have one loose form."""
    assert len({loose_form(canonical(spelling)) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["A1", "A10", "A100", "B1", "A-11"], id="order numbers"),
        pytest.param(["1", "10", "100", "1.5", "15", "-1"], id="numbers"),
        pytest.param(["1.234", "1234"], id="three decimals"),
        pytest.param(
            ["22 Nov", "23 Nov", "22 Dec", "22 Nov at 14:30", "22 Nov at 15:30"], id="dates"
        ),
        pytest.param(["3. März", "3. Mai", "3. Juni", "3. Juli", "3 kwi", "3 lut"], id="months"),
        pytest.param(["2.30", "2:30", "2:30 pm", "3:30 pm", "30:2"], id="times"),
        pytest.param(["40.13.", "20.11.", "20.11"], id="a number with a full stop"),
        pytest.param(["Ann", "Anna", "Ann B", ""], id="names"),
        pytest.param(["🎉", "🎁"], id="signs alone"),
    ],
)
def test_loose_form__different(values):
    """What a person would call different is different."""
    assert len({loose_form(canonical(value)) for value in values}) == len(values)


PIECES = st.sampled_from([
    "Ann", "12.50", "1,234.50", "A1001", "22 Nov", "José", "0", "00", "0.10", "x-y", "-", "mar 5",
    "5 de ", "Mai", " dic 7", "https://x.example/5", "?utm_a=1", "&id=2",
    "EUR", "5kr", "1,23", "12,345", "100", ".", ",", " ", "'", "/", ":", "ß", "🎉", "a", "5", "$",
    "2:30", " pm", "20.11.", "True", "false", "no", "10%", " Uhr", " hr", "2.30", "+01:00", "١",
])  # fmt: skip
VALUES = st.lists(PIECES, max_size=3).map("".join).map(canonical)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.none() | VALUES, min_size=1, max_size=40))
def test_loose_hashes__column_by_column_as_one_by_one(values):
    """However a column is read, each value has the hash of its loose form; a gap is a wildcard."""
    forms = ["" if value is None else loose_form(value) for value in values]
    expected = hash_texts(pa.array(forms, pa.string()), KEY)
    expected[[value is None for value in values]] = WILDCARD
    column = pa.array(["x", *values], pa.string())[1:]
    assert loose_hashes(column, KEY).tolist() == expected.tolist()
    filled = [value or "" for value in values]
    by_column = near_values._by_column(pa.array(filled, pa.string()), KEY)
    assert (
        by_column.tolist() == near_values._by_distinct(pa.array(filled, pa.string()), KEY).tolist()
    )


def test_loose_hashes__layout_is_for_good():
    """They are kept for every message: changed ones would find nothing nearly equal."""
    found = loose_hashes(pa.array(["$1,234.50", "22 Nov", "Ann", None]), KEY)
    assert [hex(n) for n in found.tolist()] == [
        "0x9b871944cfe25008",
        "0x7adc87d951cedd6d",
        "0x36e58f21c19c7f25",
        "0x0",
    ]


def test_hash_texts__alone_and_in_a_column():
    """A text has one hash, wherever it stands, however long its neighbours are."""
    texts = ["", "a", "b" * 200_000, "a", "é", None]
    column = pa.array([*texts, *texts], pa.string())
    hashes = hash_texts(column, KEY)
    assert hashes[:6].tolist() == hashes[6:].tolist()
    assert hashes.tolist() == [hash_texts(pa.array([t], pa.string()), KEY)[0] for t in texts] * 2
    assert hashes[0] == hashes[5]
    assert len(np.unique(hashes)) == 4


def test_hash_texts__a_million_numbers_do_not_collide():
    """Neighbouring numbers, the texts that are hashed most, have hashes of their own."""
    numbers = pa.array(np.arange(12_015_000_000, 13_015_000_000, 1_000)).cast(pa.string())
    assert len(np.unique(hash_texts(numbers, KEY))) == 1_000_000
