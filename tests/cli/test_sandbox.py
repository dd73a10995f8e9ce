"""The command and the sandbox: ``smsframe sandbox`` serves one, ``--sandbox`` sends to one."""

from __future__ import annotations

import io
import signal
import threading

import pandas as pd
import pytest
from samples import make_people

from smsframe import _connect
from smsframe.cli import commands
from smsframe.sandbox import command, serve


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Work in an empty directory, without a sandbox of the session; stop what starts."""
    started = {}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_connect, "_sandboxes", started)
    yield tmp_path
    for sandbox in started.values():
        sandbox.stop()


@pytest.fixture
def no_waiting(monkeypatch):
    """End a served sandbox as soon as it waits."""
    monkeypatch.setattr(command, "_wait_for_signal", lambda: None)


# --- smsframe sandbox --------------------------------------------------------------------


def test_sandbox__served_with_its_options(place, no_waiting, capsys):
    """Port, people, world and calling code reach the sandbox; ending it is exit code 0."""
    people = place / "people.csv"
    people.write_text("Mobile Number,consent\n2015550101,yes\n2015550102,no\n", encoding="utf-8")
    words = ["--port", "0", "--contacts", str(people), "--world", "world.sqlite3"]
    assert commands.main(["sandbox", *words, "--calling-code", "1"]) == commands.ALL_ACCEPTED
    out = capsys.readouterr().out
    assert "smsframe sandbox on http://127.0.0.1:" in out
    assert "2 contacts loaded; no other number is messaged." in out
    assert (place / "world.sqlite3").exists()
    assert commands.main(["sandbox", "--port", "0", "--anyone"]) == commands.ALL_ACCEPTED
    said = "No contacts loaded by this start; every other number counts as opted in."
    assert said in capsys.readouterr().out


def test_sandbox__port_is_taken(sandbox, no_waiting, capsys):
    """A port that is taken is a sentence and exit code 2."""
    port = sandbox.base_url.rpartition(":")[2]
    assert commands.main(["sandbox", "--port", port]) == commands.USAGE
    err = capsys.readouterr().err
    assert err.startswith("smsframe: The sandbox cannot start: ")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(None, "No such file", id="not there"),
        pytest.param("FirstName,consent\nAnn,yes\n", "Call one of them 'mobile'", id="no phones"),
    ],
)
def test_sandbox__people_that_cannot_be_read(place, no_waiting, capsys, content, sentence):
    """People that cannot be loaded are told of in a sentence; no sandbox is greeted."""
    if content is not None:
        (place / "people.csv").write_text(content, encoding="utf-8")
    assert commands.main(["sandbox", "--port", "0", "--contacts", "people.csv"]) == commands.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("smsframe: The sandbox cannot start: ")
    assert sentence in err


@pytest.mark.parametrize(
    ("columns", "chosen"),
    [
        pytest.param(["number", "Mobile"], "Mobile", id="the plainest"),
        pytest.param([" Phone Number ", "x"], " Phone Number ", id="spelling"),
        pytest.param(["cell"], "cell", id="cell"),
    ],
)
def test_phone_column(columns, chosen):
    """The column is found by its name in any spelling, the plainest name first."""
    assert command._phone_column(pd.DataFrame(columns=columns)) == chosen


def test_wait__on_the_main_thread_alone():
    """Elsewhere no signal would ever end it, so it is refused, and the sandbox stopped."""
    caught, out = [], io.StringIO()

    def serve_on_a_thread():
        try:
            serve(0, out=out)
        except RuntimeError as error:
            caught.append(str(error))

    thread = threading.Thread(target=serve_on_a_thread)
    thread.start()
    thread.join(20)
    assert caught == ["serve() waits for signals: call it from the main thread."]
    assert "Ctrl-C stops it." in out.getvalue()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_wait__puts_the_signals_back(number, monkeypatch):
    """Either signal ends the waiting, and both are left as they were found."""
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    pressed = type("Pressed", (), {"wait": lambda _: signal.raise_signal(number)})
    monkeypatch.setattr(command.threading, "Event", pressed)
    command._wait_for_signal()
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before


# --- --sandbox ---------------------------------------------------------------------------


def test_send__to_the_sandbox_of_this_machine(place):
    """With --sandbox no pod and no credentials are needed, and a rehearsal has its own journal."""
    make_people(3).to_csv("people.csv", index=False)
    words = ["send", "people.csv", "--sandbox", "--text", "Hi", "--program", "148372"]
    words += ["--phone", "mobile", "--confirm", "3"]
    assert commands.main(words) == commands.ALL_ACCEPTED
    (sandbox,) = _connect._sandboxes.values()
    assert len(sandbox.outbox()) == 3
    assert (place / "rehearsal.sqlite3").exists()
    assert not (place / "journal.sqlite3").exists()
