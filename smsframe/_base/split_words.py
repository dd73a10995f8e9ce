"""How the people of a send with several texts were split, as the journal keeps it, and in words."""

from __future__ import annotations

import json
from typing import Any, Final

HOLDOUT: Final = "holdout"


def read_split(kept: str) -> dict[str, Any]:
    """Return what is kept: ``by`` (a column says it), ``split`` (shares by name), ``holdout``."""
    return {"by": False, "split": {}, "holdout": 0.0, **json.loads(kept)}


def split_in_words(kept: str) -> str:
    """Return the share that each text and the holdout have of all people; "" for one text.

    >>> split_in_words('{"split": {"A": 0.25, "B": 0.75}, "holdout": 0.2}')
    'A 0.2, B 0.6, holdout 0.2'
    """
    if not kept:
        return ""
    read = read_split(kept)
    told = [f"{name} {share * (1 - read['holdout']):.4g}" for name, share in read["split"].items()]
    told += ["a text by column"] if read["by"] else []
    told += [f"{HOLDOUT} {read['holdout']:.4g}"] if read["holdout"] else []
    return ", ".join(told)
