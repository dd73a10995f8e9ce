"""The tree of errors is as its docstring draws it, and each error holds what it says it does.

Every exception of the libraries below is walked here: none gets out of an exchange as it is. What
each becomes at which stage, and why, is tested in ``acoustic/test_http.py``.
"""

from __future__ import annotations

import inspect
import pickle
import re
import warnings

import pytest
import requests
import urllib3

import smsframe
from smsframe import errors
from smsframe._acoustic.http import AnswerLostError, NotConnectedError, Transport

CLASSES = [
    thing
    for thing in vars(errors).values()
    if inspect.isclass(thing) and issubclass(thing, BaseException)
]
SAMPLE = "No such column. Did you mean 'mobile'?"


def drawn() -> dict[str, str | None]:
    """Return the tree in the docstring: name → name of the branch it hangs on, None for a root."""
    parents: dict[str, str | None] = {}
    above: list[str] = []
    for line in errors.__doc__.splitlines():
        if found := re.match(r"^    ([│├└─ ]*)(\w+)  +\S", line):
            depth = len(found[1]) // 4
            del above[depth:]
            parents[found[2]] = above[-1] if above else None
            above.append(found[2])
    return parents


def test_tree__is_as_drawn():
    """Every class hangs where the drawing has it, and the drawing has every class."""
    real = {
        thing.__name__: thing.__bases__[0].__name__ if thing.__bases__[0] in CLASSES else None
        for thing in CLASSES
    }
    assert drawn() == real
    assert len(real) > 8


def test_tree__other_roots():
    """What is drawn beside the names is true: a ValueError, a UserWarning."""
    assert issubclass(smsframe.InputError, ValueError)
    assert issubclass(smsframe.SmsframeWarning, UserWarning)


def test_tree__transport_hangs_on_the_api():
    """The two failures of an exchange are caught as errors of the API."""
    assert NotConnectedError.__bases__ == AnswerLostError.__bases__ == (smsframe.ApiError,)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_error__says_its_sentence(kind):
    """An error shows the sentence it was given."""
    if issubclass(kind, Warning):
        with pytest.warns(kind, match="mobile"):
            warnings.warn(SAMPLE, kind, stacklevel=1)
    else:
        error = kind(SAMPLE, column="moblie")
        assert (str(error), error.details) == (SAMPLE, {"column": "moblie"})


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_error__survives_another_process(kind):
    """Errors go through pickle, as process pools send them."""
    again = pickle.loads(pickle.dumps(kind(SAMPLE)))
    assert (type(again), str(again)) == (kind, SAMPLE)


def test_input_error__masks_its_words():
    """An input error quotes what it was given with phone numbers hidden; numbers of data stay."""
    error = smsframe.InputError("phone='+1 201-555-0123'", faults=["12015550123"], rows=12015550123)
    assert str(error) == "phone='•••••••••23'"
    assert error.details == {"faults": ["•••••••••23"], "rows": 12015550123}


BELOW = sorted(
    {
        kind
        for module in (requests.exceptions, urllib3.exceptions)
        for kind in vars(module).values()
        if inspect.isclass(kind) and issubclass(kind, Exception) and not issubclass(kind, Warning)
    },
    key=lambda kind: (kind.__module__, kind.__name__),
)


def made(kind: type[Exception]) -> Exception:
    """Return an exception of this kind that quotes what it was about, however it is made."""
    error = kind.__new__(kind)
    Exception.__init__(error, "+1 201-555-0123 Bearer rehearsal-token")
    return error


@pytest.mark.parametrize("kind", BELOW, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_below__every_exception_is_mapped(kind, monkeypatch):
    """Each becomes one of the two failures of an exchange, with its name and without its words."""

    def fail(*_, **__):
        raise made(kind)

    transport = Transport()
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", fail)
    with pytest.raises((NotConnectedError, AnswerLostError)) as caught:
        transport.exchange("POST", "http://127.0.0.1:9/", headers={}, body=b"{}")
    transport.close()
    assert type(caught.value) in {NotConnectedError, AnswerLostError}
    assert caught.value.details == {"cause": kind.__name__}
    assert "555" not in str(caught.value)
    assert "rehearsal" not in str(caught.value)


def test_below__the_walk_finds_them():
    """The exceptions walked are those of both libraries, the root of each among them."""
    assert {requests.RequestException, urllib3.exceptions.HTTPError} <= set(BELOW)
    assert len(BELOW) >= 50
