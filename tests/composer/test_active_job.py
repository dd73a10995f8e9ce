"""A composer's send and the rest of the kernel: other screens, code, the notebook's ■."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest
from composer.test_compose import TEXT, WAIT_S, calls, opened, send_all, words
from jupyter_client import KernelManager
from samples import make_people
from waiting import until

import smsframe
from smsframe._widgets import active_job, interrupt
from smsframe._widgets.send_job import Dispatch

PROGRAM = "148372"


@pytest.fixture
def slow(sandbox, client):
    """Return a composer of 2,500 people whose three calls take a while, one after the other."""
    client.max_in_flight = 1
    sandbox.faults.add("delay", every=1, seconds=0.3)
    return opened(make_people(2500), TEXT, program=PROGRAM, confirm_over=5000)


def begin(made):
    """Press both buttons and wait until the send goes on."""
    made.send.send.click()
    made.send.question.yes.click()
    assert active_job.current() is not None


# --- other screens -----------------------------------------------------------------------


def test_underway__screen_made_in_mid_send(slow, sandbox):
    """A cell that is run again in mid send shows the send with its bar and a Stop that works."""
    sandbox.faults.clear()
    sandbox.faults.add("delay", every=1, seconds=2.0)  # a busy machine makes the screen slowly
    begin(slow)
    until(lambda: len(sandbox.outbox()))
    again = smsframe.compose(make_people(2500), TEXT, program=PROGRAM, confirm_over=5000)
    assert "This notebook is sending 2,500 messages" in words(again.send.notes)
    assert (again.send.send.description, again.send.send.disabled) == ("A send is under way", True)
    assert again.send.stop.layout.display is None
    assert "progress" in again.send.bar.value
    assert "2,500 messages 2,500 segments" in words(again.check.totals)
    assert "may have gone out" not in words(again.check.totals)
    assert "a send was under way" in repr(again)
    again.send.stop.click()
    assert slow.send.stop.disabled
    assert again.wait(WAIT_S)
    assert again.results is slow.results is not None
    left = int((slow.results["sms_status"] == "not_attempted").sum())
    assert left == 2500 - len(sandbox.outbox()) > 0
    for made in (slow, again):
        assert made.wait(WAIT_S)
        assert made.send.send.description == f"Send the remaining {left:,} messages"
        assert not made.send.send.disabled
        assert made.send.stop.layout.display == "none"


def test_underway__screen_of_another_message(slow, sandbox):
    """A screen of other people cannot send meanwhile, hears of the end and can send then."""
    other = opened(make_people(3), "Bye", program=PROGRAM)
    other.send.send.click()
    begin(slow)
    assert other.send.question.box.layout.display == "none"
    other.send.question.yes.click()
    other.send.send.click()
    assert other.send.once.state == "ready"
    assert slow.wait(WAIT_S)
    assert other.wait(WAIT_S)
    assert len(sandbox.outbox()) == 2500
    assert "2,500" not in words(other.send.outcome)
    assert other.results is None
    assert other.send.send.description == "Send 3 messages"
    send_all(other)
    assert len(sandbox.outbox()) == 2503
    assert slow.send.once.state == "sent"
    assert words(slow.send.outcome).startswith("Done: 2,500 accepted.")


@pytest.mark.parametrize(
    ("campaign", "name"),
    [
        pytest.param("A", "campaign A", id="campaign"),
        pytest.param("", "“Hi %%FirstName%%, your order has shippe…”", id="text"),
    ],
)
def test_underway__other_send_is_named_and_never_taken_for_ones_own(campaign, name, slow):
    """It is named while it goes on and by its Stop; its end is said without a bar, till an edit."""
    other = opened(make_people(3), "Bye", program=PROGRAM, campaign="B")
    slow.map.campaign.value = campaign
    assert slow.wait(WAIT_S)
    begin(slow)
    notes = words(other.send.notes)
    assert notes.startswith(f"Another screen of this notebook is sending ({name}): 2,500 messages")
    assert notes.endswith("no other campaign can be sent from here; a try still can.")
    assert other.send.stop.description == f"Stop the other send ({name})"
    assert slow.send.stop.description == "Stop"
    other.send.stop.click()
    assert words(other.send.notes).startswith(f"The other send ({name}): Stopping")
    assert slow.wait(WAIT_S)
    assert other.wait(WAIT_S)
    assert words(other.send.outcome) == f"The other send ({name}) has ended."
    assert other.send.bar.value == ""
    other.write.editor.text = "Bye!"
    assert other.send.outcome.value == ""
    assert "accepted" in words(slow.send.outcome)


def test_underway__new_message_in_mid_send(slow, sandbox):
    """Whoever writes the next message while another screen sends is told why it has to wait."""
    done = opened(make_people(3), "Bye", program=PROGRAM)
    send_all(done)
    assert slow.wait(WAIT_S)
    begin(slow)
    done.send.new.click()
    assert "Another screen of this notebook is sending" in words(done.send.notes)
    assert done.send.stop.layout.display is None
    done.send.stop.click()
    assert slow.wait(WAIT_S)


def test_underway__one_at_a_time(slow):
    """A second send is not begun, whoever asks for it."""
    begin(slow)
    second = Dispatch(slow.send.dispatch.plan, slow.send.dispatch.client, 2500)
    assert not active_job.begin(second)
    assert second.wait(0)
    slow.send.stop.click()
    assert slow.wait(WAIT_S)


def test_underway__a_send_that_cannot_start(slow, monkeypatch):
    """A thread that cannot be had leaves no send behind, and the reason stands there."""
    monkeypatch.setattr(Dispatch, "start", lambda *_: 1 / 0)
    slow.send.send.click()
    slow.send.question.yes.click()
    assert active_job.current() is None
    assert isinstance(slow.error, ZeroDivisionError)
    assert slow.send.once.state == "ready"


def test_underway__a_screen_that_fails(slow, monkeypatch):
    """What goes wrong in one screen is shown there, and keeps no other from being told."""
    first = opened(make_people(3), "Bye", program=PROGRAM)
    monkeypatch.setattr(first.send, "ended", lambda _: 1 / 0)
    begin(slow)
    slow.send.stop.click()
    assert slow.wait(WAIT_S)
    assert "ZeroDivisionError" in words(first.send.errors)
    assert words(slow.send.outcome).startswith("Stopped:")


# --- sends by code -----------------------------------------------------------------------


def test_ask__all_was_sent_by_code(client, sandbox):
    """The click counts anew: a number that is out of date is not asked about."""
    made = opened(make_people(3), TEXT, program=PROGRAM)
    made.plan.send(progress=False)
    assert made.send.send.description == "Send 3 messages"
    made.send.send.click()
    assert made.send.once.state == "ready"
    assert words(made.send.outcome) == "Nothing was sent: 3 accepted already."
    assert (made.send.send.description, made.send.send.disabled) == ("Nothing to send", True)
    assert calls(sandbox) == 1


def test_ask__some_were_sent_by_code(client, sandbox):
    """The new number is said, and the next click asks about it."""
    made = opened(make_people(3), TEXT, program=PROGRAM)
    make_people(2).sms.send(TEXT, program=PROGRAM, phone="mobile", progress=False)
    made.send.send.click()
    assert "1 message would go out now" in words(made.send.outcome)
    send_all(made)
    assert words(made.send.outcome).startswith("Done: 3 accepted.")
    assert len(sandbox.outbox()) == 3


def test_yes__all_was_sent_by_code(client, sandbox):
    """After the question: the answer does not claim to have sent what code has sent."""
    made = opened(make_people(3), TEXT, program=PROGRAM)
    made.send.send.click()
    made.plan.send(progress=False)
    made.send.question.yes.click()
    assert made.wait(WAIT_S)
    assert words(made.send.outcome).startswith("Nothing was sent: 3 accepted already.")
    assert calls(sandbox) == 1


def test_plan__no_program_chosen(client, sandbox):
    """Without a program there are totals to look at, and no plan to send."""
    made = opened(make_people(3), TEXT)
    assert "3 messages to send" in words(made.check.totals)
    with pytest.raises(smsframe.InputError, match="program="):
        _ = made.plan
    assert calls(sandbox) == 0


# --- the notebook's ■ --------------------------------------------------------------------


class Loop:
    """A kernel's loop that turns when told to."""

    def __init__(self):
        self.later = []

    def call_later(self, _, callback):
        """Keep a callback for the next turn."""
        self.later.append(callback)

    def turn(self):
        """Call what waits."""
        waiting, self.later = self.later, []
        for callback in waiting:
            callback()


@pytest.fixture
def ignored():
    """Ignore SIGINT, as an idle kernel does."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def test_interrupt__set_and_put_back(ignored):
    """The handler is there between messages only, for as long as a send goes on."""
    loop, sending, stopped = Loop(), [Dispatch(None, None, 1)], []
    keeper = interrupt._Keeper(loop, lambda: next(iter(sending), None), lambda: stopped.append(1))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a cell runs
    keeper.look()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    loop.turn()
    os.kill(os.getpid(), signal.SIGINT)
    assert sending[0].stopped
    assert stopped == []
    loop.turn()
    assert stopped == [1]
    sending.clear()
    loop.turn()
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert loop.later == []


def test_interrupt__send_that_ends_while_a_cell_runs(ignored):
    """The cell keeps its handler; ours, which comes back after it, is taken away then."""
    loop, sending = Loop(), [Dispatch(None, None, 1)]
    keeper = interrupt._Keeper(loop, lambda: next(iter(sending), None), lambda: None)
    keeper.look()
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    sending.clear()
    loop.turn()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, ours)
    loop.turn()
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert loop.later == []


def test_interrupt__asks_the_loop_of_a_kernel(monkeypatch):
    """In a kernel its loop is asked to look; in a shell without one nothing is."""
    asked = []
    loop = SimpleNamespace(add_callback=asked.append)
    kernel = SimpleNamespace(kernel=SimpleNamespace(io_loop=loop))
    for shell in (kernel, SimpleNamespace(), None):
        module = SimpleNamespace(get_ipython=lambda shell=shell: shell)
        monkeypatch.setitem(sys.modules, "IPython", module)
        interrupt.listen(lambda: None, lambda: None)
    (look,) = asked
    assert look.__func__ is interrupt._Keeper.look


def test_interrupt__pressed_when_nothing_is_sent(ignored):
    """A handler that is still there when the send is over stops nothing that comes later."""
    sending = []
    keeper = interrupt._Keeper(Loop(), lambda: next(iter(sending), None), lambda: None)
    keeper._handle()
    sending.append(Dispatch(None, None, 1))
    assert not sending[0].stopped


def test_interrupt__nothing_to_do(ignored):
    """A send that was over before the loop came round leaves everything as it was."""
    loop = Loop()
    interrupt._Keeper(loop, lambda: None, lambda: None).look()
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert loop.later == []


SENDING = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import smsframe
from samples import make_people
sandbox = smsframe.Sandbox(anyone=True)
sandbox.start()
client = smsframe.connect(sandbox)
client.max_in_flight = 1
sandbox.faults.add("delay", every=1, seconds=0.5)
composer = make_people(6000).sms.compose("Hi", program="148372", confirm_over=9000)
composer.wait()
composer.send.send.click()
composer.send.question.yes.click()
import time
while "1,000 of" not in composer.send.bar.value:
    time.sleep(0.02)
"""
STOPPED = """
import signal
assert composer.wait(20)
assert composer.send.dispatch.stopped
left = int((composer.results["sms_status"] == "not_attempted").sum())
assert 0 < left < 5001, left
assert "Stopped" in composer.send.outcome.value
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kernels are interrupted by an event there")
def test_interrupt__in_a_kernel(tmp_path):
    """■ pressed in a real kernel between two cells stops the send in good order, as Stop does."""
    environment = {**os.environ, "SMSFRAME_JOURNAL": str(tmp_path / "kernel.sqlite3")}
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=environment, cwd=str(tmp_path))
    kernel = manager.client()
    kernel.start_channels()
    try:
        kernel.wait_for_ready(timeout=30)
        run(kernel, SENDING)
        wait_for_handler(kernel)
        manager.interrupt_kernel()
        run(kernel, STOPPED)
        wait_for_handler(kernel, there=False)
    finally:
        kernel.stop_channels()
        manager.shutdown_kernel(now=True)


def wait_for_handler(kernel, *, there=True):
    """Wait until the idle kernel has the handler, or has it no longer."""
    sign = "!=" if there else "=="
    code = f"assert get_ipython().kernel.saved_sigint_handler {sign} signal.SIG_IGN"

    def is_so():
        return not kernel_error(kernel, f"import signal\n{code}")

    until(is_so)


def run(kernel, code):
    """Run code in the kernel; its exception is the test's."""
    failure = kernel_error(kernel, code)
    assert not failure, failure


def kernel_error(kernel, code):
    """Run code in the kernel and return its exception."""
    answer = kernel.execute_interactive(
        textwrap.dedent(code), output_hook=lambda _: None, timeout=60
    )
    content = answer["content"]
    return "" if content["status"] == "ok" else f"{content['ename']}: {content['evalue']}"
