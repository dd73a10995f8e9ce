"""Properties that are computed once, without a lock."""

from __future__ import annotations

import threading

from smsframe._base.lazy import lazy


class Thing:
    """Something with a property that says when it is computed."""

    def __init__(self, go_on):
        self.begun, self.go_on, self.times = threading.Event(), go_on, 0

    @lazy
    def answer(self):
        """The answer."""
        self.times += 1
        self.begun.set()
        assert self.go_on.wait(10)
        return 42


def test_lazy__computed_once():
    """The value is kept; the class gives the property itself."""
    go_on = threading.Event()
    go_on.set()
    thing = Thing(go_on)
    assert (thing.answer, thing.answer, thing.times) == (42, 42, 1)
    assert Thing.answer.__doc__ == "The answer."


def test_lazy__nobody_waits_for_another_object():
    """One object's answer does not wait for another's: a forked child would wait for ever."""
    slow, quick = Thing(threading.Event()), Thing(threading.Event())
    quick.go_on.set()
    thread = threading.Thread(target=lambda: slow.answer)
    thread.start()
    assert slow.begun.wait(10)
    asked = threading.Thread(target=lambda: quick.answer, daemon=True)
    asked.start()
    asked.join(5)
    assert not asked.is_alive()
    slow.go_on.set()
    thread.join()
