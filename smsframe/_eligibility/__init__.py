"""Who must not get a message now, whatever the plan says."""

from __future__ import annotations
