"""Cells that a spreadsheet would run, written so that it does not, and read as they were.

A name such as ``=HYPERLINK(...)`` comes from whoever filled in a form. In a CSV file that is opened
in a spreadsheet it would be run, so an apostrophe is put before it, and taken away when the file is
read here again. Numbers are left alone, however they are written: a phone such as
``+1 201-555-0123`` has to stay readable for every program. So is ``="007"``, which runs nothing: it
is how programs write a number that is to stay a text.
"""

from __future__ import annotations

import re
from typing import Any, Final, overload

import pyarrow as pa
import pyarrow.compute as pc

STARTS: Final = "=+\\-@\t\r\n＝＋－＠"

_RUN: Final = f"^'*[{STARTS}]"
_TEXT: Final = r"^'*=\"[^\"]*\"$"
_NUMBER: Final = (
    r"^'*[+-]?[ \x{a0}]*\p{Sc}?[ \x{a0}]*"
    r"[0-9 \x{a0}().,/-]*[0-9][0-9 \x{a0}().,/-]*([eE][+-]?[0-9]+)?[ \x{a0}]*[%\p{Sc}]?$"
)
_PHONE: Final = r"^'*\+[ (]*[0-9][0-9A-Za-z ().,/#+-]*$"  # also two, with an extension, letters
_SEVEN_DIGITS: Final = r"([0-9][^0-9]*){7}"
_CALL: Final = r"[A-Za-z.] *\("
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_NO_NUMBER: Final = r"^'*-(nan|NaN|1\.#IND|1\.#QNAN)$"  # as programs write it


def _is_run(texts: pa.Array) -> pa.Array:
    """Return which texts, apostrophes before them aside, a spreadsheet would run."""
    starts = pc.match_substring_regex(texts, _RUN)
    if not pc.any(starts).as_py():
        return starts
    is_phone, is_long, calls, is_number = (
        pc.match_substring_regex(texts, pattern)
        for pattern in (_PHONE, _SEVEN_DIGITS, _CALL, f"{_NUMBER}|{_NO_NUMBER}|{_TEXT}")
    )
    left = pc.or_(is_number, pc.and_not(pc.and_(is_phone, is_long), calls))
    return pc.and_not(starts, left)


def harmless(texts: pa.Array) -> pa.Array:
    """Return texts with an apostrophe before those that a spreadsheet would run.

    Examples
    --------
    >>> harmless(pa.array(["=1+1", "+1 201-555-0123", "-5", "'@x", None])).to_pylist()
    ["'=1+1", '+1 201-555-0123', '-5', "''@x", None]
    """
    found = pc.fill_null(_is_run(texts), False)
    before, between = (pa.scalar(text, texts.type) for text in ("'", ""))
    return pc.if_else(found, pc.binary_join_element_wise(before, texts, between), texts)


def unescape(text: str) -> str:
    """Return a text of a workbook, in which characters that XML has not are numbers.

    >>> unescape("A_x0026_B"), unescape("_x005F_x0041_")
    ('A&B', '_x0041_')
    """
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def escape(text: str) -> str:
    """Return a text such that a workbook shows it as it is.

    >>> escape("_x0041_")
    '_x005F_x0041_'
    """
    return _ESCAPED.sub(r"_x005F\g<0>", text).replace("\r", "_x000D_")


@overload
def bare(texts: str) -> str: ...
@overload
def bare(texts: pa.Array) -> pa.Array: ...
def bare(texts: Any) -> Any:
    """Return texts as they were before :func:`harmless`.

    Examples
    --------
    >>> bare("'=1+1"), bare("'t Zand"), bare("'+12015550123")
    ('=1+1', "'t Zand", "'+12015550123")
    """
    if isinstance(texts, str):
        return bare(pa.array([texts]))[0].as_py()
    if not pc.any(pc.starts_with(texts, "'")).as_py():
        return texts
    found = pc.and_(pc.starts_with(texts, "'"), pc.fill_null(_is_run(texts), False))
    return pc.if_else(found, pc.utf8_slice_codeunits(texts, 1), texts)
