"""Settings and credentials: where they come from, what is refused, how they are kept out of sight.

Decisions:

- An argument wins over the environment; blank counts as missing, and blanks around a value are
  dropped, because secrets arrive by copy and paste.
- Credentials travel only under TLS. Plain ``http`` is for this machine alone (127.0.0.0/8,
  ``localhost``, ``::1``), where the sandbox lives.
- A rehearsal never writes into the journal of real sends: whatever is not given as an argument
  resolves to ``rehearsal.sqlite3`` beside the journal that would have been used.
- Secrets are `Secret` strings: they work as text, and show as dots wherever something prints them
  by ``repr``, such as a dict of headers or a traceback with local variables.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from smsframe._base.masking import HIDDEN, mask_cell, mask_phone, redact
from smsframe._base.validation import (
    broken_at,
    check_count,
    check_number,
    check_text,
    quoted,
    refuse,
    type_of,
    unusable,
)
from smsframe.errors import ConfigurationError

__all__ = [
    "PODS",
    "Credentials",
    "Secret",
    "address",
    "base_url_for",
    "check_base_url",
    "credentials",
    "is_loopback",
    "journal_path",
    "mask_cell",
    "mask_phone",
    "redact",
    "token_file",
]

PODS: tuple[str, ...] = (
    "us-1", "us-2", "us-3", "us-4", "us-5", "us-6", "eu-1", "ap-1", "ap-2", "ap-3", "ca-1",
)  # fmt: skip
"""The places where the service runs; the address of the product in a browser names yours."""


_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
_VARIABLES = {
    "client_id": "SMSFRAME_CLIENT_ID",
    "client_secret": "SMSFRAME_CLIENT_SECRET",
    "refresh_token": "SMSFRAME_REFRESH_TOKEN",
}


class Secret(str):
    """Text that works as text and shows as dots in every ``repr``.

    >>> {"Authorization": Secret("Bearer abc")}
    {'Authorization': '•••'}
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{HIDDEN}'"


class HiddenBytes(bytes):
    """Bytes that work as bytes and show as dots in every ``repr``: the body of a call.

    >>> {"body": HiddenBytes(b"client_secret=abc")}
    {'body': '•••'}
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{HIDDEN}'"


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
        f"There is no pod {quoted(pod)}.{hint} Known pods: {', '.join(PODS)}. "
        "For a pod that is newer than this list give base_url= instead.",
        pod=pod,
        near_misses=near,
    )


def address(pod: str | None, base_url: str | None) -> str:
    """Address of the real service, from exactly one of pod and address."""
    if pod and base_url:
        raise ConfigurationError("Give either pod= or base_url=, not both.")
    if base_url:
        return base_url
    pod = pod or os.environ.get("SMSFRAME_POD", "").strip()
    if not pod:
        raise ConfigurationError(
            "Say where the account lives: smsframe.connect(pod=...) or SMSFRAME_POD, one of "
            f'{", ".join(PODS)}. To rehearse, use smsframe.connect("sandbox").'
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


def check_connection(
    *, pod: Any, base_url: Any, journal: Any, max_in_flight: Any, timeout_s: Any, most: int
) -> tuple[int, tuple[float, float]]:
    """Check the settings of a connection; return those that are numbers, as plain ones.

    Parameters
    ----------
    pod, base_url, journal, max_in_flight, timeout_s
        As for :func:`smsframe.connect`.
    most : int
        The most calls at a time that the service allows.

    Raises
    ------
    ConfigurationError
        Some cannot work; all of them are named at once.
    """
    faults: list[str] = []
    check_text("pod", pod, faults, need="a text such as 'us-1'", blank=True)
    check_text("base_url", base_url, faults, need="a text such as 'https://host'", blank=True)
    journal_fault(journal, faults)
    calls = check_count("max_in_flight", max_in_flight, faults, least=1, most=most, optional=False)
    pair = timeout_s if isinstance(timeout_s, (tuple, list)) else ()
    trial: list[str] = []
    seconds = [check_number("timeout_s", each, trial, optional=False) for each in pair]
    if len(seconds) != 2 or trial or 0 in seconds:  # noqa: PLR2004 - connect and read
        given = f"({', '.join(map(quoted, pair))})" if pair else quoted(timeout_s)
        faults.append(
            f"timeout_s={given} must be two positive numbers of seconds: to connect, and to wait "
            "for a whole answer, such as (10, 120)."
        )
    refuse(faults, ConfigurationError)
    return calls or most, (float(seconds[0] or 0), float(seconds[1] or 0))


def _missing_sentence(missing: list[str]) -> str:
    """Say which credentials are missing and where to put them."""
    variables = ", ".join(_VARIABLES[name] for name in missing)
    return (
        f"Credentials are missing: {', '.join(missing)}. Set {variables} in the environment, or "
        "pass them to smsframe.connect(...). To rehearse without any, use "
        'smsframe.connect("sandbox").'
    )


def journal_path(path: str | os.PathLike[str] | None = None, *, rehearsal: bool = False) -> Path:
    """Where the record of what was sent is kept.

    Parameters
    ----------
    path : str or path-like, optional
        Taken as it is. None means SMSFRAME_JOURNAL, else the data directory of the platform.
    rehearsal : bool, default False
        The service is on this machine: without `path`, ``rehearsal.sqlite3`` beside the journal of
        real sends is used.

    Returns
    -------
    pathlib.Path
        The file; it need not exist yet. For a directory, ``journal.sqlite3`` in it.

    Raises
    ------
    ConfigurationError
        The path cannot be one: of another type, blank, too long, ``":memory:"`` (a journal has to
        outlive the session).
    """
    faults: list[str] = []
    journal_fault(path, faults)
    refuse(faults, ConfigurationError)
    if path is not None:
        return _journal_file(path)
    configured = os.environ.get("SMSFRAME_JOURNAL", "").strip()
    journal = _journal_file(configured or _data_directory())
    return journal.with_name("rehearsal.sqlite3") if rehearsal else journal


def token_file(path: str | os.PathLike[str] | None = None) -> Path | None:
    """Where a refresh token that the service renewed is kept; None means SMSFRAME_TOKEN_FILE."""
    faults: list[str] = []
    if path is not None:
        path_fault("token_file", path, faults)
    refuse(faults, ConfigurationError)
    configured = path or os.environ.get("SMSFRAME_TOKEN_FILE", "").strip()
    return Path(configured).expanduser().absolute() if configured else None


def journal_fault(path: Any, faults: list[str]) -> None:
    """Note a fault unless this can be the path of a journal, or is None."""
    if path is None or not path_fault("journal", path, faults):
        return
    if os.fspath(path) == ":memory:":
        faults.append(
            "journal=':memory:' would forget who was texted when the session ends; name a file, "
            "such as one in a temporary directory."
        )


def path_fault(argument: str, path: Any, faults: list[str]) -> bool:
    """Note a fault unless this can be the path of a file; tell whether it can."""
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(name, str) or not name.strip():
        need = "the path of a file, as text or Path"
        faults.append(unusable(argument, path, need, fits=isinstance(name, str)))
        return False
    if not _is_file_name(name):
        faults.append(f"{argument}= holds a character that no path can hold; name another file.")
        return False
    return True


def _is_file_name(name: str) -> bool:
    """Tell whether the file system can take a name."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def _journal_file(path: str | os.PathLike[str]) -> Path:
    """Make an absolute path of a file, also from a directory or from ``~``."""
    try:
        place = Path(path).expanduser().absolute()
        is_directory = place.is_dir() or str(path).endswith(("/", os.sep))
    except (OSError, RuntimeError, ValueError) as error:
        reason = mask_phone(getattr(error, "strerror", None) or str(error))
        raise ConfigurationError(
            f"The journal cannot be at the path that was given ({reason}). Name another file with "
            "journal= or SMSFRAME_JOURNAL."
        ) from error
    return place / "journal.sqlite3" if is_directory else place


def _data_directory() -> str:
    """Name the platform's data directory of smsframe, marked as a directory."""
    import platformdirs  # noqa: PLC0415 - only needed when nothing was configured

    return platformdirs.user_data_dir("smsframe", appauthor=False) + os.sep
