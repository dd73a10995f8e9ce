"""``--text-file``: a text, or a TOML file of several by name, and ``--split`` with their weights.

As in Python::

    A = "Hi %%FirstName%%, your order has shipped."
    B = "%%FirstName%%: shipped!"

A file of languages has their names, and ``"*"`` for all others.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TOML = ".toml"
_FORM = (
    'Write one a line, in straight quotes, such as A = "Hello". A name with anything but letters '
    'from a to z, digits, - and _ stands in quotes too: "*" = "Hello".'
)


def text_of(text: str | None, path: Path | None) -> str | dict[str, str] | None:
    """Return the text or texts; the last line end of a file is no part of its text."""
    if path is None:
        return text
    if text is not None:
        raise InputError("Give --text or --text-file, not both.")
    try:
        read = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"--text-file {path} is not in UTF-8. Save it as UTF-8.") from error
    except OSError as error:
        raise InputError(f"--text-file {path} cannot be read: {error.strerror}.") from error
    return _several(read, path) if path.suffix.lower() == TOML else read.rstrip("\n")


def _several(read: str, path: Path) -> dict[str, str]:
    """Return the texts of a TOML file by their names."""
    try:
        texts = tomllib.loads(read)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"--text-file {path} is no list of texts by name: {error}. {_FORM}"
        ) from error
    others = [name for name, words in texts.items() if not isinstance(words, str)]
    if others or not texts:
        what = f"{others[0]!r} is no text" if others else "it names none"
        raise InputError(f"--text-file {path} must name texts; {what}. {_FORM}")
    return {name: words.rstrip("\n") for name, words in texts.items()}


def split_of(given: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return what ``--split`` says: a weight for each text."""
    weights: dict[str, float] = {}
    for name, weight in given:
        if name in weights:
            raise InputError(f"--split names {name!r} twice. Keep one.")
        try:
            weights[name] = float(weight)
        except ValueError:
            raise InputError(f"--split {name}={weight}: the weight is no number.") from None
    return weights
