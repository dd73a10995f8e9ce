"""The line under a send: it names the table by a name that the caller has."""

from __future__ import annotations

import signal

import pytest
from samples import make_people

import smsframe

REFUSED = {"status": 400, "body": {"meta": {"generalErrors": ["Bad Request"]}}}


def test_banner__of_a_send_that_ends(people, client, capsys):
    """A table that is returned is called as the README calls it."""
    people.loc[0, "mobile"] = "n/a"
    people.sms.send("Hi", program="148372", phone="mobile", progress=[].append)
    assert capsys.readouterr().out.endswith("1 invalid · why, and what to do: results.sms.failed\n")


@pytest.mark.filterwarnings("ignore::smsframe.UnknownOutcomeWarning")
def test_banner__says_where_the_unknown_rows_are(people, client, capsys):
    """What may have gone out is looked at too, beside what failed and alone."""
    client.sandbox.faults.add("drop_after", every=1)
    people.sms.send("Hi", program="148372", phone="mobile", progress=[].append)
    assert capsys.readouterr().out.endswith(" unknown · why, and what to do: results.sms.unknown\n")
    people.loc[0, "mobile"] = "n/a"
    people.sms.send("Hello", program="148372", phone="mobile", progress=[].append)
    assert capsys.readouterr().out.endswith(
        "1 invalid · why, and what to do: results.sms.failed and results.sms.unknown\n"
    )


def test_banner__of_a_send_that_is_stopped(client, capsys):
    """A send that raises assigns no results, so the line names where the table is."""

    def stop(progress):
        if progress.accepted == 1000:
            signal.raise_signal(signal.SIGINT)

    people = make_people(1500)
    client.max_in_flight = 1
    with pytest.raises(KeyboardInterrupt):
        people.sms.send("Hi", program="148372", phone="mobile", progress=stop)
    assert capsys.readouterr().out.endswith(
        " · why, and what to do: smsframe.last_results().sms.failed\n"
    )
    assert len(smsframe.last_results().sms.failed) >= 500


def test_warning__speaks_of_the_run_and_of_no_row(people, client):
    """The sentence of a row is not that of a warning, and what is quoted ends before the fix."""
    client.sandbox.faults.add("status", every=1, **REFUSED)
    with pytest.warns(smsframe.IncompleteSendWarning) as caught:
        done = people.sms.send("Hi", program="148372", phone="mobile", progress=False)
    [warning] = [str(each.message) for each in caught]
    assert "The run stopped: Bad Request. The service could not read the call" in warning
    assert "this row" not in warning
    assert done["sms_error"].iloc[0].startswith("Bad Request. The service")


def test_confirm__names_what_is_unknown(client):
    """What may have gone out is not called dealt with, and a long number is not hidden."""
    people = make_people(5)
    client.sandbox.faults.add("drop_after", on=1)
    options = {"program": "148372", "phone": "mobile", "progress": False}
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        people.head(1).sms.send("Hi", **options)
    people.iloc[1:3].sms.send("Hi", **options)
    with pytest.raises(smsframe.InputError) as caught:
        people.sms.send("Hi", **options, confirm=1234567)
    assert str(caught.value).startswith(
        "confirm=1234567, but 2 messages would go out now (of 5 in the plan, 2 were accepted "
        "before, 1 are unknown and not repeated)."
    )
