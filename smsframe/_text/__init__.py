"""Values and templates to texts, and what a text costs."""

from __future__ import annotations
