"""Which journal is meant: a file, or a team's database by its URL.

A URL may hold a password, and whatever prints an address must not show it. So an address of a
database is an object of its own: what it shows is user, host and database, or the name of a service
of libpq, and nothing else of the URL. Where the parts cannot be told apart, because a character of
the password is not written as ``%40`` and the like, it shows nothing at all.

It is no path on purpose. What takes it for one fails, instead of making a file of that name and
texting everybody again out of it. Nor is a path what was meant as an address: with a slip in it, of
another program's spelling, or in libpq's other form (``host=db dbname=texting``).
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    import os

__all__ = ["JournalAddress", "JournalArgument", "TeamAddress", "is_database_url"]

USUAL_FILE: Final = "journal.sqlite3"
_URL: Final = re.compile(r"postgres(?:ql)?:", re.IGNORECASE)
_SCHEME: Final = re.compile(r"postgres(?:ql)?://", re.IGNORECASE)
_NO_PATH: Final = re.compile(
    r"""["']?(?:
        [a-z][\w+.-]+:/ | [a-z]+:postgres | (?:file|sqlite):  # another URL
        | postgres\w*/(?:/|[^/]*@)  # without its colon
        | (?:dbname|host|hostaddr|port|user|password|service|sslmode)\ *=  # libpq's other form
        | [^/\\\s]+@[^/\\\s]+/  # user@host/database
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_NOTHING: Final = "postgresql://(hidden)"
_OTHER: Final = (
    "looks like the address of a database or of another place, and is no URL that smsframe knows. "
    "Write postgresql://user@host/database or postgresql://?service=name for a database, without "
    'quotes, and the path of a file for a file (from "/" on, where its name only looks so)'
)


def is_database_url(given: object) -> bool:
    """Tell whether a journal is named by the URL of a database; also one that was made a path."""
    return isinstance(given, (str, Path)) and _URL.match(str(given).strip()) is not None


def fault_of_url(given: str | Path) -> str:
    """Say what is wrong with a URL, without any part of it; "" for nothing, and for a path."""
    text = str(given).strip()
    if not is_database_url(given):
        return _OTHER if _NO_PATH.match(text) else ""
    if isinstance(given, Path) or not _SCHEME.match(text):
        return (
            "is a URL with a slash too few (a Path drops one); give it as text, such as "
            "postgresql://user@host/database"
        )
    return "holds a character that no URL can hold" if "\0" in text else ""


class TeamAddress:
    """The address of a journal in a PostgreSQL database.

    Parameters
    ----------
    url : str
        As libpq takes it: ``postgresql://user@host/database``, ``postgresql://?service=name``.
    folder : Path
        The directory of this user's data, where what is known of this journal on this machine
        alone is kept: outcomes that could not be written yet, and the places in flight.
    """

    __slots__ = ("_url", "folder", "shown")

    def __init__(self, url: str, folder: Path) -> None:
        self._url = _SCHEME.sub("postgresql://", url.strip(), count=1)  # libpq wants small letters
        self.shown = _shown(self._url)
        digest = hashlib.blake2b(self.shown.encode(), digest_size=8).hexdigest()
        self.folder = folder / "team" / digest

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TeamAddress) and other._url == self._url

    def __hash__(self) -> int:
        return hash(self._url)

    def __reduce__(self) -> NoReturn:
        raise TypeError("The address of a journal may hold a password, so it is not pickled.")

    @property
    def local_file(self) -> Path:
        """The file beside which things of this machine are kept; it is never made itself."""
        return self.folder / "journal"

    @property
    def usual_file(self) -> Path:
        """The file in which this user's journal is where none is named: before there was a team."""
        return self.folder.parents[1] / USUAL_FILE

    @property
    def has_password(self) -> bool:
        """Whether the URL holds a password, which a list of processes would show."""
        rest = _SCHEME.sub("", self._url, count=1)
        userinfo = rest.rpartition("@")[0]
        return ":" in userinfo or re.search(r"[?&](password|sslpassword)=", rest) is not None

    def url(self) -> str:
        """Return the URL as it was given, for the database's driver alone."""
        return self._url


JournalAddress: TypeAlias = Path | TeamAddress
"""A journal that is meant: its file, or the address of a team's."""

JournalArgument: TypeAlias = "str | os.PathLike[str] | TeamAddress | None"
"""What may be given as ``journal=``."""


def _shown(url: str) -> str:
    """Return what may be shown of a URL: neither password nor what else it may hold."""
    rest = _SCHEME.sub("", url, count=1)
    authority, _, behind = rest.partition("/")
    authority, _, question = authority.partition("?")
    database, _, more = behind.partition("?")
    if "@" in behind or "@" in question or "#" in rest:
        return _NOTHING  # a password with a bare "/", "?" or "#" in it: the parts are not these
    userinfo, at, host = authority.rpartition("@")
    user = userinfo.partition(":")[0]
    given: dict[str, Any] = dict(parse_qsl(more or question))
    plain = "service", "user", "host", "port", "dbname"
    named = [f"{name}={given[name]}" for name in plain if name in given]
    shown = f"postgresql://{user}{at}{unquote(host)}"
    if database or not named:
        shown += f"/{database}"
    return shown + (f"?{'&'.join(named)}" if named else "")
