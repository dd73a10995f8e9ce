"""What people call a frame or a client of theirs, for the code that a screen writes down."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe import errors
from smsframe._base.notebook import shell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

_OF_A_NOTEBOOK = re.compile(r"_+(?:i*\d*|oh|dh|ih)")  # what IPython calls the last outputs
BETWEEN = tuple(f"{Path(file).parent}{os.sep}" for file in (errors.__file__, pd.__file__))


def name_of(thing: object, otherwise: str) -> str:
    """Return the name of an object where a screen is made: in a function, script or notebook.

    The callers are asked from the inside out, each for its own names and those of its module; what
    lies between (ourselves, pandas) is left out.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - callers are nowhere else
    while frame is not None:
        if not frame.f_code.co_filename.startswith(BETWEEN):
            name = _name_in(frame.f_locals, thing) or _name_in(frame.f_globals, thing)
            if name:
                return name
        frame = frame.f_back
    return _name_in(getattr(shell(), "user_ns", {}), thing) or otherwise


def value_of(name: str) -> Any:
    """Return what a name of the notebook stands for now; None where there is no such name."""
    return getattr(shell(), "user_ns", {}).get(name)


def _name_in(names: Mapping[str, Any], thing: object) -> str | None:
    """Return the first name that stands for an object, a public one if there is any."""
    found = [name for name, value in list(names.items()) if value is thing and name.isidentifier()]
    found = [name for name in found if not _OF_A_NOTEBOOK.fullmatch(name)]
    return min(found, key=lambda name: name[0] == "_", default=None)
