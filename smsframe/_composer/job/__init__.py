"""The send of a composer: confirmed once, under way, stopped."""

from __future__ import annotations
