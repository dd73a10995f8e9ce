"""Waiting for what happens on another thread or in another process: every wait has an end."""

from __future__ import annotations

import time


def until(told, seconds=30.0):
    """Wait until something is true, return it, and fail when it does not become so."""
    end = time.monotonic() + seconds
    while not (found := told()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)
    return found
