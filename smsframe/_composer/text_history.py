"""Texts that were written: those of this session, drafts of the last days, and kept ones by name.

A cell that is run again, a kernel that is started again, a page that is closed: none of them loses
a text. What is written goes to a file on this machine a moment after it was typed; so does what is
kept under a name. The file holds texts alone, no row, nobody's own numbers, and where a phone
number stands in a text, a mark in its place. Only its owner may read it. A file that cannot be read
or written costs nobody the text on the screen: texts of this session are kept in memory too.
Several texts that belong together are kept together, with their names.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from filelock import FileLock, Timeout

from smsframe._base.masking import mask_phone
from smsframe._files.write import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "SMSFRAME_TEXTS"
MOST = 20
MOST_KEPT = 200
PATIENCE_S = 2.0
NUMBER = "[phone number]"
FOR_OWNER = 0o700
DOT, STAND_IN = "•", "\ue000"
WORD = "word "  # a short number alone would be taken for a phone's
_MASKED = re.compile(rf"{DOT}+\d*")

Kept: TypeAlias = str | tuple[tuple[str, str], ...]
"""A text, or names and texts."""

_texts: list[Kept] = []


@dataclass(slots=True)
class Written:
    """What the file holds: drafts, newest first, by whose screen they are; kept texts by name."""

    drafts: list[tuple[str, Kept]] = field(default_factory=list)
    kept: dict[str, Kept] = field(default_factory=dict)


def as_kept(said: str | Mapping[str, str]) -> Kept:
    """Return a text, or several by their names, as they are kept."""
    return tuple(said.items()) if isinstance(said, Mapping) else said


def says_something(said: Kept) -> bool:
    """Whether anything is written in a text, or in one of several."""
    return any(text.strip() for text in ([said] if isinstance(said, str) else dict(said).values()))


def remember(said: str | Mapping[str, str]) -> None:
    """Keep a text, or several, for this session; what is kept already moves to the front."""
    new = as_kept(said)
    if says_something(new):
        _texts[:] = [new, *(kept for kept in _texts if kept != new)][:MOST]


def texts() -> list[Kept]:
    """Return the texts of this session, then drafts of others, newest first."""
    mine = {on_disk(text) for text in _texts}
    return [*_texts, *(text for _, text in _read(place()).drafts if text not in mine)][:MOST]


def kept() -> Mapping[str, Kept]:
    """Return the texts that are kept under a name."""
    return _read(place()).kept


def draft(whose: str, said: Kept, path: Path) -> None:
    """Write down in a file what stands on a screen now, in place of what stood there before."""
    if says_something(said):
        with _changing(path) as written:
            others = [one for one in written.drafts if one[0] != whose]
            written.drafts = [(whose, on_disk(said)), *others][:MOST]


def keep(name: str, said: Kept) -> None:
    """Keep a text, or several, under a name, in place of what is called so."""
    with _changing(place()) as written:
        written.kept.pop(name, None)
        written.kept = dict([(name, on_disk(said)), *written.kept.items()][:MOST_KEPT])


def drop(name: str) -> None:
    """Keep a text no more."""
    with _changing(place()) as written:
        written.kept.pop(name, None)


def forget() -> None:
    """Drop the texts of this session."""
    _texts.clear()


def on_disk(said: Kept) -> Kept:
    """Return a text, or several, as the file holds them: without phone numbers."""
    if isinstance(said, str):
        return without_numbers(said)
    return tuple((name, without_numbers(text)) for name, text in said)


def without_numbers(text: str) -> str:
    """Return a text with a mark in place of each phone number.

    >>> without_numbers("Call +1 201 555 0123 before 9:30")
    'Call [phone number] before 9:30'
    """
    bare = f"{WORD}{text.replace(DOT, STAND_IN)}"
    masked = mask_phone(bare)
    if masked == bare:
        return text
    return _MASKED.sub(NUMBER, masked).replace(STAND_IN, DOT).removeprefix(WORD)


def place() -> Path:
    """Return the file: where SMSFRAME_TEXTS says, else in the user's folder of data."""
    named = os.environ.get(VARIABLE, "").strip()
    if named:
        return Path(named).expanduser()
    import platformdirs  # noqa: PLC0415 - only needed when nothing was configured

    return Path(platformdirs.user_data_dir("smsframe", appauthor=False)) / "texts.json"


def _read(path: Path) -> Written:
    """Read a file; one that is not there, or is no such file, holds nothing."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        drafts = [(str(whose), _said(said)) for whose, said in found["drafts"]]
        return Written(drafts, {str(name): _said(said) for name, said in found["kept"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Written()


def _said(found: Any) -> Kept:
    """Read a text, or several by their names, as JSON has them."""
    if isinstance(found, list):
        return tuple((str(name), str(text)) for name, text in found)
    return str(found)


@contextlib.contextmanager
def _changing(path: Path) -> Iterator[Written]:
    """Read the file, and write what was made of it, while no other kernel does.

    Raises
    ------
    OSError, InputError
        The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=FOR_OWNER)
    lock = FileLock(f"{path}.lock", timeout=PATIENCE_S, mode=0o600)
    try:
        with lock:
            written = _read(path)
            yield written
            told = {"drafts": written.drafts, "kept": written.kept, "at": int(time.time())}
            write_text(json.dumps(told, ensure_ascii=False, indent=1), path, overwrite=True)
    except Timeout as error:
        raise OSError(f"{path} is being written by another program.") from error
