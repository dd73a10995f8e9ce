"""Characters that show nothing, listed once.

They are listed and not asked from Python's Unicode tables, which change with its version: a message
or a campaign of one Python is the same for the next, and keys in journals stay what they are.
"""

from __future__ import annotations

import re
from typing import Final

_UNSEEN: Final = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Controls, format characters, fillers and variation selectors, as the inside of a class."""

_SOME_FONTS_SHOW: Final = (
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f"
)
"""Format characters too, of scripts in which they enclose or join others; alone they are a text."""

_BLANK: Final = "\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000"
"""White space, and Braille without a dot."""

UNSEEN: Final = re.compile(f"[{_UNSEEN}{_SOME_FONTS_SHOW}]")
"""What is dropped where texts are told apart: nobody reads them differently with it."""


def _characters(inside: str) -> str:
    """Return the characters of the inside of a class."""
    return re.sub("(.)-(.)", lambda f: "".join(map(chr, range(ord(f[1]), ord(f[2]) + 1))), inside)


INVISIBLE: Final = _characters(_UNSEEN + _BLANK)
"""All that shows nothing, white space included.

Inside a text it may matter (it joins emoji, and turns the direction of Hebrew); alone it is no
value."""
