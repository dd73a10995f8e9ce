"""The durable memory of what was sent; alone uses ``sqlite3``."""

from __future__ import annotations
