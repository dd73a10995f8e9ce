"""``--sending-hours``: hours as text, or a file of them by country and weekday.

In a file hours are written as in Python, as JSON or TOML::

    [US]
    mon-fri = "08:00-20:00"
    sat = "10:00-18:00"
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from smsframe.errors import InputError

_READERS = {".json": json.loads, ".toml": tomllib.loads}


def sending_hours(given: str | None) -> Any:
    """Return what ``--sending-hours`` says; a name that ends in .json or .toml is a file."""
    path = Path(given or "")
    reader = _READERS.get(path.suffix.lower())
    if given is None or reader is None:
        return given
    try:
        read = reader(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"--sending-hours {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # both readers' own errors, and bytes that are not UTF-8
        raise InputError(f"--sending-hours {path} cannot be read: {error}.") from error
    if not isinstance(read, dict):
        raise InputError(f"--sending-hours {path} holds no mapping of countries to hours.")
    return read
