"""The texts of a run that has several, each by its name.

The journal keeps them as one text, name by name, which is forgotten as one; their lengths are kept
among the settings of the run. With these it is cut exactly, also where a text holds a line that
looks like the name of another.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsframe._journal.records import RunRecord


def texts_of(run: RunRecord) -> dict[str, str]:
    r"""Return the texts of a run by name; none where it has one text, or they are not known.

    >>> from smsframe._journal.records import RunRecord
    >>> run = RunRecord(run_id="r", scope=b"", service="", program="1", rows=2, started_at=0,
    ...     content="A: Hi\nB: no\nB: Bye", settings='{"texts": {"A": 8, "B": 3}}', variants="{}")
    >>> texts_of(run)
    {'A': 'Hi\nB: no', 'B': 'Bye'}
    """
    if not run.variants or run.content is None:
        return {}
    lengths = json.loads(run.settings or "{}").get("texts") or {}
    found, place = {}, 0
    for name, length in lengths.items():
        place += len(f"{name}: ")
        found[name] = run.content[place : place + length]
        place += length + 1
    told = "\n".join(f"{name}: {text}" for name, text in found.items())
    return found if told == run.content else {}
