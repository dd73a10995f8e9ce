"""What a plan shows of itself once something of it has gone out."""

from __future__ import annotations

import smsframe

TEXT = "Hi %%FirstName%%"


def shown(people):
    """Return a plan's first line, as text and as HTML."""
    plan = smsframe.plan(people, TEXT, program="148372", phone="mobile", campaign="november")
    line = repr(plan).splitlines()[0]
    assert f">{line}</div>" in plan._repr_html_()
    return line


def test_headline__before_anything_went_out(people, client):
    """It says how many messages there are, and in how many calls they would go."""
    assert shown(people) == "Plan: 3 messages in 1 call, program 148372"


def test_headline__when_some_or_all_went_out(people, client):
    """It does not promise calls that will not be made: it says how many messages are left."""
    options = {"program": "148372", "phone": "mobile", "campaign": "november", "progress": False}
    people.sms.send(TEXT, limit=2, **options)
    assert shown(people) == "Plan: 3 messages, 1 of them left to send, program 148372"
    people.sms.send(TEXT, **options)
    assert shown(people) == "Plan: 3 messages, 0 of them left to send, program 148372"
