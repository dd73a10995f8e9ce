"""What happened, and what became of it since."""

from __future__ import annotations
