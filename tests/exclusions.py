"""Plans with lists of people who must not be texted, and what becomes of them."""

from __future__ import annotations

import numpy as np
import pytest
from samples import fictional_phones, make_people

import smsframe

PHONES = fictional_phones(5)
MESSAGE = {"program": "148372", "phone": "mobile"}
TEXT = "Hi %%FirstName%%"


def excluded(given, frame=None, **options):
    """Return the positions of five people whom a list excludes."""
    people = make_people(5) if frame is None else frame
    made = smsframe.plan(people, TEXT, **{**MESSAGE, "exclude": given, **options}).to_frame()
    return np.flatnonzero(made["sms_code"].eq("excluded").fillna(value=False)).tolist()


def refusal(given, frame=None, **options):
    """Return the sentence with which a list is refused."""
    with pytest.raises(smsframe.InputError) as caught:
        excluded(given, frame, **options)
    assert not any(phone in str(caught.value) for phone in PHONES)
    return str(caught.value)


def written(folder, name, text, encoding="utf-8"):
    """Write a file and return its path."""
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path
