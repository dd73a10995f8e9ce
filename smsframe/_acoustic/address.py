"""Addresses of the service: of a pod, in their one spelling, and whether they are loopback.

Credentials travel only under TLS. Plain ``http`` is for this machine alone (127.0.0.0/8,
``localhost``, ``::1``), where the sandbox lives.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from urllib.parse import unquote, urlsplit

from smsframe._base.sentences import SANDBOX, Sentence, arg, connect_with
from smsframe._base.validation import quoted
from smsframe.errors import ConfigurationError

PODS: tuple[str, ...] = (
    "us-1", "us-2", "us-3", "us-4", "us-5", "us-6", "eu-1", "ap-1", "ap-2", "ap-3", "ca-1",
)  # fmt: skip
"""The places where the service runs; the address of the product in a browser names yours."""
_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


def base_url_for(pod: str) -> str:
    """Address of the service in a pod.

    Parameters
    ----------
    pod : str
        One of `PODS`, such as ``"us-1"``.

    Returns
    -------
    str
        The base URL, without a slash at its end.

    Raises
    ------
    ConfigurationError
        The pod is not known; the nearest known one is offered.

    Examples
    --------
    >>> base_url_for("us-1")
    'https://api-campaign-us-1.goacoustic.com'
    """
    if isinstance(pod, str) and pod in PODS:
        return f"https://api-campaign-{pod}.goacoustic.com"
    near = difflib.get_close_matches(str(pod).strip().lower(), PODS, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise ConfigurationError(
        Sentence(
            f"There is no pod {quoted(pod)}.{hint} Known pods: {', '.join(PODS)}. "
            "For a pod that is newer than this list give ",
            arg("base_url"),
            " instead.",
        ),
        pod=pod,
        near_misses=near,
    )


def address(pod: str | None, base_url: str | None) -> str:
    """Address of the real service, from exactly one of pod and address."""
    if pod and base_url:
        places = arg("pod"), " or ", arg("base_url")
        raise ConfigurationError(Sentence("Give either ", *places, ", not both."))
    if base_url:
        return base_url
    pod = pod or os.environ.get("SMSFRAME_POD", "").strip()
    if not pod:
        raise ConfigurationError(
            Sentence(
                "Say where the account lives: ",
                connect_with("pod", package="smsframe."),
                f" or SMSFRAME_POD, one of {', '.join(PODS)}. To rehearse, use ",
                SANDBOX,
                ".",
            )
        )
    return base_url_for(pod)


def is_loopback(url: str) -> bool:
    """Tell whether an address stays on this machine.

    Examples
    --------
    >>> is_loopback("http://127.0.0.1:8000"), is_loopback("https://127.0.0.1.example.com")
    (True, False)
    """
    host = _host(url)
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address in _LOOPBACK or address == ipaddress.IPv6Address("::1")


def _host(url: str) -> str:
    """Host of an address, lower case, empty when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def check_base_url(url: str) -> str:
    """Check an address of the service and bring it into its one spelling.

    A slash or ``/rest`` at its end is dropped; scheme and host become lower case.

    Parameters
    ----------
    url : str
        ``https://…``, or ``http://…`` on this machine.

    Returns
    -------
    str
        The address, without a slash at its end.

    Raises
    ------
    ConfigurationError
        It is no address, holds a user name, password or query, or would send credentials
        unencrypted.

    Examples
    --------
    >>> check_base_url("HTTPS://API-campaign-us-1.goacoustic.com/rest/")
    'https://api-campaign-us-1.goacoustic.com'
    """
    text = str(url).strip()
    host = _host(text)
    if not host or not _is_plain_address(text):
        raise ConfigurationError(
            "base_url must look like https://host or http://127.0.0.1:8000, "
            "without user name, password, question mark or hash."
        )
    parts = urlsplit(text)
    if parts.scheme != "https" and not is_loopback(text):
        raise ConfigurationError(
            f"The address of {host} begins with http, which would send credentials and phone "
            "numbers unencrypted. Use https; http is for this machine only.",
            host=host,
        )
    path = re.sub(r"(?:/rest)?/*$", "", parts.path)
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def service_name(url: str) -> str:
    """Name the service at an address, the same however the address is written.

    Neither scheme, default port, a dot behind the host's name, slashes too many nor ``/rest`` at
    the end make another service of it, and this machine has one name.

    Examples
    --------
    >>> service_name("https://API-campaign-us-1.goacoustic.com.:443//rest")
    'api-campaign-us-1.goacoustic.com'
    """
    parts = urlsplit(url)
    host = _ascii_host((parts.hostname or "").rstrip("."))
    default = {"https": 443, "http": 80}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, default) else ""
    steps = [step for step in unquote(parts.path).split("/") if step not in ("", ".")]
    while steps and steps[-1].lower() == "rest":
        del steps[-1]
    return "/".join([f"{host}{port}", *steps])


def _ascii_host(host: str) -> str:
    """Return a host as it is looked up: letters beyond ASCII encoded, and this machine as one."""
    if host in ("localhost", "::1"):
        return "127.0.0.1"
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _is_plain_address(text: str) -> bool:
    """Tell whether an address is http(s) with a valid port and nothing but host, port and path."""
    try:
        parts = urlsplit(text)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return False
    extras = "@" in parts.netloc or parts.query or parts.fragment or re.search(r"\s", text)
    return parts.scheme in {"http", "https"} and port_is_valid and not extras
