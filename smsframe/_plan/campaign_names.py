"""Names of campaigns that are no campaigns: tests to one's own numbers.

Each test is a campaign of its own, so that it is never taken for the campaign's message, nor the
other way round. In the journal a test is known by how its name begins; no other campaign may begin
so.
"""

from __future__ import annotations

import secrets

TEST_PREFIX = "smsframe-test-"


def new_test_name() -> str:
    """Return the name of a test, never used before."""
    return f"{TEST_PREFIX}{secrets.token_hex(6)}"


def is_test(campaign: str | None) -> bool:
    """Tell whether a campaign's name is that of a test.

    >>> is_test(new_test_name()), is_test("test-menu"), is_test(None)
    (True, False, False)
    """
    return campaign is not None and campaign.casefold().startswith(TEST_PREFIX)
