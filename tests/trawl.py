"""Everything that an action lets out, in one text, to be searched for what must not be there.

The needles: the two secrets of a sandbox, every token it ever gave out, and the phone numbers of
``DIRTY`` in whatever way they are written (area, exchange and line number with anything but digits
between them). The hay: output, log records, warnings, exceptions with their chains, notes, ``args``
and ``details``, representations, and the journal's directory byte by byte and cell by cell.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import sqlite3
import tempfile
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pandas as pd

if TYPE_CHECKING:
    from types import FrameType

DIRTY = (
    "+1 201-555-0123",
    "(202) 555-0124 ext. 9",
    "0012035550125",
    "205 555 0126",
    "call +1 206.555.0127",
    "+1 207-555-0128 / +1 207-555-0129",
    '="12085550130"',
    "209-555-0131x",
    "+1 201-555-0123",
)
TESTS = str(Path(__file__).parent)
PHONE = re.compile(r"20[1-9]\D{0,4}555\D{0,4}01[23]\d")
PERSONAL_COLUMNS = {"payload", "rest", "statuses"}  # the places that are for recipients


def dirty_people() -> pd.DataFrame:
    """Return people with phones as they come, most of them with a problem."""
    return pd.DataFrame({"mobile": DIRTY, "FirstName": [f"Ann{i}" for i in range(len(DIRTY))]})


def work_in(place: Path, monkeypatch) -> None:
    """Work in a folder that is home, and the place for temporary files, as well."""
    monkeypatch.chdir(place)
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    for name in ("HOME", "TMPDIR", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(place))


@dataclass
class Trawl:
    """What came out, by where it was found."""

    found: dict[str, str] = field(default_factory=dict, repr=False)

    def keep(self, where: str, text: object) -> None:
        """Keep a text under the name of its place."""
        self.found[where] = self.found.get(where, "") + f"\n{text}"

    def show(self, name: str, thing: object) -> None:
        """Keep what a notebook would show of a thing."""
        self.keep(f"repr of {name}", repr(thing))
        self.keep(f"str of {name}", str(thing))
        for method in ("_repr_html_", "_repr_mimebundle_"):
            if callable(make := getattr(thing, method, None)):
                self.keep(f"{method} of {name}", make())

    def blame(self, error: BaseException | None, where: str = "error") -> None:
        """Keep an exception, everything it was made from, and what it carries."""
        seen: list[BaseException] = []
        while error is not None and error not in seen:
            seen.append(error)
            self.keep(where, "".join(traceback.format_exception(error)))
            self.keep(f"args of {where}", [repr(error.args), getattr(error, "__notes__", [])])
            for name, value in getattr(error, "details", {}).items():
                if name != "results":  # the caller's own table
                    self.keep(f"details[{name}] of {where}", _shown(value))
            error = error.__cause__ or error.__context__

    @contextlib.contextmanager
    def over(self):
        """Keep what the block writes, logs, warns and raises; its exception ends here."""
        log, out = io.StringIO(), io.StringIO()
        handler = logging.StreamHandler(log)
        handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s", validate=False))
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            with (
                warnings.catch_warnings(record=True) as warned,
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(out),
            ):
                warnings.simplefilter("always")
                yield self
        except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001 - looked at below
            self.blame(error)
            self.locals_of(error)
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        self.keep("log", log.getvalue())
        self.keep("output", out.getvalue())
        for warning in warned:
            self.keep("warnings", warnings.formatwarning(*_parts(warning)))
            self.blame(warning.message, "warning")

    def locals_of(self, error: BaseException) -> None:
        """Keep the local variables that verbose tracebacks show, but for those of the tests."""
        for frame in foreign_frames(error):
            self.keep("locals", f"{frame.f_code.co_name}: {frame.f_locals!r}")

    def dredge(self, journal) -> None:
        """Keep the journal's directory: every byte, and every cell that is not for recipients."""
        for path in sorted(journal.parent.rglob("*")):
            if path.is_file() and not path.name.startswith("sandbox-world"):
                place = "personal bytes" if path.name.startswith(journal.name) else "bytes"
                self.keep(f"{place} beside the journal", path.read_bytes().decode("latin-1"))
                self.keep("file names", path.name)
        if journal.is_file():
            self._cells(journal)

    def _cells(self, journal) -> None:
        """Keep the cells of every table; those for recipients as they are once unpacked."""
        with (
            contextlib.closing(sqlite3.connect(journal)) as db,
            contextlib.suppress(sqlite3.DatabaseError),
        ):
            tables = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
            for table in tables:
                for name in [row[1] for row in db.execute(f"PRAGMA table_info({table})")]:
                    for (cell,) in db.execute(f"SELECT {name} FROM {table}"):
                        place = "personal" if name in PERSONAL_COLUMNS else "journal"
                        self.keep(f"{place} {table}.{name}", _readable(cell, name))

    def check(self, *secrets: str) -> None:
        """Fail when a secret is anywhere, or a phone number outside the places for recipients."""
        assert self.found
        spellings = [form for s in secrets for form in (s, quote(s, safe=""), quote_plus(s))]
        assert all(len(secret) > 8 for secret in secrets)
        for where, text in self.found.items():
            for secret in spellings:
                assert secret not in text, f"{where}: {_around(text, text.index(secret))}"
            if not where.startswith("personal "):
                phone = PHONE.search(text)
                assert phone is None, f"{where}: {_around(text, phone.start())}"


def chain_of(error: BaseException) -> list[BaseException]:
    """Return an error and all that it was made from."""
    found, waiting = [], [error]
    while waiting:
        link = waiting.pop()
        if link is not None and all(link is not other for other in found):
            found.append(link)
            waiting += [link.__cause__, link.__context__]
    return found


def foreign_frames(error: BaseException) -> list[FrameType]:
    """Return the frames of an error, and of all it was made from, that are not of the tests."""
    frames = [f for link in chain_of(error) for f, _ in traceback.walk_tb(link.__traceback__)]
    return [frame for frame in frames if not frame.f_code.co_filename.startswith(TESTS)]


def secrets_of(sandbox) -> list[str]:
    """Return what must never show: the sandbox's secrets and every token it gave out."""
    known = sandbox.credentials
    tokens = [token for (token, *_) in sandbox._room.state.rows("SELECT token FROM tokens", ())]
    return [known["client_secret"], known["refresh_token"], *tokens]


def _shown(value: object) -> str:
    """Return what an error carries; the labels in a table are there to be computed with."""
    is_table = isinstance(value, pd.DataFrame)
    return value.drop(columns="label").to_string() if is_table else repr(value)


def _readable(cell: object, name: str) -> str:
    """Return a cell as text; packed rows are unpacked."""
    if isinstance(cell, bytes) and name in PERSONAL_COLUMNS and cell:
        from smsframe._journal import payloads  # noqa: PLC0415 - needed for packed cells alone

        return str(payloads.unpack(cell).to_pydict())
    return cell.decode("latin-1") if isinstance(cell, bytes) else str(cell)


def _around(text: str, place: int) -> str:
    """Return the neighbourhood of a needle."""
    return text[max(0, place - 150) : place + 60]


def _parts(warning: warnings.WarningMessage) -> tuple[object, type[Warning], str, int]:
    """Return a warning as it is printed."""
    return warning.message, warning.category, warning.filename, warning.lineno
