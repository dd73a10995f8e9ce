"""The journal in a PostgreSQL database, for a team; only this package uses psycopg."""

from __future__ import annotations
