"""Arguments of every public function, given what they cannot be: one error of ours that says so.

The signatures are walked, so that a new argument is tried without a line here. Each is given every
value of ``WRONG`` but those of a type that it takes (``TAKES``, by the argument's name). What comes
of it is an `InputError`, a `ConfigurationError` or a `JournalError` that names the argument and
shows no frame; the numbers, truth values and texts of numpy and their subclasses are taken.
"""

from __future__ import annotations

import inspect
import math
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import make_people

import smsframe
from smsframe._acoustic import client as clients
from smsframe._base import validation
from smsframe._plan.campaign_names import campaign_name
from smsframe.errors import ConfigurationError, InputError, JournalError

A_CELL = "a-cell-of-a-frame"
FRAME = pd.DataFrame({"a": [A_CELL] * 3, "account": A_CELL})
WRONG = {
    "none": None,
    "true": True,
    "one": 1,
    "minus": -1,
    "half": 0.5,
    "nan": math.nan,
    "infinite": math.inf,
    "huge": 10**400,
    "text": "perhaps",
    "blank": " ",
    "broken": "half \ud83d",
    "bytes": b"x",
    "NA": pd.NA,
    "NaT": pd.NaT,
    "list": [A_CELL],
    "dict": {A_CELL: A_CELL},
    "set": {A_CELL},
    "array": np.array([A_CELL, A_CELL]),
    "frame": FRAME,
    "series": FRAME["a"],
    "slice": slice(0, 1),
    "object": object(),
}
COUNT = {"none", "one", "huge"}
TEXT = {"none", "text"}
LABEL = {"none"}
CLIENT = {"none"}
PATH = {"none", "text"}
TAKES = {
    "files": set(),
    "out": PATH,
    "frame": {"frame"},
    "series": {"series"},
    "text": {"none", "text", "blank"},
    "program": {"text", "one", "minus"},
    "phone": LABEL,
    "lookup": {"none"},
    "personalize": {"none"},
    "defaults": {"none", "dict"},
    "formats": {"none"},
    "region": {"none"},
    "region_from": LABEL,
    "campaign": TEXT,
    "content_id": TEXT,
    "source": TEXT,
    "campaign_name": TEXT,
    "limit": COUNT,
    "confirm": COUNT,
    "n": COUNT,
    "confirm_over": COUNT - {"none"},
    "ttl_minutes": COUNT - {"huge"},
    "problems": set(),
    "duplicates": set(),
    "fold": {"none"},
    "resend_unknown": {"true"},
    "exclude": {"none"},
    "sending_hours": {"none"},
    "closed": {"none"},
    "time_zone": LABEL,
    "min_gap": {"none"},
    "check_consent": {"none"},
    "consent_database": {"none"},
    "to": set(),
    "dry_run": {"true"},
    "settled": {"true"},
    "character_swap": {"none", "true"},
    "client": CLIENT,
    "progress": {"none", "true"},
    "price_per_segment": {"none", "one", "half"},
    "deadline_s": {"one", "half", "infinite"},
    "wait_s": {"one", "half", "none"},
    "as_": set(),
    "which": {"none", "list", "set", "array", "series", "true", "one"},
    "events": {"frame"},
    "by": LABEL,
    "run": {"text"},
    "journal": PATH,
    "path": PATH,
    "before": set(),
    "target": {"none"},
    "pod": {"none"},
    "base_url": {"none"},
    "client_id": TEXT,
    "client_secret": TEXT,
    "refresh_token": TEXT,
    "max_in_flight": {"one"},
    "timeout_s": set(),
    "label": {"one"},
    "labels": {"one"},
    "rows": {"none", "one"},
    "token_file": PATH,
    "sheet": TEXT,
    "hidden_rows": {"none"},
    "encoding": TEXT,
    "index": {"true"},
    "split": {"none"},
    "holdout": {"none", "half"},
    "outcome": set(),
    "control": {"none"},
    "rate": {"half"},
    "difference": {"half"},
    "control_share": {"half"},
    "power": {"half"},
    "significance": {"half"},
    "overwrite": {"true"},
    "full": {"true"},
    "quiet": {"true"},
    "separator": {"none", "blank"},
    "decimal": {"none"},
    "header_line": COUNT,
    "numbers": {"none"},
    "dates": {"none"},
}
SAME_AS_NONE = {"pod": "blank", "base_url": "blank", "client_id": "blank"}
KINDS = (InputError, ConfigurationError, JournalError)
PLANNED = {"text": "Hi", "program": "148372", "phone": "mobile"}


def planned():
    """Return a plan of three people."""
    return smsframe.plan(make_people(3), **PLANNED)


def settled_rows():
    """Return results of which a row is unknown."""
    return smsframe.send(make_people(3), **PLANNED, dry_run=True)


class Door:
    """A public function and arguments that it takes."""

    def __init__(self, function, **given) -> None:
        self.function, self.given = function, given

    @property
    def names(self) -> list[str]:
        """The names of its arguments, those handed on to ``plan`` included."""
        found = inspect.signature(self.function).parameters.values()
        kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        names = [parameter.name for parameter in found if parameter.kind not in kinds]
        handed_on = any(parameter.kind is kinds[0] for parameter in found)
        others = inspect.signature(smsframe.plan).parameters if handed_on else ()
        return [name for name in dict.fromkeys([*names, *others]) if name != "self"]

    def call(self, name, value):
        """Call it with one argument changed."""
        given = {key: make() if callable(make) else make for key, make in self.given.items()}
        if name == "lookup":
            given.pop("phone", None)
        if name == "content_id":
            given.pop("text", None)
        return self.function(**{**given, name: value})


def people():
    """Return three people."""
    return make_people(3)


def in_arms():
    """Return results whose rows are in two arms, and say who bought."""
    return settled_rows().assign(sms_variant=["A", "B", "B"], bought=[0, 1, 0])


CREDENTIALS = {"client_id": "a", "client_secret": "b", "refresh_token": "c"}


def people_file():
    """Write people into a file; return its path."""
    people().to_csv("people.csv", index=False)
    return "people.csv"


DOORS = {
    "plan": Door(smsframe.plan, frame=people, **PLANNED),
    "send": Door(smsframe.send, frame=people, **PLANNED, progress=False),
    "plan_files": Door(smsframe.plan_files, files=people_file, **PLANNED, progress=False),
    "send_files": Door(
        smsframe.send_files, files=people_file, out="results", **PLANNED, progress=False
    ),
    "explore": Door(smsframe.explore, frame=settled_rows),
    "preview": Door(smsframe.preview, frame=people, text="Hi", phone="mobile"),
    "compose": Door(smsframe.compose, frame=people, **PLANNED),
    "summary": Door(smsframe.summary, frame=settled_rows),
    "batches": Door(smsframe.batches, frame=settled_rows),
    "failed": Door(smsframe.failed, frame=settled_rows),
    "unknown": Door(smsframe.unknown, frame=settled_rows),
    "to_retry": Door(smsframe.to_retry, frame=settled_rows),
    "plot": Door(smsframe.plot, frame=settled_rows),
    "compare": Door(smsframe.compare, frame=in_arms, outcome="bought"),
    "power": Door(smsframe.power, rate=0.04, difference=0.01),
    "refresh": Door(smsframe.refresh, frame=settled_rows, deadline_s=0, progress=False),
    "resolve": Door(smsframe.resolve, frame=settled_rows, as_="sent"),
    "reconcile": Door(
        smsframe.reconcile, frame=settled_rows, events=lambda: FRAME, phone="a", source="account"
    ),
    "runs": Door(smsframe.runs),
    "results": Door(smsframe.results, run="20260101-000000-abcdef"),
    "normalize": Door(smsframe.normalize, series=lambda: people()["mobile"]),
    "segments": Door(smsframe.segments, series=lambda: people()["mobile"]),
    "connect": Door(smsframe.connect, pod="us-1", **CREDENTIALS),
    "read": Door(smsframe.read, path="no.csv"),
    "counts": Door(smsframe.counts, frame=settled_rows),
    "report": Door(smsframe.report, frame=settled_rows, path="some.html", overwrite=True),
    "to_excel": Door(smsframe.to_excel, frame=settled_rows, path="some.xlsx", overwrite=True),
    "last_plan": Door(smsframe.last_plan),
    "last_results": Door(smsframe.last_results),
    "journal.forget": Door(smsframe.journal.forget, before="2000-01-01"),
    "Plan.texts": Door(lambda n: planned().texts(n)),
    "Plan.preview": Door(lambda n: planned().preview(n)),
    "Plan.show": Door(lambda n: planned().show(n=n)),
    "Plan.show labels": Door(lambda labels: planned().show(labels)),
    "Plan.text": Door(lambda label: planned().text(label)),
    "Plan.send_test": Door(
        lambda to, rows=None, progress=False: planned().send_test(to, rows=rows, progress=progress),
        to="+12015550177",
    ),
    "Plan.send": Door(
        lambda confirm=None, dry_run=True, client=None, progress=False, wait_s=0: planned().send(
            confirm=confirm, dry_run=dry_run, client=client, progress=progress, wait_s=wait_s
        )
    ),
}
LONG = (
    "send_files",
    "plan_files",
    "compose",
    "to_excel",
    "report",
    "compare",
    "reconcile",
    "refresh",
)
ARGUMENTS = [(door, name) for door in DOORS for name in DOORS[door].names]


@pytest.fixture(autouse=True)
def apart(client, monkeypatch, tmp_path):
    """Work in an empty folder, with a client whose journal exists and is left alone."""
    smsframe.send(make_people(1), **PLANNED, progress=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(clients, "_make_default", lambda made: made)


def test_doors__are_all_public_functions():
    """A new public function stands in the table, a new argument in the list of what it takes."""
    public = {name for name in smsframe.__all__ if inspect.isfunction(getattr(smsframe, name))}
    assert public <= set(DOORS)
    assert {name for _, name in ARGUMENTS} <= set(TAKES)


def told(call, name, value):
    """Return the sentence of the error that comes of a value, None when it is taken."""
    try:
        call(name, value)
    except KINDS as error:
        return f"{error} {error.details.get('faults', '')}"
    return None


@pytest.mark.filterwarnings("ignore::smsframe.SmsframeWarning")
@pytest.mark.parametrize(
    "door", [pytest.param(one, marks=[pytest.mark.full] * (one in LONG)) for one in DOORS]
)
def test_arguments__wrong_values_are_refused(door):
    """Whatever an argument is given, the error is one of ours and shows no cell of a frame."""
    for name in DOORS[door].names:
        _try_all(door, name)


def kinds_of_labels(name):
    """Return the kinds whose cells are labels of rows, which an error may show."""
    return {"array", "series"} if name in {"which", "rows"} else set()


def _try_all(door, name):
    """Give an argument every value; fail when one is taken that should not be."""
    taken = []
    for kind, value in WRONG.items():
        sentence = told(DOORS[door].call, name, value)
        taken += [kind] if sentence is None else []
        labels = {"list", "dict", "set"} | kinds_of_labels(name)
        assert A_CELL not in (sentence or "") or kind in labels, kind
        assert len(sentence or "") < 1200, kind
    also = {"dict"} if (door, name) == ("compose", "text") else set()  # texts by their names
    assert set(taken) <= TAKES[name] | also | {SAME_AS_NONE.get(name, "none")}, (name, taken)


@pytest.mark.parametrize(
    ("name", "value", "plain"),
    [
        pytest.param("program", np.int64(148372), "148372", id="int64"),
        pytest.param("program", np.str_("148372"), "148372", id="numpy-text"),
        pytest.param("limit", np.uint8(2), 2, id="limit"),
        pytest.param("confirm", np.int32(3), 3, id="confirm"),
        pytest.param("ttl_minutes", np.int64(5), 5, id="ttl"),
        pytest.param("resend_unknown", np.True_, True, id="bool"),
        pytest.param("character_swap", np.False_, False, id="swap"),
        pytest.param("price_per_segment", np.float32(0.5), 0.5, id="price"),
        pytest.param("price_per_segment", Decimal("0.5"), 0.5, id="price-decimal"),
        pytest.param("campaign", np.str_("nov"), "nov", id="campaign"),
        pytest.param("problems", np.str_("raise"), "raise", id="choice"),
    ],
)
def test_arguments__of_numpy_are_taken(name, value, plain):
    """What means the same is the same, and of Python's own type."""
    made = smsframe.plan(make_people(3), **{**PLANNED, name: value})
    kept = getattr(made.message, name, getattr(made.options, name, None))
    assert (kept, type(kept)) == (plain, type(plain))


@pytest.mark.parametrize(
    "name", ["text", "campaign", "program", "content_id", "source", "campaign_name", "defaults"]
)
def test_half_a_character_pair__names_the_argument(name):
    """Half of an emoji is refused before it can stop a call that is claimed."""
    broken = {"Name": "half \ud83d"} if name == "defaults" else "half \ud83d"
    with pytest.raises(InputError, match=rf"^{name}.*half of a character pair at character 6"):
        DOORS["plan"].call(name, broken)


def test_half_a_character_pair__in_an_unused_column_is_harmless():
    """A column's name that cannot be written is shown with a mark and sent nowhere."""
    odd = pd.Index(["mobile", "half \ud83d"], dtype=object)
    made = smsframe.plan(make_people(2).set_axis(odd, axis=1), **PLANNED)
    assert made.recipients == 2
    assert b"half ?" in made._repr_html_().encode()
    assert made.send(progress=False)["sms_status"].tolist() == ["accepted"] * 2


def test_arguments__a_wrong_type_is_named():
    """The sentence says what was given, of what type, and what to give."""
    with pytest.raises(InputError) as caught:
        smsframe.plan(make_people(1), **PLANNED, dry_run="no", limit=FRAME, confirm=-1)
    assert caught.value.details["faults"] == [
        "dry_run='no' is of type str; it must be True or False.",
        "limit= is of type DataFrame; it must be a whole number of at least 0.",
        "confirm=-1 must be a whole number of at least 0.",
    ]


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        pytest.param(lambda: smsframe.journal.forget("12345645"), "before='12345645'", id="before"),
        pytest.param(
            lambda: smsframe.journal.forget("2026-13-01 10:00"), "2026-13-01 10", id="day"
        ),
        pytest.param(
            lambda: smsframe.normalize(people()["mobile"], region="0012300"),
            "'0012300'",
            id="region",
        ),
        pytest.param(lambda: DOORS["plan"].call("limit", -2500000), "limit=-2500000", id="limit"),
        pytest.param(lambda: smsframe.journal.forget("+1 201-555-0123"), "•-••23", id="phone"),
    ],
)
def test_errors__show_what_is_no_phone(call, shown):
    """Input is hidden where it has as many digits as a phone, and shown elsewhere."""
    with pytest.raises(InputError) as caught:
        call()
    assert shown in str(caught.value)


class Elsewhere:
    """A frame of another library."""

    __module__ = "polars.dataframe.frame"
    __qualname__ = "DataFrame"

    def to_pandas(self):
        """Return a frame of pandas."""


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        pytest.param(Elsewhere(), r"not polars\.DataFrame\. Its \.to_pandas\(\)", id="polars"),
        pytest.param(pd.Series(["x"]), r"not Series\. Its \.to_frame\(\)", id="series"),
        pytest.param({"a": [1]}, r"not dict\. pd\.DataFrame", id="dict"),
        pytest.param(None, "not NoneType", id="none"),
    ],
)
def test_frame__of_another_library_is_told_apart(thing, words):
    """The error says whose frame it is, and how to make one of it."""
    with pytest.raises(InputError, match=f"A DataFrame is needed, {words}"):
        smsframe.plan(thing, "Hi")


NAMES = [
    pytest.param("nov", "nov ", id="blank at the end"),
    pytest.param("nov 2026", "nov\u00a0 2026", id="blanks between"),
    pytest.param("caf\u00e9", "cafe\u0301", id="composed"),
    pytest.param("nov", "n\u200bov\ufeff", id="invisible"),
    pytest.param("nov", "\uff4eov", id="wide letter"),
    pytest.param("Sale \u2764\ufe0f", "Sale \u2764", id="emoji without its variant"),
    pytest.param("nov", "nov\u3164", id="Hangul filler"),
    pytest.param("nov", "nov\x00\x7f\x08", id="control characters"),
    pytest.param("nov", "\u2800nov\u034f", id="empty Braille pattern"),
    pytest.param("nov-5", "nov\u20135", id="dash"),
    pytest.param("Ann's nov", "Ann\u2019s nov", id="apostrophe"),
]


@pytest.mark.parametrize(("name", "other"), NAMES)
def test_campaign__is_what_can_be_seen_of_its_name(name, other):
    """Names that look alike are one campaign: nobody is texted a second time."""
    options = {**PLANNED, "progress": False}
    first = make_people(2, start=10).sms.send(**options, campaign=name)
    again = make_people(2, start=10).sms.send(**{**options, "text": "Ho"}, campaign=other)
    assert again["sms_batch"].tolist() == first["sms_batch"].tolist()
    assert smsframe.runs()["campaign"].iloc[0] == campaign_name(other)


@pytest.mark.parametrize("name", ["\u200b\ufeff", "\u200b \u2060"])
def test_campaign__of_nothing_that_can_be_seen(name):
    """A name that nobody could tell from no name is refused, with the way out."""
    with pytest.raises(InputError, match=r"campaign= .*give it a name, or leave it out"):
        smsframe.plan(make_people(1), **PLANNED, campaign=name)


@pytest.mark.parametrize("wanted", [2, [",.2f"], b"x"])
def test_formats__that_are_none(wanted):
    """Neither a text nor a function: refused by the column's name, with an example."""
    need = r"^formats\['FirstName'\].* a format such as ',\.2f' or a function"
    with pytest.raises(InputError, match=need):
        smsframe.plan(make_people(1), **PLANNED, formats={"FirstName": wanted})


def test_campaign__capitals_and_words_count():
    """What can be seen to differ differs."""
    assert len(set(map(campaign_name, ["nov", "Nov", "n ov", "nov."]))) == 4


def test_quoted__is_short():
    """Whatever is given, what is shown of it is short."""
    for value in (10**5000, "x" * 5000, FRAME, -(10**40), Path("x" * 500)):
        assert len(validation.quoted(value)) < 80
