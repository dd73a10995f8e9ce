"""Advice texts nobody twice: each code's fix is followed, sent again, and the outbox looked at.

Every code of ``docs/problem-codes.md`` stands in one of two tables here: `WALKS`, where a send is
made, the advice is followed and the send made again, or `NO_SEND`, where the advice leads to none.
A sentence that says to how many people something goes again is the only one that may be followed
by a second text; its walk says to how many.
"""

from __future__ import annotations

import datetime as dt
import re
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from samples import fictional_phones

import smsframe

CODES = (Path(__file__).parents[2] / "docs/problem-codes.md").read_text(encoding="utf-8")
N = 6
TEXT = "Hi %%name%%, your order %%order%% over %%total%% is on its way."
ORDERS = pd.DataFrame(
    {
        "mobile": fictional_phones(N),
        "name": ["Ann", "Bob", "Carla", "Dmitri", "Eva", "Finn"],
        "order": [f"A{n}" for n in range(N)],
        "total": [12.5, 7.25, 30.0, 8.75, 4.5, 99.0],
    }
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One send: what differs from the usual frame, text and options."""

    cells: dict[str, Any] = field(default_factory=dict)
    text: str | None = TEXT
    options: dict[str, Any] = field(default_factory=dict)
    make: Any = None

    def frame(self):
        """Return the frame; ``cells`` are columns, or cells of a column by position."""
        frame = ORDERS.astype({"name": object, "total": object, "mobile": object}).copy()
        for name, given in self.cells.items():
            if isinstance(given, dict):
                for place, value in given.items():
                    frame.at[place, name] = value  # noqa: PD008 - a cell may be a list
            else:
                frame[name] = given
        return frame if self.make is None else self.make(frame)


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A send, the next one by the advice, and how many texts the sentence says go out again."""

    first: Step = field(default_factory=Step)
    then: Step = field(default_factory=Step)
    fault: dict[str, Any] | None = None
    again: int = 0


def cell(column, value, **options):
    """Return a step in which one cell is another."""
    return Step(cells={column: {0: value}}, options=options)


def phone(bad, fixed=None, **options):
    """Return the walk of a phone cell that is corrected."""
    right = Step(cells={"mobile": {0: fixed}} if fixed else {}, options=options)
    return Walk(first=cell("mobile", bad, **options), then=right)


def refused(**fault):
    """Return the walk of a call that was refused, and of the same send again."""
    return Walk(fault={"kind": "status", "on": 1} | fault)


def envelope(message):
    """Return a refusal of the API."""
    meta = {"attributes": {}, "generalErrors": [message], "fieldErrors": {}, "links": []}
    return {"meta": {**meta, "nextPageUrl": None}, "data": None}


def whole(**changes):
    """Return a step in which whole columns are others."""
    return Step(cells=changes)


def many(frame):
    """Return thirty people, whose numbers have no country code."""
    numbers = [number.removeprefix("+1") for number in fictional_phones(30)]
    return pd.concat([frame] * 5, ignore_index=True).assign(mobile=numbers)


def two_orders(frame):
    """Return a frame in which the first person has another order."""
    return pd.concat([frame, frame.head(1).assign(order="Z9")], ignore_index=True)


OWN = ORDERS["mobile"].str.removeprefix("+1").tolist()
BY_LOOKUP = {"lookup": {"key": "id"}, "phone": None}
BY_LANGUAGE = {"by": "lang", "campaign": "l"}
TWO = {"A": TEXT, "B": "Dear %%name%%: what you have ordered, %%order%%, is here."}
GARBLED = {"name": {0: "Jos\ufffd"}}
WITHOUT_PLUS = ORDERS["mobile"].str.removeprefix("+").tolist()
MOMENTS = pd.date_range("2026-11-22 14:30", periods=N, tz="UTC")
DAYS = [dt.date.today() + dt.timedelta(days=n) for n in (-2, -1, 0, 1, 2)]  # noqa: DTZ011
ALWAYS = ("00:00", "24:00")

WALKS: dict[str, Walk] = {
    "phone_missing": phone(None),
    "phone_unreadable": phone("see notes"),
    "phone_letters": phone("201-555-CARS"),
    "phone_extension": phone("+1 201 555 0100 ext 5"),
    "phone_two_numbers": phone("+1 201 555 0100 / +1 201 555 0101"),
    "phone_rounded": phone("1.20156E+10"),
    "phone_no_country": phone("2015550100"),
    "phone_other_country": phone("44 7400 123456", region="US"),
    "phone_overseas": phone("0692 12 34 56", region="FR"),
    "phone_ambiguous": phone("4915123456789", region="DE"),
    "phone_unknown_country": phone("+999 201 555 0100"),
    "phone_short_code": phone("55001", region="US"),
    "phone_too_short": phone("+1 201 555 01"),
    "phone_too_long": phone("+1 201 555 0100 0000 00"),
    "phone_invalid": phone("+1 201 055 0100"),
    "phone_landline": phone("+44 20 7946 0958"),
    "phone_toll_free": phone("+1 800 555 0199"),
    "country_unreadable": Walk(
        first=Step(cells={"land": "US", "mobile": OWN}, options={"region_from": "land"},
                   make=lambda f: f.assign(land=["Atlantis", *f["land"][1:]])),
        then=Step(cells={"land": "US", "mobile": OWN}, options={"region_from": "land"}),
    ),
    "phones_rounded": Walk(first=whole(mobile=["1.20156E+10"] * N)),
    "phones_float32": Walk(first=whole(mobile=np.array(WITHOUT_PLUS, dtype="float32"))),
    "phones_not_whole": Walk(first=whole(mobile=[n + 0.5 for n in map(float, WITHOUT_PLUS)])),
    "phones_not_phones": Walk(first=whole(mobile=ORDERS["name"])),
    "phones_wrong_region": Walk(first=Step(make=many, options={"region": "FR"}),
                                then=Step(make=many, options={"region": "US"})),
    "phones_no_country": Walk(first=whole(mobile=OWN),
                              then=Step(cells={"mobile": OWN}, options={"region": "US"})),
    "country_contradicts": Walk(
        first=Step(cells={"mobile": OWN, "country": ["US"] * 4 + ["DE"] * 2},
                   options={"region": "US"}),
        then=Step(cells={"mobile": OWN, "country": ["US"] * 4 + ["DE"] * 2},
                  options={"region_from": "country"}),
    ),
    "text_missing": Walk(first=Step(text=" ")),
    "text_malformed": Walk(first=Step(text=TEXT + " %%oops")),
    "text_too_long": Walk(first=Step(text=TEXT + "x" * 800)),
    "value_missing": Walk(first=cell("name", None),
                          then=Step(cells={"name": {0: None}},
                                    options={"defaults": {"name": "Customer"}})),
    "value_infinite": Walk(first=cell("total", float("inf"))),
    "value_unreadable": Walk(first=cell("name", ["Ann"])),
    "lookup_missing": Walk(
        first=Step(cells={"id": [None, *"bcdef"]}, options=BY_LOOKUP),
        then=Step(cells={"id": [*"abcdef"]}, options=BY_LOOKUP),
    ),
    "duplicate": Walk(
        first=Step(make=lambda f: pd.concat([f, f.head(2)], ignore_index=True)),
        then=Step(make=lambda f: pd.concat([f, f.head(2)], ignore_index=True),
                  options={"duplicates": "send"}),
        again=2,
    ),
    "nearly_the_same": Walk(then=Step(text=TEXT.replace("way", "way now"),
                                      options={"campaign": "on purpose"}), again=N),
    "variant_missing": Walk(
        first=Step(text={"de": TEXT}, cells={"lang": [*["de"] * 5, "it"]}, options=BY_LANGUAGE),
        then=Step(text={"de": TEXT, "*": "Dear %%name%%: %%order%%."},
                  cells={"lang": [*["de"] * 5, "it"]}, options=BY_LANGUAGE)),
    "variant_unused": Walk(
        first=Step(text={"fr": TEXT, "*": "Dear %%name%%: %%order%%."},
                   cells={"lang": [*["de"] * 5, "fr-FR"]}, options=BY_LANGUAGE),
        then=Step(text={"fr-FR": TEXT, "*": "Dear %%name%%: %%order%%."},
                  cells={"lang": [*["de"] * 5, "fr-FR"]}, options=BY_LANGUAGE)),
    "variants_changed": Walk(
        first=Step(text=TWO, options={"campaign": "a"}),
        then=Step(text=TWO, options={"campaign": "b", "split": {"A": 1, "B": 9},
                                     "exclude": "LAST"})),
    "held_out": Walk(first=Step(text=TWO, options={"campaign": "a", "holdout": 0.5}),
                     then=Step(text=TWO, options={"campaign": "a", "holdout": 0.5})),
    "had_these_words": Walk(
        then=Step(options={"campaign": "november", "exclude": "LAST"})),
    "accepted_before": Walk(then=Step(options={"campaign": "class-2026-11-27"}), again=N),
    "already_in_campaign": Walk(
        first=Step(options={"campaign": "a"}),
        then=Step(cells={"order": {0: "Z1"}}, make=lambda f: f.head(1),
                  options={"campaign": "row of its own"}),
        again=1,
    ),
    "same_person": Walk(
        first=Step(make=lambda f: pd.concat([f.head(1), f.head(1).assign(order="B")])),
        then=Step(make=lambda f: pd.concat([f.head(1), f.head(1).assign(order="B")])),
        again=1,  # the second order, in the first send, as the warning counts
    ),
    "tag_near_miss": Walk(first=Step(text="Hi %%NAME%%, order %%order%% is on its way."),
                          then=Step(text="Hi %%NAME%%, order %%order%% is on its way.",
                                    options={"personalize": {"NAME": "name"}})),
    "tag_is_index": Walk(first=Step(text="Row %%row%% is for %%name%%, who has ordered it.",
                                    make=lambda f: f.rename_axis("row")),
                         then=Step(text="Row %%row%% is for %%name%%, who has ordered it.",
                                   make=lambda f: f.rename_axis("row").reset_index())),
    "tag_other_notation": Walk(first=Step(text="Hi {name}"), then=Step(text="Hi %%name%%")),
    "no_value_word": Walk(first=cell("name", "#REF!", defaults={"name": "you"}),
                          then=Step(options={"defaults": {"name": "you"}})),
    "value_holds_tag": Walk(first=cell("name", "%%name%%")),
    "value_garbled": Walk(first=Step(cells=GARBLED)),
    "short_link": Walk(
        first=Step(text="Sale: https://bit.ly/a1"), then=Step(text="Sale: https://our.example/a")
    ),
    "opt_out_missing": Walk(
        first=Step(text="Sale today."), then=Step(text="Sale today. Reply STOP to opt out.")
    ),
    "text_garbled": Walk(first=Step(text="Caf\ufffd"), then=Step(text="Café")),
    "value_rounded": Walk(first=cell("order", "1.2E+10")),
    "value_many_digits": Walk(first=whole(total=[0.1 + 1e-15] * N), then=whole(total=0.1)),
    "value_in_utc": Walk(first=whole(total=MOMENTS),
                         then=whole(total=MOMENTS.tz_convert("America/New_York"))),
    "consent_unused": Walk(
        first=whole(opted_out=[True, *[False] * 5]),
        then=Step(cells={"opted_out": [True, *[False] * 5]}, make=lambda f: f[~f["opted_out"]])),
    "tag_from_database": Walk(first=Step(text=TEXT + " %%City%%"),
                              then=Step(text=TEXT + " %%City%%",
                                        options={"defaults": {"City": "town"}})),
    "personalize_unused": Walk(first=Step(options={"personalize": {"nam": "name"}}),
                               then=Step(options={"personalize": {"name": "name"}})),
    "default_unused": Walk(first=Step(options={"defaults": {"nam": "you"}}),
                           then=Step(options={"defaults": {"name": "you"}})),
    "column_replaced": Walk(first=whole(sms_status="mine"), then=whole(my_status="mine")),
    "exclude_unread": Walk(
        first=Step(options={"exclude": [*fictional_phones(150, 500), "somebody"]}),
        then=Step(options={"exclude": fictional_phones(151, 500)})),
    "folded": Walk(first=Step(text=TEXT + " It’s", options={"fold": "gsm7"}),
                   then=Step(text=TEXT + " It's")),
    "wrong_tags": refused(status=400, body=envelope("Wrong personalization tags city")),
    "program_inactive": Walk(first=Step(options={"program": "148373"})),
    "contact_empty": refused(
        on=list(range(1, 12)),  # the batch, and its halves down to single rows
        status=400,
        body=envelope("Contact information is empty. Please provide contact identifier or lookup "
                      "keys."),
    ),
    "contacts_count": refused(
        status=400,
        body=envelope("Contacts must contain at least 1 contact and cannot exceed more than 1000 "
                      "contacts."),
    ),
    "bad_request": refused(status=400, body=envelope("Bad Request")),
    "forbidden": refused(status=403, body=envelope("Forbidden")),
    "refused": refused(status=400, body=envelope("Something else")),
    "outside_hours": Walk(first=Step(options={"closed": DAYS}), then=Step()),
    "never_open": Walk(
        first=Step(cells={"mobile": {0: "+79123456789"}},
                   options={"sending_hours": {"US": ALWAYS, "*": ("09:00", "18:00")}}),
        then=Step(cells={"mobile": {0: "+79123456789"}},
                  options={"sending_hours": {"US": ALWAYS, "*": ALWAYS},
                           "time_zone": "Europe/Moscow"}),
    ),
    "time_zone_unknown": Walk(
        first=Step(cells={"tz": "America/New_York"}, options={"time_zone": "tz"},
                   make=lambda f: f.assign(tz=["Atlantis", *f["tz"][1:]])),
        then=Step(cells={"tz": "America/New_York"}, options={"time_zone": "tz"}),
    ),
    "limit": Walk(first=Step(options={"limit": 2})),
    "excluded": Walk(first=Step(options={"exclude": fictional_phones(2)})),
    "too_soon": Walk(  # followed too early, it texts nobody
        first=Step(make=two_orders, options={"min_gap": "24h"}),
        then=Step(make=two_orders, options={"min_gap": "24h"})),
    "answer_lost": Walk(fault={"kind": "drop_after", "on": 1}),
    "server_error": refused(status=500, after=True),
    "redirected": refused(status=302, after=True),
    "unreadable_answer": refused(status=202, after=True, body="<html>"),
}  # fmt: skip

EVERYBODY = [number.removeprefix("+") for number in ORDERS["mobile"]]
NOT_LEFT_OUT = {
    "same_person": set(EVERYBODY[:1]),
    "held_out": set(),
}  # the frames of the others have all people

NO_SEND = {
    "phones_wrapped": "as phones_float32",
    "country_rare": "seen in long lists alone; its advice corrects cells, as phone_no_country",
    "column_unused": "advises nothing",
    "night_now": "holds nothing back; its advice is sending_hours=, as outside_hours",
    "program_missing": "refused before a call is made, as text_missing",
    "access_denied": "the credentials change, which are no part of what a message is",
    "busy": "nothing was processed; the same send again, as refused",
    "no_connection": "as busy",
    "plan_warning": "nothing was sent; tests/send/test_plan_warnings.py sends again",
    "answers_lost": "tests/promises/test_never_twice.py sends again",
    "failed": "tests/promises/test_kills.py and the simulation send again",
    "journal_failed": "tests/journal/test_location.py sends again",
    "not_reached": "tests/promises/test_interrupts.py sends again",
    "lease_ended": "tests/team/test_team_processes.py sends again",
    "never_posted": "tests/team/test_lost_connections.py sends again",
    "interrupted": "as not_reached",
    "sender_died": "tests/promises/test_kills.py sends again",
    "internal_error": "tests/send/test_run.py sends again",
    "opted_out": "accepted; what was accepted is not sent again. Or held back: nothing went out",
    "no_consent": "as opted_out",
    "consent_unknown": "tests/send/test_consent.py sends again",
    "contact_not_found": "as opted_out; a corrected number is another person",
    "contact_ambiguous": "as contact_not_found",
    "contact_not_a_phone": "as contact_not_found",
    "not_sent": "as opted_out",
    "status_pending": "asks, and sends nothing",
    "status_missing": "as status_pending",
    "status_unavailable": "as status_pending",
    "send_error": "as opted_out",
    "resolved": "tests/results/test_reconcile.py sends again",
    **dict.fromkeys(
        ("phone_premium", "phone_shared_cost", "phone_voip", "phone_personal", "phone_pager",
         "phone_company", "phone_voicemail"),
        "as phone_landline",
    ),
}  # fmt: skip


def codes_that_are_explained():
    """Return every code that the tables explain."""
    cells = re.findall(r"^\| (`\w+`[^|]*) \|", CODES, re.MULTILINE)
    return {code for found in cells for code in re.findall(r"`(\w+)`", found)}


def test_walks__are_of_all_codes():
    """A new code needs a walk, or a reason why its advice leads to no send."""
    assert not WALKS.keys() & NO_SEND.keys()
    assert {*WALKS, *NO_SEND} == codes_that_are_explained()


def send(step, client):
    """Make one send; a refusal sends nothing, which is fine. Returns the codes that were met."""
    options = {"program": "148372", "phone": "mobile", **step.options}
    if options.get("exclude") == "LAST":
        options["exclude"] = smsframe.results(smsframe.runs().index[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = smsframe.plan(step.frame(), step.text, client=client, **options)
            told = set(made.problem_counts)
            results = made.send(progress=False)
        except smsframe.SmsframeError as error:
            table = error.details.get("problems")
            return told | set([] if table is None else table["code"])
    return told | set(results["sms_code"].dropna())


@pytest.mark.parametrize("code", WALKS)
def test_advice__followed_texts_nobody_twice(code, sandbox, client, monkeypatch):
    """The send that meets the code, then the one by its advice: nobody twice but who is told of."""
    walk = WALKS[code]
    sandbox.load_contacts(pd.DataFrame({"mobile": ORDERS["mobile"], "key": [*"abcdef"]}))
    if walk.fault:
        sandbox.faults.add(**walk.fault)
    clock = [0.0]
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + clock[0])
    met = send(walk.first, client)
    if code == "accepted_before":
        clock[0] = 86_400.0
        met |= send(walk.first, client) | set(
            smsframe.plan(ORDERS, TEXT, program="148372", phone="mobile").problem_counts
        )
    if code in ("nearly_the_same", "had_these_words", "already_in_campaign", "variants_changed"):
        made = {
            "variants_changed": Step(
                text=TWO, options={"campaign": "a", "split": {"A": 1, "B": 9}}
            ),
            "nearly_the_same": Step(text=TEXT.replace("way", "way now")),
            "had_these_words": Step(options={"campaign": "november", "dry_run": True}),
            "already_in_campaign": Step(cells={"order": {0: "Z1"}}, options={"campaign": "a"}),
        }[code]
        met |= send(made, client)
    assert code in met
    send(walk.then, client)
    assert int(sandbox.outbox()["to"].duplicated().sum()) == walk.again
    assert set(sandbox.outbox()["to"]) >= NOT_LEFT_OUT.get(code, set(EVERYBODY[2:]))
