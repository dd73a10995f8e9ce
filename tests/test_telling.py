"""The line under a send: it names the table by a name that the caller has."""

from __future__ import annotations

import signal

import pytest
from samples import make_people

import smsframe


def test_banner__of_a_send_that_ends(people, client, capsys):
    """A table that is returned is called as the README calls it."""
    people.loc[0, "mobile"] = "n/a"
    people.sms.send("Hi", program="148372", phone="mobile", progress=[].append)
    assert capsys.readouterr().out.endswith("1 invalid: results.sms.failed\n")


def test_banner__of_a_send_that_is_stopped(client, capsys):
    """A send that raises assigns no results, so the line names where the table is."""

    def stop(progress):
        if progress.accepted == 1000:
            signal.raise_signal(signal.SIGINT)

    people = make_people(1500)
    client.max_in_flight = 1
    with pytest.raises(KeyboardInterrupt):
        people.sms.send("Hi", program="148372", phone="mobile", progress=stop)
    assert capsys.readouterr().out.endswith("not attempted: smsframe.last_results().sms.failed\n")
    assert len(smsframe.last_results().sms.failed) >= 500
