"""Which columns are plainly identifiers, such as order numbers, that may be shown as they stand.

Seven digits could be a phone, so texts of so many are masked. Read as numbers, those below
`LEAST_PHONE` are shown; read as text, as identifiers should be, they are shown too where every word
of the column's name says so, and no row has in it the end of its own phone number: phone numbers
are used as accounts, also those of others, so an account is no such column. In doubt it is masked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.masking import ARGUMENT_DIGITS, PHONE_DIGITS, mask_phone
from smsframe._explorer.searching import texts_of
from smsframe._phones.column_owners import without_accents

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_THING: Final = re.compile(
    "article|auftrag|auftragsnummer|bestellung|bestellnummer|booking|case|commande|"
    "contract|factur[ae]|id|invoice|order|orderid|orderno|ordernumber|parcel|pedido|policy|product|"
    "rechnung|rechnungsnummer|receipt|reservation|shipment|sku|ticket|transaction|vertragsnummer"
)
_BESIDE: Final = re.compile("code|customer|de|internal|key|n|nr|no|num|number|numero|our|ref")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W_a-zA-Z]+")
_LENGTHS: Final = range(PHONE_DIGITS, ARGUMENT_DIGITS)


def says_identifier(name: str) -> bool:
    """Tell whether every word of a column's name says that it holds identifiers of things.

    >>> [says_identifier(name) for name in ("order_no", "invoiceNumber", "N° de commande")]
    [True, True, True]
    >>> [says_identifier(name) for name in ("order_contact", "account", "id_mobile")]
    [False, False, False]
    """
    words = [word.casefold() for word in _WORD.findall(without_accents(name))]
    others = [word for word in words if not _THING.fullmatch(word)]
    return len(others) < len(words) and all(map(_BESIDE.fullmatch, others))


def identifier_columns(frame: pd.DataFrame, phones: Sequence[pa.Array]) -> set[Any]:
    """Return the columns of identifiers; where a row's holds the end of its phone, it is none.

    ``phones`` are the rows' own numbers, digits alone.
    """
    columns = list(frame.columns)
    found = [at for at, label in enumerate(columns) if says_identifier(str(label))]
    return {
        columns[at]
        for at in found
        if columns.count(columns[at]) == 1
        and not any(_has_end_of(texts_of(frame.iloc[:, at]), own) for own in phones)
    }


def digits_of(column: pd.Series) -> pa.Array:
    """Return the digits of a column's cells."""
    return pc.replace_substring_regex(texts_of(column).cast(pa.string()), "[^0-9]", "")


def is_shown(text: str) -> bool:
    """Tell whether a cell of such a column is shown: a number too short to say its country."""
    return text.isascii() and text.isdigit() and len(text) in _LENGTHS and text[0] != "0"


def masked_around(text: str, identifiers: Sequence[str]) -> str:
    """Hide the phone numbers in a text; identifiers that stand alone in it are none.

    >>> masked_around("Order 4000148, call 201 555 0123", ["4000148"])
    'Order 4000148, call ••••••••23'
    """
    if not identifiers:
        return mask_phone(text)
    alone = rf"(?<![\d+().-])({'|'.join(identifiers)})(?![\d()-])"
    parts = re.split(alone, text)
    parts[::2] = map(mask_phone, parts[::2])
    return "".join(parts)


def _has_end_of(texts: pa.Array, phones: pa.Array) -> bool:
    """Tell whether a text is the end of its row's phone number."""
    texts = texts.cast(pa.string())  # one that keeps its texts by number as texts again
    ends = [
        pc.and_(
            pc.equal(pc.utf8_length(texts), length),
            pc.equal(texts, pc.utf8_slice_codeunits(phones, -length)),
        )
        for length in _LENGTHS
    ]
    return any(pc.any(same).as_py() for same in ends)
