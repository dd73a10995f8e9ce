"""The parts of the composer's screen, one file a panel."""

from __future__ import annotations
