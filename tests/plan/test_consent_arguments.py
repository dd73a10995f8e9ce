"""What ``check_consent`` and ``consent_database`` take, alone and together."""

from __future__ import annotations

import numpy as np
import pytest
from samples import make_people

import smsframe
from smsframe.errors import InputError


def options(**given):
    """Return the checked arguments of a plan."""
    way = {} if "lookup" in given else {"phone": "mobile"}
    people = make_people(2)
    return smsframe.plan(people, "Hi", program="1", **way, **given).options


@pytest.mark.parametrize(
    ("wanted", "database", "kept"),
    [
        pytest.param(True, "9911", (True, "9911"), id="text"),
        pytest.param(np.True_, 9911, (True, "9911"), id="number"),
        pytest.param("require", np.int64(9911), ("require", "9911"), id="numpy"),
        pytest.param(True, " 99\u200b11\n", (True, "9911"), id="copied-from-a-page"),
        pytest.param(False, None, (False, None), id="off"),
        pytest.param(None, None, (False, None), id="none"),
    ],
)
def test_arguments__are_kept(wanted, database, kept):
    """The id is a text in one spelling, however it is given."""
    found = options(check_consent=wanted, consent_database=database)
    assert (found.check_consent, found.consent_database) == kept


def test_database__from_the_environment(monkeypatch):
    """A team names its database once; what is given counts more, and alone it checks nothing."""
    monkeypatch.setenv("SMSFRAME_DATABASE", " 77 ")
    assert options(check_consent=True).consent_database == "77"
    assert options(check_consent=True, consent_database=8).consent_database == "8"
    assert options().check_consent is False


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"check_consent": True}, "SMSFRAME_DATABASE", id="no-database"),
        pytest.param({"consent_database": "9"}, "nobody's consent would be asked", id="alone"),
        pytest.param({"check_consent": "yes", "consent_database": 1}, "'require'", id="word"),
        pytest.param({"check_consent": 1, "consent_database": 1}, "of type int", id="one"),
        pytest.param({"check_consent": True, "consent_database": " "}, "must be", id="blank"),
        pytest.param({"check_consent": True, "consent_database": -1}, "of type int", id="minus"),
        pytest.param({"check_consent": True, "consent_database": 1.0}, "of type float", id="float"),
        pytest.param({"check_consent": True, "consent_database": "\ud800"}, "must be", id="half"),
        pytest.param(
            {"check_consent": True, "consent_database": 9, "lookup": {"id": "FirstName"}},
            "With lookup= no number is known",
            id="lookup",
        ),
    ],
)
def test_arguments__are_refused(given, said):
    """What could check nobody is refused before anything happens."""
    with pytest.raises(InputError, match=said):
        options(**given)
