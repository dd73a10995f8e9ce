"""The refresh token that the service gave in place of the one that was configured.

Some accounts rotate it: with an access token comes another refresh token, and the old one ends. A
file of the caller's choosing keeps it for the next kernel. It says which token it replaces (by a
hash), so that a new one from an administrator is not overridden by what the file still holds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from typing import TYPE_CHECKING

from smsframe.config import Secret

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["keep_token", "kept_token"]

_log = logging.getLogger("smsframe.token")


def kept_token(file: Path | None, configured: str) -> str:
    """Give the token that is to be used: the one in the file where it replaces the configured."""
    if file is None:
        return configured
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["replaces"] == _hash(configured) and kept["refresh_token"]:
            return Secret(kept["refresh_token"])
    return configured


def keep_token(file: Path | None, configured: str, renewed: str) -> None:
    """Keep a token for the next kernel, readable by this user alone, and say that there is one."""
    if file is None:
        _log.warning(
            "The service gave another refresh token; the one that is configured may end soon. "
            "Name a file that keeps the new one for the next session: "
            "smsframe.connect(token_file=...) or SMSFRAME_TOKEN_FILE."
        )
        return
    draft = file.with_name(f"{file.name}.{os.getpid()}.draft")
    kept = {"replaces": _hash(configured), "refresh_token": renewed}
    try:
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(json.dumps(kept), encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        _log.warning("The new refresh token cannot be kept in %s (%s).", file, error.strerror)
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _hash(token: str) -> str:
    """Name a token without telling it."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]
