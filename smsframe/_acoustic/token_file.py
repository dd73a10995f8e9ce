"""The refresh token that the service gave in place of the one that was configured.

Some accounts rotate it: with an access token comes another refresh token, and the old one ends. A
file of the caller's choosing keeps it for the next kernel, and for other processes that run now:
each looks there before it asks for a token. It says which token it replaces (by a hash), so that a
new one from an administrator is not overridden by what the file still holds. A link is followed, so
that all who come by it find the same file; what is no file, or far too long, is not read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import threading
from pathlib import Path

from smsframe._acoustic.credentials import Secret

__all__ = ["keep_token", "kept_token"]

LARGEST_BYTES = 65_536

_log = logging.getLogger("smsframe.token")


def kept_token(file: Path | None, configured: str) -> str:
    """Give the token that is to be used: the one in the file where it replaces the configured."""
    if file is None:
        return configured
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        if not file.is_file() or file.stat().st_size > LARGEST_BYTES:
            return configured
        kept = json.loads(file.read_text(encoding="utf-8"))
        token = kept["refresh_token"]
        if kept["replaces"] == _hash(configured) and isinstance(token, str) and token.encode():
            return Secret(token)
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
    place = Path(os.path.realpath(file))
    draft = place.with_name(f"{place.name}.{os.getpid()}.{threading.get_ident()}.draft")
    kept = {"replaces": _hash(configured), "refresh_token": renewed}
    try:
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(json.dumps(kept), encoding="utf-8")
        draft.replace(place)
    except OSError as error:
        _log.warning("The new refresh token cannot be kept in %s (%s).", file, error.strerror)
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _hash(token: str) -> str:
    """Name a token without telling it."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]
