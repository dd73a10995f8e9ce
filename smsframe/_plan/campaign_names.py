"""Names of campaigns and ids in one spelling, and those of tests, which are no campaigns.

What nobody can see does not tell two names apart, nor do curly quotes and long dashes, which word
processors put in. Each test is a campaign of its own, so that it is
never taken for the campaign's message, nor the other way round. In the journal a test is known by
how its name begins; no other campaign may begin so.
"""

from __future__ import annotations

import secrets
import unicodedata
from typing import Any, Final

from smsframe._base.invisible import UNSEEN
from smsframe._base.sentences import arg, words
from smsframe._base.validation import check_text, note
from smsframe._text.gsm7 import LOOK_ALIKES

TEST_PREFIX: Final = "smsframe-test-"
_LOOK_ALIKES: Final = str.maketrans({**LOOK_ALIKES, "\u2800": " "})  # Braille without a dot


def new_test_name() -> str:
    """Return the name of a test, never used before."""
    return f"{TEST_PREFIX}{secrets.token_hex(6)}"


def is_test(campaign: str | None) -> bool:
    """Tell whether a campaign's name is that of a test.

    >>> is_test(new_test_name()), is_test("test-menu"), is_test(None)
    (True, False, False)
    """
    return campaign is not None and campaign.casefold().startswith(TEST_PREFIX)


def campaign_name(name: str) -> str:
    """Return a campaign's name as it is told apart: NFKC, without what cannot be seen.

    >>> campaign_name(" nov–2026\u200b ") == campaign_name("nov-2026")
    True
    """
    seen = UNSEEN.sub("", unicodedata.normalize("NFKC", name))
    return " ".join(unicodedata.normalize("NFKC", seen).translate(_LOOK_ALIKES).split())


def read_id(name: str, given: Any, faults: list[str]) -> str | None:
    """Return an id without what cannot be seen, which comes along when it is copied from a page."""
    text = check_text(name, given, faults)
    if text is None:
        return None
    found = campaign_name(text)
    if not found:
        note(faults, arg(name), " holds nothing that can be seen.")
    return found


def read_campaign(given: Any, faults: list[str]) -> str | None:
    """Return the campaign's name in its one spelling; None stays None."""
    text = check_text("campaign", given, faults)
    if text is None:
        return None
    name = campaign_name(text)
    if not name:
        fix = " holds nothing that can be seen; give it a name, or leave it out."
        note(faults, arg("campaign", screen="The campaign"), fix)
    if is_test(name):
        note(
            faults,
            arg("campaign", screen="The campaign"),
            f" begins with {TEST_PREFIX!r}, as the names of tests do (",
            words("plan.send_test", at_shell="--test-to", screen="Try"),
            "), and a test is not remembered as a campaign. Give it another name.",
        )
    return name
