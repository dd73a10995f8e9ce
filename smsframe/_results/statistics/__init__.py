"""Statistics of tests between texts: on plain counts and numbers; no frame, no message."""

from __future__ import annotations
