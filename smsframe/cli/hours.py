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
from typing import TYPE_CHECKING, Any

from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _json(text: str) -> Any:
    """Read JSON; a name that stands twice is refused, for the last one would win unseen."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"{twice[0]!r} stands there twice; keep one")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except RecursionError:
        raise ValueError("it is nested too deeply for hours") from None


_READERS: Mapping[str, Callable[[str], Any]] = {".json": _json, ".toml": tomllib.loads}


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
