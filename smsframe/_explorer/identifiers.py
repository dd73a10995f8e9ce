"""Which columns are plainly identifiers, such as order numbers, that may be shown as they stand.

Seven digits could be a phone, so texts of so many are masked. Read as numbers, those below
`LEAST_PHONE` are shown; read as text, as identifiers should be, they are shown too where every word
of the column's name says so, and no row has in it the end of its own phone number. People are often
known by a phone number, which need not be the one that is texted: an account, a contract, the
customer of an order and an id that does not say of what are no such columns. In doubt it is masked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.masking import ARGUMENT_DIGITS, PHONE_DIGITS, mask_label, mask_phone
from smsframe._explorer.searching import texts_of
from smsframe._phones.column_owners import without_accents

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_THING: Final = re.compile(
    "article|auftrag|auftragsnummer|bestellung|bestellnummer|booking|case|commande|"
    "factur[ae]|invoice|order|orderid|orderno|ordernumber|parcel|pedido|policy|product|"
    "rechnung|rechnungsnummer|receipt|reservation|shipment|sku|ticket|transaction"
)
_BESIDE: Final = re.compile("code|de|id|internal|key|n|nr|no|num|number|numero|our|ref")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W_a-zA-Z]+")
_LENGTHS: Final = range(PHONE_DIGITS, ARGUMENT_DIGITS)
_WITH_SIGNS: Final = 20
"""So many characters have seven digits at their end, however they are set apart."""


def says_identifier(name: str) -> bool:
    """Tell whether every word of a column's name says that it holds identifiers of things.

    >>> [says_identifier(name) for name in ("order_no", "invoiceNumber", "N° de commande")]
    [True, True, True]
    >>> [says_identifier(name) for name in ("order_customer", "account", "id")]
    [False, False, False]
    """
    words = [word.casefold() for word in _WORD.findall(without_accents(name))]
    others = [word for word in words if not _THING.fullmatch(word)]
    return len(others) < len(words) and all(map(_BESIDE.fullmatch, others))


def identifier_columns(frame: pd.DataFrame, phones: set[Any]) -> set[Any]:
    """Return the columns of identifiers; where a row's holds the end of its phone, it is none.

    ``phones`` are the columns of the rows' own numbers.
    """
    columns = list(frame.columns)
    found = [
        label
        for label in columns
        if says_identifier(str(label)) and label not in phones and columns.count(label) == 1
    ]
    own = [_own_ends(frame[label]) for label in phones if found and columns.count(label) == 1]
    return {label for label in found if not any(_same(_ends(frame[label]), end) for end in own)}


def is_shown(text: str) -> bool:
    """Tell whether a cell of such a column is shown: a number too short to say its country."""
    return text.isascii() and text.isdigit() and len(text) in _LENGTHS and text[0] != "0"


def masked_around(text: str, identifiers: Sequence[str]) -> str:
    """Hide the phone numbers in a text; identifiers that stand alone in it are none.

    >>> masked_around("Order 4000148, call 201 555 0123 or 201 4000148", ["4000148"])
    'Order 4000148, call ••••••••23 or ••••••••48'
    """
    if not identifiers:
        return mask_phone(text)
    alone = rf"(?<![\d+().-])(?<!\d\s)({'|'.join(identifiers)})(?![\d()-])"
    parts = re.split(alone, text)
    parts[::2] = map(mask_label, parts[::2])  # what is left of a text, no cell of a phone
    return "".join(parts)


def _ends(column: pd.Series, characters: int = PHONE_DIGITS) -> pa.Array:
    """Return the last characters of each cell: what is before them is written in many ways."""
    texts = texts_of(column).cast(pa.string())  # one that keeps its texts by number as texts again
    return pc.utf8_slice_codeunits(texts, -characters)


def _own_ends(column: pd.Series) -> pa.Array:
    """Return the last seven digits of phone numbers."""
    ends = _ends(column)
    if pc.all(pc.ascii_is_decimal(ends)).as_py():
        return ends
    digits = pc.replace_substring_regex(_ends(column, _WITH_SIGNS), r"\.0$|[^0-9]+", "")
    return pc.utf8_slice_codeunits(digits, -PHONE_DIGITS)


def _same(ends: pa.Array, others: pa.Array) -> bool:
    """Tell whether a row has seven digits in both that are the same."""
    is_long = pc.equal(pc.binary_length(ends), PHONE_DIGITS)
    return bool(pc.any(pc.and_(is_long, pc.equal(ends, others))).as_py())
