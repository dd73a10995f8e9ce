"""``check_consent``: who is asked, who is held back, and what is said of whom could not be asked.

Over the sandbox's own consent endpoint, with its faults and its log.
"""

from __future__ import annotations

import logging
import signal
import threading
import traceback
import warnings
from dataclasses import replace

import pandas as pd
import pytest
from samples import TEXT, fictional_phones, make_people, send

import smsframe
from smsframe._base.send_settings import SendSettings
from smsframe._base.worker_pool import Backoff
from smsframe.errors import AccessError, InputError

DATABASE = "9911"


@pytest.fixture
def send_settings():
    """Make waiting short, and silence too."""
    return SendSettings(
        batch_size=4,
        backoff=Backoff(first_wait_s=0.001, longest_wait_s=0.01),
        connect_attempts=3,
        busy_s=5.0,
        consent_quiet_s=30.0,
    )


@pytest.fixture
def world(send_settings):
    """Run a sandbox in which 12 people agreed, 4 opted out, and 4 were never asked."""
    with smsframe.Sandbox() as sandbox, smsframe.connect(sandbox) as client:
        client.settings = send_settings
        people = make_people(16).assign(consent=["yes"] * 12 + ["no"] * 4)
        sandbox.load_contacts(people)
        yield sandbox


def checked(frame, wanted=True, **options):
    """Send a frame after its people's consent was asked."""
    return send(frame, **{"check_consent": wanted, "consent_database": DATABASE, **options})


def asked(sandbox):
    """Return the phones that were asked about, in order."""
    paths = sandbox.requests()["path"]
    return paths[paths.str.contains("/consent/")].str.rsplit("/", n=1).str[1].tolist()


def codes(results):
    """Return status and code of each row."""
    return list(zip(results["sms_status"], results["sms_code"].fillna(""), strict=True))


def texted(sandbox):
    """Return who was texted."""
    return sandbox.outbox()["to"].tolist()


HELD = [
    *[("accepted", "")] * 12,
    *[("not_attempted", "opted_out")] * 4,
    *[("not_attempted", "no_consent")] * 4,
]


@pytest.mark.parametrize("wanted", [True, "require"])
def test_check__holds_back_who_would_not_be_messaged(world, wanted):
    """Opted out and without a record alike: the service would drop them, and never say so."""
    people = make_people(20)
    results = checked(people, wanted)
    assert codes(results) == HELD
    assert sorted(texted(world)) == [number[1:] for number in people["mobile"][:12]]
    assert sorted(asked(world)) == sorted(number[1:] for number in people["mobile"])
    paths = world.requests()["path"]
    assert paths.str.startswith(f"/rest/databases/{DATABASE}/consent/SMS-148372/").sum() == 20
    first_send = paths.str.endswith("/sends").idxmax()
    assert paths[first_send:].str.contains("/consent/").sum() == 0
    told = results["sms_error"].dropna().unique().tolist()
    assert [text.split(",")[0].split(".")[0] for text in told] == [
        "This person has opted out of this program's messages",
        "The database has no consent of this person for this program",
    ]


def test_check__asked_once_a_person(world):
    """Whoever has several rows is asked about once, and all the rows follow."""
    people = pd.concat([make_people(14)] * 3, ignore_index=True)
    people["FirstName"] += people.index.astype(str)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", smsframe.PlanWarning)  # several messages to a person
        results = checked(people)
    assert len(asked(world)) == 14
    assert results["sms_status"].tolist() == (["accepted"] * 12 + ["not_attempted"] * 2) * 3


def test_rerun__asks_only_about_who_is_left(world):
    """Accepted rows stay as they were and are not asked about again; who agreed since is sent."""
    people = make_people(20)
    first = checked(people)
    before = len(asked(world))
    again = checked(people)
    assert codes(again) == HELD
    assert len(asked(world)) - before == 8
    pd.testing.assert_frame_equal(again[:12], first[:12])
    world.load_contacts(people[12:13].assign(consent="yes"))
    third = checked(people)
    assert codes(third)[12:14] == [("accepted", ""), ("not_attempted", "opted_out")]
    assert len(texted(world)) == len(set(texted(world))) == 13
    stored = smsframe.results(smsframe.runs().index[0])
    assert stored["sms_code"].value_counts().to_dict() == {"opted_out": 3, "no_consent": 4}


def test_rerun__unchanged_asks_nobody(sandbox, client):
    """Where all went out, a second run makes no call at all."""
    people = make_people(3)
    checked(people)
    sandbox._room.log.clear()
    assert checked(people)["sms_status"].tolist() == ["accepted"] * 3
    assert len(sandbox.requests()) == 0


@pytest.mark.parametrize("fault", ["status", "drop_before", "truncate", "html", "no words"])
def test_unknown__is_warned_of_and_sent(world, fault):
    """A failure is no record: people are sent to, with a warning that counts them."""
    kind, options = {
        "html": ("status", {"status": 200, "body": "<html>nothing</html>"}),
        "no words": ("status", {"status": 200, "body": {"data": {"status": "PERHAPS"}}}),
    }.get(fault, (fault, {}))
    path = "/rest/databases/9911/consent/SMS-148372/" + fictional_phones(1)[0][1:]
    world.faults.add(kind, path=path, **options)
    with pytest.warns(smsframe.PlanWarning, match="1 consent_unknown") as told:
        results = checked(make_people(20))
    assert codes(results) == HELD
    assert told[0].message.counts == {"consent_unknown": 1}
    problems = smsframe.last_plan().problems
    [line] = problems[problems["code"] == "consent_unknown"].itertuples()
    assert (line.position, line.severity) == (0, "warning")
    attempts = 3 if fault in ("status", "drop_before", "truncate") else 1
    assert asked(world).count(fictional_phones(1)[0][1:]) == attempts


def test_unknown__required_is_held_back(world):
    """With "require" who cannot be asked waits, and the same send again asks again."""
    fault = world.faults.add("status", status=500, path="consent", on=range(1, 61))
    people = make_people(20)
    results = checked(people, "require")
    assert set(codes(results)) == {("not_attempted", "consent_unknown")}
    assert results["sms_error"].str.contains("The service answered 500").all()
    assert texted(world) == []
    assert fault.struck == 60
    assert codes(checked(people, "require")) == HELD


def test_unknown__404_and_500_are_told_apart(world):
    """A 404 of the API is no record; one of a page between says nothing, and a 500 neither."""
    page = {"status": 404, "body": "<html>no such page</html>"}
    start = "/rest/databases/9911/consent/SMS-148372/"
    phones = [number[1:] for number in fictional_phones(20)]
    world.faults.add("status", path=start + phones[0], **page)
    world.faults.add("status", path=start + phones[1], status=500)
    results = checked(make_people(20), "require")
    assert codes(results)[:2] == [("not_attempted", "consent_unknown")] * 2
    assert codes(results)[2:] == HELD[2:]


def test_unknown__nobody_has_a_record(world):
    """A database that knows nobody is probably the wrong one, and the sentence says so."""
    results = checked(make_people(4, start=30))
    assert set(codes(results)) == {("not_attempted", "no_consent")}
    assert results["sms_error"].str.contains("consent_database= and program= are right").all()


def test_unknown__silence_ends_the_asking(world, send_settings):
    """When nothing can be read any more, the rest is not known, and not asked one by one."""
    world.faults.add("status", status=500, path="consent")
    world._room.settings.latency_s = 0.05
    with smsframe.connect(world) as client:
        client.settings = replace(send_settings, consent_quiet_s=0.2)
        results = checked(make_people(300), "require", client=client)
    assert set(codes(results)) == {("not_attempted", "consent_unknown")}
    assert len(asked(world)) < 300
    assert results["sms_error"].str.contains("silent or busy for too long").all()


@pytest.mark.parametrize("form", ["429", "503"])
def test_busy__is_waited_for(world, form):
    """Too many calls at a time is no answer: it is asked again, after what the service asks for."""
    fault = world.faults.add("too_many", path="consent", on=[1, 2, 5], form=form, retry_after=0)
    assert codes(checked(make_people(20))) == HELD
    assert fault.struck == 3


def test_busy__for_too_long(world):
    """A service that wants to be asked in an hour is not waited for."""
    world.faults.add("too_many", path="consent", retry_after=3600)
    results = checked(make_people(20), "require")
    assert set(codes(results)) == {("not_attempted", "consent_unknown")}


def test_token__is_renewed(world):
    """A token that expires while it is asked is renewed, and nobody is lost."""
    world.faults.add("expire_token", path="consent", on=5)
    assert codes(checked(make_people(20))) == HELD


def test_denied__is_an_error_before_anything_is_sent(world):
    """Who may not ask sends nothing, and the table says why."""
    world.switches.database = False
    with pytest.raises(AccessError, match="Nothing was sent: nobody's consent could be asked"):
        checked(make_people(20))
    table = smsframe.last_results()
    assert set(codes(table)) == {("not_attempted", "forbidden")}
    assert (texted(world), len(smsframe.runs())) == ([], 0)
    assert len(asked(world)) <= 10


@pytest.mark.skipif(not hasattr(signal, "raise_signal"), reason="signals as POSIX has them")
def test_interrupt__sends_nothing(world):
    """A stop while it is asked ends it: nothing was sent, and the same send again goes on."""
    people, seen = make_people(20), []

    def told(progress):
        seen.append(progress)
        if progress.done >= 3 and len(seen) < 1000:
            seen.extend([progress] * 1000)
            signal.raise_signal(signal.SIGINT)

    world._room.settings.latency_s = 0.02
    with pytest.raises(KeyboardInterrupt, match="nothing was sent"):
        checked(people, progress=told)
    assert set(codes(smsframe.last_results())) == {("not_attempted", "interrupted")}
    assert (texted(world), len(smsframe.runs())) == ([], 0)
    assert codes(checked(people)) == HELD


def test_progress__that_fails_sends_nothing(world):
    """A fault of the caller's own function ends it before anything is sent, with a table."""

    def told(progress):
        if progress.done >= 5:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        checked(make_people(20), progress=told)
    assert set(codes(smsframe.last_results())) == {("not_attempted", "failed")}
    assert (texted(world), len(smsframe.runs())) == ([], 0)
    assert codes(checked(make_people(20))) == HELD


def test_progress__of_the_asking_is_one(world):
    """A function is given the people asked, then the messages sent; never more than there are."""
    seen = []
    checked(make_people(20), progress=seen.append)
    asking = [each for each in seen if "consent asked" in each.shown]
    sending = [each for each in seen if "consent asked" not in each.shown]
    assert (asking[0].done, asking[-1].done, asking[-1].total) == (0, 20, 20)
    assert asking[-1].shown == {"consent asked": 20, "held back": 8}
    assert (sending[-1].done, sending[-1].total, sending[-1].accepted) == (12, 12, 12)
    assert all(each.accepted == 0 for each in asking)


def test_dry_run_and_plan__ask_nobody(world):
    """A dry run asks nothing; a plan says how many calls it would take."""
    people = pd.concat([make_people(20)] * 2, ignore_index=True)
    people["FirstName"] += people.index.astype(str)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", smsframe.PlanWarning)
        results = checked(people, dry_run=True)
    assert set(results["sms_status"]) == {"planned"}
    made = smsframe.plan(people, TEXT, program="148372", phone="mobile", check_consent=True,
                         consent_database=DATABASE)  # fmt: skip
    assert "consent: asked before anything is sent, up to 20 calls" in repr(made)
    assert asked(world) == []


def test_send_test__asks_nobody(world):
    """A test goes to numbers that its sender has named; no rule holds it back."""
    made = make_people(20).sms.plan(
        TEXT, program="148372", phone="mobile", check_consent=True, consent_database=DATABASE
    )
    made.send_test(fictional_phones(1, 50), progress=False)
    assert asked(world) == []


def test_confirm__is_the_number_of_the_plan(world):
    """What the plan said may be confirmed, though fewer go out; so may it again, and no other."""
    people = make_people(20)
    with pytest.raises(InputError, match="confirm=21"):
        checked(people, confirm=21)
    assert asked(world) == []
    assert codes(checked(people, confirm=20)) == HELD
    assert codes(checked(people, confirm=20)) == HELD
    with pytest.raises(InputError, match="confirm=7"):
        checked(people[12:16], confirm=7)


def test_nearly_the_same__is_judged_without_who_is_held_back(world):
    """Two of twenty had the text, but of those who may have it they are most."""
    send(make_people(3), "Hi %%FirstName%%, your large parcel has been shipped.")
    everybody = pd.concat([make_people(3), make_people(8, start=12)], ignore_index=True)
    with pytest.raises(InputError, match="3 of these 3 messages"):
        checked(everybody, text="Hi %%FirstName%%, your large parcel has been sent.")
    assert len(texted(world)) == 3


def test_unknown_rows__stay_unknown(world):
    """Who may have had it before stays so, also when consent holds the repetition back."""
    world.faults.add("drop_after", on=1)
    people = make_people(4)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        send(people)
    world.load_contacts(people.assign(consent="no"))
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        results = checked(people, resend_unknown=True)
    assert set(results["sms_status"]) == {"unknown"}


def test_in_flight__ten_in_all_with_others_sending(send_settings):
    """However many send meanwhile, never more than ten calls are with the service."""
    with smsframe.Sandbox(anyone=True, latency_s=0.01) as sandbox:
        clients = [smsframe.connect(sandbox) for _ in range(3)]
        for client in clients:
            client.settings = send_settings
        failed = []

        def work(number):
            try:
                for turn in range(2):
                    done = send(
                        make_people(40, start=100 * number + 50 * turn),
                        client=clients[number % 2],
                        campaign=f"other {number} {turn}",
                    )
                    assert set(done["sms_status"]) == {"accepted"}
            except BaseException as error:  # noqa: BLE001 - on a thread it would be shown to nobody
                failed.append(error)

        others = [threading.Thread(target=work, args=(n,)) for n in range(10)]
        for thread in others:
            thread.start()
        results = checked(make_people(200, start=2000), client=clients[2])
        for thread in others:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in others)
        assert failed == []
        assert set(results["sms_status"]) == {"accepted"}
        calls = sandbox.requests()
        assert len(asked(sandbox)) == 200
        assert calls["in_flight"].max() == 10
        assert not (calls["status"] == 429).any()
        for client in clients:
            client.close()


@pytest.mark.parametrize("fault", ["denied", "status", "drop_before", "stopped"])
def test_leaks__no_phone_in_logs_errors_and_tracebacks(world, caplog, fault):
    """The phone is in the address of the call, and nowhere else."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    people = make_people(20)
    shown = ""
    if fault == "denied":
        world.switches.user = False
    elif fault == "stopped":
        world.faults.add("delay", path="consent", seconds=0.05)
    else:
        world.faults.add(fault, path="consent")

    def told(progress):
        if fault == "stopped" and not texted(world):
            signal.raise_signal(signal.SIGINT)

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            results = checked(people, progress=told)
        except (smsframe.SmsframeError, KeyboardInterrupt) as error:
            told_all = traceback.TracebackException.from_exception(error, capture_locals=True)
            shown = "".join(told_all.format())
            frames = [f.filename for f in told_all.stack]
            assert not any("/smsframe/" in name for name in frames)
        else:
            shown = " ".join(results["sms_error"].dropna())
    shown += caplog.text + "".join(str(each.message) for each in warned)
    numbers = [number[1:] for number in people["mobile"]]
    ours = shown.split("people =")[0]  # the caller's own frame
    assert not any(number in ours + caplog.text for number in numbers)
