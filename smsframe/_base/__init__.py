"""What every other package may use: validation, masking, columns of results, bars, forks."""

from __future__ import annotations
