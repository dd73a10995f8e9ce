"""Why no connection was made, in plain words, from the exceptions of ``requests``.

Kinds of exceptions alone are looked at, since their texts quote addresses. Three causes have no
kind of their own and are known by the words with which the libraries begin.
"""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING, Any

import requests
from requests.exceptions import (
    InvalidHeader,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
    ProxyError,
    SSLError,
    URLRequired,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NEVER_LEFT", "why_unconnected"]

NEVER_LEFT = (InvalidURL, InvalidSchema, MissingSchema, InvalidHeader, URLRequired)

_NOT_TRUSTED = (
    "the certificate of the service (TLS) is not trusted on this machine; behind a company's "
    "proxy, name the file of its certificates in REQUESTS_CA_BUNDLE"
)
_REASONS: tuple[tuple[Any, str], ...] = (
    (NEVER_LEFT, "the address or a header is not valid"),
    (ProxyError, "the proxy could not be reached, or refused"),
    (
        ssl.SSLCertVerificationError,
        _NOT_TRUSTED,
    ),
    (SSLError, "the secure connection (TLS) could not be set up"),
    (socket.gaierror, "the name of the host could not be looked up"),
    ((requests.ConnectTimeout, TimeoutError), "the host did not take the connection in time"),
    (ConnectionRefusedError, "the host refused the connection"),
    (OSError, "the host could not be reached"),
)
_NO_BUNDLE = "Could not find a suitable TLS CA certificate bundle"
_PROXY_ASKS = "Tunnel connection failed: 407"
_NO_SOCKS = "Missing dependencies for SOCKS support"


def why_unconnected(error: Exception) -> str:
    """Say in plain words why no connection was made."""
    chain = list(_chain(error))
    texts = [str(link.args[0]) for link in chain if isinstance(link, OSError) and link.args]
    if any(text.startswith(_NO_BUNDLE) for text in texts):
        names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        name = next((name for name in names if os.environ.get(name)), names[0])
        return f"the file of certificates that {name} names does not exist"
    if any(text.startswith(_PROXY_ASKS) for text in texts):
        return (
            "the proxy asks for a name and password (407); give them in HTTPS_PROXY, as in "
            "http://name:password@host:port"
        )
    if any(text.startswith(_NO_SOCKS) for text in texts):
        return "a SOCKS proxy needs another package: pip install pysocks"
    for kind, words in _REASONS:
        if any(isinstance(link, kind) for link in chain):
            return words
    return "the request could not be sent"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """List an exception and everything it was made from."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        link = waiting.pop()
        if not isinstance(link, BaseException) or link in seen:
            continue
        seen.append(link)
        yield link
        waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args[:2]]
