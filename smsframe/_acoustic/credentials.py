"""Credentials: where they come from, what is refused, how they are kept out of sight.

Decisions:

- An argument wins over the environment; blank counts as missing, and blanks around a value are
  dropped, because secrets arrive by copy and paste.
- Secrets are `Secret` strings: they work as text, and show as dots wherever something prints them
  by ``repr``, such as a dict of headers or a traceback with local variables.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smsframe._base.masking import HIDDEN
from smsframe._base.sentences import SANDBOX, Sentence, words
from smsframe._base.validation import broken_at, path_fault, refuse, type_of
from smsframe.errors import ConfigurationError

__all__ = ["Credentials", "Secret", "credentials", "token_file"]


_VARIABLES = {
    "client_id": "SMSFRAME_CLIENT_ID",
    "client_secret": "SMSFRAME_CLIENT_SECRET",
    "refresh_token": "SMSFRAME_REFRESH_TOKEN",
}


class _Dots:
    """Mixed into what must not show: a ``repr`` of dots."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{HIDDEN}'"


class Secret(_Dots, str):
    """Text that works as text and shows as dots in every ``repr``.

    >>> {"Authorization": Secret("Bearer abc")}
    {'Authorization': '•••'}
    """

    __slots__ = ()


class HiddenBytes(_Dots, bytes):
    """Bytes that work as bytes and show as dots in every ``repr``: the body of a call.

    >>> {"body": HiddenBytes(b"client_secret=abc")}
    {'body': '•••'}
    """

    __slots__ = ()


def hidden(given: Any) -> Any:
    """Return a text as one that tracebacks with variables show as dots; the rest as it is."""
    return Secret(given) if isinstance(given, str) else given


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What proves to the service who is asking; the repr shows none of it.

    Parameters
    ----------
    client_id, client_secret : str
        Identify the application, as issued by an administrator of the product.
    refresh_token : str
        Issued for one user of the product and exchanged for short-lived access tokens.
    """

    client_id: str
    client_secret: str
    refresh_token: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "client_secret", Secret(self.client_secret))
        object.__setattr__(self, "refresh_token", Secret(self.refresh_token))

    def __repr__(self) -> str:
        return f"Credentials({HIDDEN})"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must never show anywhere."""
        return (self.client_secret, self.refresh_token)


def credentials(
    client_id: str | None = None,
    client_secret: str | None = None,
    refresh_token: str | None = None,
) -> Credentials:
    """Credentials from the arguments, else from the environment.

    Parameters
    ----------
    client_id, client_secret, refresh_token : str, optional
        None or blank means: take SMSFRAME_CLIENT_ID, SMSFRAME_CLIENT_SECRET,
        SMSFRAME_REFRESH_TOKEN.

    Returns
    -------
    Credentials

    Raises
    ------
    ConfigurationError
        Something is missing; every missing part is named at once.
    """
    given = {
        "client_id": hidden(client_id),
        "client_secret": hidden(client_secret),
        "refresh_token": hidden(refresh_token),
    }
    strange = {name: type_of(v) for name, v in given.items() if not (v is None or _is_text(v))}
    if strange:  # of a secret only the type is said
        told = [f"{name}= is of type {kind}; it must be a text." for name, kind in strange.items()]
        refuse(told, ConfigurationError)
    found = {
        name: Secret(str(value or "").strip() or os.environ.get(_VARIABLES[name], "").strip())
        for name, value in given.items()
    }
    missing = [name for name, value in found.items() if not value]
    if missing:
        raise ConfigurationError(_missing_sentence(missing), missing=missing)
    return Credentials(**found | {"client_id": str.__str__(found["client_id"])})


def _is_text(value: object) -> bool:
    """Tell whether this is a text that can be sent; half of a character pair cannot."""
    return isinstance(value, str) and broken_at(value) is None


def _missing_sentence(missing: list[str]) -> str:
    """Say which credentials are missing and where to put them."""
    variables = ", ".join(_VARIABLES[name] for name in missing)
    return Sentence(
        f"Credentials are missing: {', '.join(missing)}. Set {variables} in the environment",
        words(", or pass them to smsframe.connect(...)", at_shell=""),
        ". To rehearse without any, use ",
        SANDBOX,
        ".",
    )


def token_file(path: str | os.PathLike[str] | None = None) -> Path | None:
    """Where a refresh token that the service renewed is kept; None means SMSFRAME_TOKEN_FILE."""
    faults: list[str] = []
    if path is not None:
        path_fault("token_file", path, faults)
    refuse(faults, ConfigurationError)
    configured = path or os.environ.get("SMSFRAME_TOKEN_FILE", "").strip()
    return Path(configured).expanduser().absolute() if configured else None
