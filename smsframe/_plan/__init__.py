"""A frame and a text to a plan: what would go out to whom, and what is wrong."""

from __future__ import annotations
