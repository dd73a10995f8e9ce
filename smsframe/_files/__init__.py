"""Files to frames, and frames to files."""

from __future__ import annotations
