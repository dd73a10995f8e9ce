"""People that do not exist, at phone numbers reserved for fiction, in frames and files."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pandas as pd

import smsframe
from smsframe._base.send_settings import SendSettings
from smsframe._base.worker_pool import Backoff

TEXT = "Hi %%FirstName%%, your order has shipped."
QUICK = SendSettings(
    batch_size=4,
    backoff=Backoff(first_wait_s=0.001, longest_wait_s=0.01),
    connect_attempts=3,
    busy_s=5.0,
)
"""Twenty people are five batches, and waits are short."""


def fictional_phones(n: int, start: int = 0) -> list[str]:
    """Return ``n`` distinct numbers from the range reserved for fiction."""
    areas = (201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219)
    areas += (224, 225, 228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267)
    areas += (269, 270, 272, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314)
    areas += (315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 339, 347, 351)
    return [
        f"+1{areas[(i // 100) % len(areas)]}5550{100 + i % 100}" for i in range(start, start + n)
    ]


def make_people(n: int, start: int = 0) -> pd.DataFrame:
    """Return a frame of ``n`` people with distinct phones and names."""
    return pd.DataFrame(
        {
            "mobile": fictional_phones(n, start),
            "FirstName": [f"Name{i}" for i in range(start, start + n)],
        }
    )


def send(frame: pd.DataFrame, text: str = TEXT, **options: Any) -> pd.DataFrame:
    """Send a frame quietly."""
    way = {} if "lookup" in options else {"phone": "mobile"}
    return smsframe.send(frame, text, **{"program": "148372", "progress": False, **way, **options})


def written(name: str, text: str) -> Path:
    """Write a file and return its path."""
    Path(name).write_text(text, encoding="utf-8", newline="")
    return Path(name)


def without_library(monkeypatch, missing: str) -> None:
    """Make a library one that is not installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )
