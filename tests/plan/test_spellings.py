"""Arguments as a pandas user spells them: labels held by an Index, a region of an Enum."""

from __future__ import annotations

import re
from enum import Enum

import numpy as np
import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe.errors import InputError

PLANNED = {"text": "Hi %%FirstName%%", "program": "148372", "phone": "mobile"}


class Home(str, Enum):  # noqa: UP042 - its str() is another than a StrEnum's, which is the point
    """A region as a program of its own may hold it."""

    US = "us"


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(pd.Index, id="index"),
        pytest.param(pd.Series, id="series"),
        pytest.param(np.array, id="array"),
        pytest.param(lambda labels: pd.Index(labels, dtype="category"), id="categorical"),
        pytest.param(tuple, id="tuple"),
    ],
)
def test_personalize__labels_are_taken_however_they_are_held(held):
    """``df.columns[:1]`` and its like are a list of columns."""
    people = make_people(2)
    plan = smsframe.plan(people, **PLANNED, personalize=held(["FirstName"]))
    assert plan.texts().tolist() == [f"Hi {name}" for name in people["FirstName"]]


def test_personalize__no_columns_at_all():
    """An empty Index is an empty list: it adds nothing to the tags that name columns."""
    empty = make_people(2).columns[:0]
    plans = [smsframe.plan(make_people(2), **PLANNED, personalize=held) for held in (empty, [])]
    assert plans[0].texts().tolist() == plans[1].texts().tolist() == ["Hi Name0", "Hi Name1"]


@pytest.mark.parametrize("held", [pd.Series.to_numpy, pd.Series.copy, pd.Index])
def test_personalize__the_cells_of_a_column_are_not_shown(held):
    """A column given in place of its name is refused in few words that quote none of it."""
    people = make_people(50)
    with pytest.raises(
        InputError, match=r"^personalize= is of type .* a list of columns"
    ) as caught:
        smsframe.plan(people, **PLANNED, personalize=held(people["FirstName"]))
    assert people["FirstName"].iloc[0] not in str(caught.value)


def test_region__of_an_enum():
    """A text is a region by what it says, whatever it calls itself."""
    cells = pd.Series(["(201) 555-0123"])
    assert smsframe.normalize(cells, region=Home.US)["e164"].tolist() == ["+12015550123"]
    people = make_people(1).assign(mobile=cells)
    assert smsframe.plan(people, **PLANNED, region=Home.US).recipients == 1


def test_phone__that_is_the_index():
    """The hint says how the index becomes a column."""
    people = make_people(2).set_index("mobile")
    with pytest.raises(InputError, match=r"It is the index: \.reset_index\(\) makes a column"):
        smsframe.plan(people, **PLANNED)


@pytest.mark.parametrize(("label", "seen"), [(0, "0"), ("12", "'12'"), ("2015550123", "••23'")])
def test_label__is_shown_unless_it_may_be_a_phone(label, seen):
    """A short number is the name of a column; a long one is hidden."""
    with pytest.raises(InputError, match=f"phone= names column .*{re.escape(seen)}, which"):
        smsframe.plan(make_people(2), **{**PLANNED, "phone": label})
    if label == 0:
        with pytest.raises(InputError, match=r"^by=0\b|by= names column 0\b"):
            smsframe.summary(smsframe.plan(make_people(2), **PLANNED).send(dry_run=True), by=label)
