"""serve(): a process of its own that says how to reach it and ends when told to."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest
import requests

SERVE = "import sys; from smsframe.sandbox import serve; serve(*eval(sys.argv[1]))"


@pytest.fixture
def served(tmp_path):
    """Give a function that serves a sandbox in another process and returns it and its greeting."""
    processes = []

    def serve(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, repr(arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        greeting = ""
        while "Ctrl-C" not in greeting and (line := process.stdout.readline()):
            greeting += line
        return process, greeting

    yield serve
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve__until_told_to_end(served, tmp_path, number):
    """Address, credentials and calls to paste are printed; a signal ends it in good order."""
    contacts = tmp_path / "people.csv"
    contacts.write_text("FirstName,Mobile,consent\nAnn,12015550101,yes\nBo,12015550102,no\n")
    process, greeting = served(0, str(contacts), False, str(tmp_path / "world.sqlite3"))
    base_url = re.search(r"http://127\.0\.0\.1:\d+", greeting)[0]
    assert "2 contacts loaded; no other number is messaged." in greeting
    credentials = dict(re.findall(r"-d (\w+)=(\S+)", greeting))
    token = requests.post(f"{base_url}/oauth/token", data=credentials, timeout=10).json()
    body = re.search(r"-d '(\{.*?\})'", greeting, re.DOTALL)[1].replace("0123", "0101")
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    sends = f"{base_url}/rest/channels/sms/sends"
    assert requests.post(sends, data=body, headers=headers, timeout=10).status_code == 202
    outbox = requests.get(f"{base_url}/sandbox/outbox", timeout=10).json()
    assert [message["text"] for message in outbox] == ["Hello Ann!"]
    process.send_signal(number)
    assert process.wait(timeout=10) == 0
    assert process.stderr.read() == ""


def test_serve__no_phone_column(served, tmp_path):
    """A file without a plain phone column is refused, naming the columns."""
    contacts = tmp_path / "people.csv"
    contacts.write_text("FirstName,consent\nAnn,yes\n")
    process, greeting = served(0, str(contacts))
    assert greeting == ""
    assert process.wait(timeout=10) != 0
    assert "No phone column among 'FirstName', 'consent'" in process.stderr.read()
