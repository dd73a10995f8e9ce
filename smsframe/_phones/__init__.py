"""Cells of a phone column to numbers, or to what is wrong with them."""

from __future__ import annotations
