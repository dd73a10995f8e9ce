"""Which columns are plainly identifiers, such as order numbers, that may be shown as they stand.

Seven digits could be a phone, so texts of so many are masked. Read as numbers, those below
`LEAST_PHONE` are shown; read as text, as identifiers should be, they are shown too where every word
of the column's name says so, and no row has in it the end of its own phone number: people use their
phone number as an account. In doubt it is masked.
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

    from smsframe._base.result_rows import ResultRows

_THING: Final = re.compile(
    "account|article|auftrag|auftragsnummer|bestellung|bestellnummer|booking|case|commande|"
    "contract|factur[ae]|id|invoice|order|orderid|orderno|ordernumber|parcel|pedido|policy|product|"
    "rechnung|rechnungsnummer|receipt|reservation|shipment|sku|ticket|transaction|vertragsnummer"
)
_BESIDE: Final = re.compile("code|customer|de|internal|key|n|nr|no|num|number|numero|our|ref")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W_a-zA-Z]+")
_LENGTHS: Final = range(PHONE_DIGITS, ARGUMENT_DIGITS)


def says_identifier(name: str) -> bool:
    """Tell whether every word of a column's name says that it holds identifiers of things.

    >>> [says_identifier(name) for name in ("order_no", "accountNumber", "N° de commande")]
    [True, True, True]
    >>> [says_identifier(name) for name in ("order_contact", "customer_no", "id_mobile")]
    [False, False, False]
    """
    words = [word.casefold() for word in _WORD.findall(without_accents(name))]
    others = [word for word in words if not _THING.fullmatch(word)]
    return len(others) < len(words) and all(map(_BESIDE.fullmatch, others))


def identifier_columns(rows: ResultRows) -> set[Any]:
    """Return the columns of identifiers; where a row's holds the end of its phone, it is none."""
    columns = list(rows.frame.columns)
    return {
        label
        for at, label in enumerate(columns)
        if says_identifier(str(label))
        and columns.count(label) == 1
        and not _has_own_phone(texts_of(rows.frame.iloc[:, at]), rows.contact)
    }


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


def _has_own_phone(texts: pa.Array, contacts: pa.Array) -> bool:
    """Tell whether a row has the end of its own phone number in a column."""
    texts = texts.cast(pa.string())  # one that keeps its texts by number as texts again
    ends = [
        pc.and_(
            pc.equal(pc.utf8_length(texts), length),
            pc.equal(texts, pc.utf8_slice_codeunits(contacts, -length)),
        )
        for length in _LENGTHS
    ]
    return any(pc.any(same).as_py() for same in ends)
