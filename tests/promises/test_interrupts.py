"""Stop: Ctrl-C in a terminal and ■ in a notebook, once and twice, and what is left then.

Once: no new batch, those in flight are waited for and settled. Twice: nobody is waited for any
more, and what was in flight is unknown. Either way `KeyboardInterrupt` is raised, the table is
kept, and no thread goes on. Tried in this process, in a child that gets real signals, and in a
real Jupyter kernel.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel
from samples import make_people

import smsframe
from smsframe._acoustic.watchdog import Watchdog
from smsframe._base import forks
from smsframe._base.send_settings import SendSettings
from smsframe._composer.background import Background
from smsframe._send.cancellation import counted_interrupts
from smsframe._send.delivery import Stop

PROCESSES = Path(__file__).parents[1] / "processes"
TEXT = "Hi %%FirstName%%."

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


def send(people, **options):
    """Send through the default client."""
    return smsframe.send(people, TEXT, program="148372", phone="mobile", **options)


def threads_of_ours():
    """Name the threads of a send that still run: those of its workers have a number."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if re.fullmatch(r"smsframe-\d+", name)]


@pytest.mark.parametrize(("signals", "asked"), [(1, 1), (2, 2)])
def test_counted_interrupts__count(signals, asked):
    """The first two interrupts are counted and wake the loop, but raise nothing."""
    stop, woken = Stop(), []
    with counted_interrupts(stop, lambda: woken.append(1)):
        for _ in range(signals):
            signal.raise_signal(signal.SIGINT)
    assert stop.asked == len(woken) == asked


def test_counted_interrupts__third():
    """A third interrupt raises at once, and the handler before is in place again afterwards."""
    stop, before = Stop(), signal.getsignal(signal.SIGINT)
    with counted_interrupts(stop, lambda: None):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert stop.asked == 3
    assert signal.getsignal(signal.SIGINT) is before


def test_counted_interrupts__in_another_thread():
    """Outside the main thread there are no signals, and nothing is changed."""
    seen, before = [], signal.getsignal(signal.SIGINT)

    def work():
        with counted_interrupts(Stop(), lambda: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.fixture
def send_settings():
    """Make few people several batches."""
    return SendSettings(batch_size=4)


@pytest.fixture
def stopped_after():
    """Interrupt this process when so many messages are settled."""

    def progress_of(messages, signals):
        def progress(done):
            while done.done >= messages and signals:
                signal.raise_signal(signals.pop())

        return progress

    return progress_of


def test_send__interrupted_in_this_process(sandbox, client, stopped_after):
    """One interrupt: an error that says how it stands, a complete table, and the rest goes on."""
    people = make_people(100)
    with pytest.raises(KeyboardInterrupt, match="last_results"):
        send(people, progress=stopped_after(4, [signal.SIGINT]))
    table = smsframe.last_results()
    out = set(sandbox.outbox()["to"])
    assert set(table["sms_status"]) == {"accepted", "not_attempted"}
    assert set(table[table["sms_status"] == "accepted"]["sms_contact"]) == out
    assert set(table["sms_code"].dropna()) == {"interrupted"}
    assert len(out) < 100
    assert threads_of_ours() == []
    again = send(people, progress=False)
    assert set(again["sms_status"]) == {"accepted"}
    assert len(sandbox.outbox()) == 100


def test_send__interrupted_at_the_very_end(sandbox, client, stopped_after):
    """An interrupt after the last answer still stops what would come after the cell."""
    with pytest.raises(KeyboardInterrupt, match="8 accepted"):
        send(make_people(8), progress=stopped_after(8, [signal.SIGINT]))
    assert set(smsframe.last_results()["sms_status"]) == {"accepted"}


def test_send__torn_away_in_this_process(sandbox, client, stopped_after):
    """Three interrupts at once: the table is kept all the same, and running again is safe."""
    people = make_people(60)
    with pytest.raises(KeyboardInterrupt):
        send(people, progress=stopped_after(8, [signal.SIGINT] * 3))
    table = smsframe.last_results()
    assert table["sms_code"].notna().sum() + (table["sms_status"] == "accepted").sum() == 60
    assert threads_of_ours() == []
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        again = send(people, progress=False)
    assert set(again["sms_status"]) == {"accepted", "unknown"}
    assert not sandbox.outbox()["to"].duplicated().any()


def interrupted(fault, signals, pause_s=0.3):
    """Run the child, interrupt it, and return its report and the seconds from stop to end."""
    command = [sys.executable, str(PROCESSES / "interrupted_process.py"), json.dumps(fault)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout.readline() == "go\n"
        for _ in range(signals):
            time.sleep(pause_s)
            child.send_signal(signal.SIGINT)
        began = time.perf_counter()
        out = child.communicate(timeout=60)[0]
    return json.loads(out.splitlines()[-1]), time.perf_counter() - began


def test_terminal__one_interrupt():
    """Ctrl-C: what is in flight is settled, the rest says why not, no thread is left."""
    report, _ = interrupted({}, 1)
    accepted = report["statuses"]["accepted"]
    assert report["ending"].startswith(f"Stopped: {accepted}")
    assert report["statuses"] == {"accepted": accepted, "not_attempted": 500 - accepted}
    assert report["outbox"] == accepted < 500
    assert report["reasons"] == ["interrupted"]
    assert report["without a reason"] == report["repeats"] == 0
    assert report["threads"] == []


def test_terminal__two_interrupts():
    """Ctrl-C twice while nothing answers: what is in flight is unknown, and it ends promptly."""
    report, seconds = interrupted({"kind": "hang"}, 2)
    assert report["statuses"] == {"unknown": 5, "not_attempted": 495}
    assert report["reasons"] == ["interrupted"]
    assert report["without a reason"] == report["repeats"] == 0
    assert report["threads"] == []
    assert seconds < 10


CELL = """
import sys; sys.path[:0] = {paths!r}
from samples import make_people
import smsframe
from smsframe._acoustic.watchdog import Watchdog
from smsframe._base import forks
from smsframe._base.send_settings import SendSettings
from smsframe._composer.background import Background
sandbox = smsframe.Sandbox(anyone=True, latency_s=0.1).start()
{fault}
client = smsframe.connect(sandbox, max_in_flight=4)
client.settings = SendSettings(batch_size=5)
def progress(done):
    if done.done == 0:
        print('go', flush=True)
smsframe.send(make_people(500), 'Hi %%FirstName%%.', program='148372', phone='mobile',
              progress=progress)
"""
TELL = """
import sys; sys.path[:0] = {paths!r}
sys.path.insert(0, {processes!r})
from interrupted_process import report
report(sandbox, 'told')
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """Start a Jupyter kernel with folders and a journal of its own."""
    home = tmp_path_factory.mktemp("jupyter")
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    environment = os.environ | {name: str(home / name.lower()) for name in names}
    environment |= {"SMSFRAME_JOURNAL": str(home / "journal.sqlite3")}
    manager, client = start_new_kernel(env=environment)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def execute(kernel, code, on_text=len):
    """Run a cell; returns what it printed and the name of the error it ended with."""
    _, client = kernel
    asked, printed, error = client.execute(code), "", None
    while True:
        message = client.get_iopub_msg(timeout=60)
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != asked:
            continue
        if kind == "stream":
            printed += content["text"]
            on_text(content["text"])
        if kind == "error":
            error = content["ename"]
        if kind == "status" and content["execution_state"] == "idle":
            return printed, error


@pytest.mark.parametrize(
    ("fault", "signals", "status"),
    [
        pytest.param("", 1, "accepted", id="once"),
        pytest.param("sandbox.faults.add('hang')", 2, "unknown", id="twice"),
    ],
)
def test_notebook__interrupted(kernel, fault, signals, status):
    """■ in a running cell: KeyboardInterrupt, and the next cell finds a complete table."""
    manager, _ = kernel
    paths = [str(PROCESSES.parent), str(PROCESSES.parent.parent)]

    def interrupt(text):
        if "go" in text:
            for _ in range(signals):
                time.sleep(0.3)
                manager.interrupt_kernel()

    _, error = execute(kernel, CELL.format(paths=paths, fault=fault), interrupt)
    assert error == "KeyboardInterrupt"
    tell = TELL.format(paths=paths, processes=str(PROCESSES)) + "\nsandbox.stop()\n"
    printed, error = execute(kernel, tell)
    assert error is None
    report = json.loads(printed.splitlines()[-1])
    assert set(report["statuses"]) == {status, "not_attempted"}
    assert sum(report["statuses"].values()) == report["rows"] == 500
    assert report["without a reason"] == report["repeats"] == 0
    assert report["threads"] == []


def interrupted_at_call(work, after):
    """Interrupt work at its n-th call of a Python function; return whether there were so many."""
    calls = 0

    def step(_, event, __):
        nonlocal calls
        calls += event == "call"
        if calls == after:
            sys.setprofile(None)
            raise KeyboardInterrupt

    # An error of threading's own comes when the start of a thread is interrupted.
    with contextlib.suppress(KeyboardInterrupt, RuntimeError):
        try:
            sys.setprofile(step)
            work()
        finally:
            sys.setprofile(None)
    return calls >= after


class Expiring:
    """An exchange whose time may be up."""

    def expire(self):
        """End."""


def watch_an_exchange():
    """Have the time of an exchange looked after, by a watchdog of its own."""
    watchdog = Watchdog()

    def watch():
        exchange = Expiring()
        watchdog.watch(exchange, 0.1)
        watchdog.let_go(exchange)

    return watch


def count_anew():
    """Have a composer's totals counted."""
    background = Background(0.0, pytest.fail)

    def count():
        background.ask(lambda: None, now=True)
        background.wait(5.0)

    return count


def hold_forks_back():
    """Do what must not be cut in two by a fork."""

    def hold():
        with forks.unforked():
            pass

    return hold


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # in a callback
@pytest.mark.parametrize("made", [watch_an_exchange, count_anew, hold_forks_back])
def test_locks__are_given_back_wherever_an_interrupt_comes(made):
    """What threads share can be used by another thread after an interrupt at any call."""
    for after in range(1, 100):
        work = made()
        was_reached = interrupted_at_call(work, after)
        again = threading.Thread(target=work, daemon=True)
        again.start()
        again.join(10)
        assert not again.is_alive(), f"held since call {after}"
        if not was_reached:
            break
    assert after > 3
