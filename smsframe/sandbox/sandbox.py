"""The sandbox as Python sees it: start, load people, look into the outbox.

A sandbox is safe to read after it was stopped: outbox, requests and contacts stay until the object
goes. It can be started again, on the same world. The version on disk keeps world id, contacts,
consent and outbox; faults, switches and the request log belong to the running object.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

from smsframe.sandbox import admin
from smsframe.sandbox.app import application_for
from smsframe.sandbox.faults import FORMS, Faults
from smsframe.sandbox.log import events_frame, outbox_frame, requests_frame
from smsframe.sandbox.room import CREDENTIALS, Room, Settings, Switches
from smsframe.sandbox.server import HOST, Server
from smsframe.sandbox.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import pandas as pd

LAST_PORT = 65_535
_REUSED_SHARE = 0.75  # 3 h of 4 h: while this young, a token is given out again


class Sandbox:
    """The SMS API on this machine: a rehearsal room that texts nobody.

    Use it as a context manager, or call :meth:`start` and :meth:`stop`. It listens on loopback
    only. Any HTTP client can talk to it at ``base_url`` with ``credentials``.

    Parameters
    ----------
    path : str or path-like, optional
        SQLite file that keeps the world (``~`` is the home folder); omitted, it lives in memory
        and ends with the object.
    port : int, default 0
        Port on loopback; 0 takes any free one.
    latency_s : float, default 0.0
        Seconds that every API call takes longer.
    anyone : bool, default False
        Take numbers that were not loaded as opted in. Loaded contacts keep their consent.
    status_delay_s : float, default 0.2
        Seconds after a send until its status is known.
    token_lifetime_s : float, default 14400
        Seconds a token lives.
    token_reuse_s : float, optional
        Age in seconds up to which a token is given out again; omitted, three quarters of its life.
    max_in_flight : int, default 10
        Calls in flight that are served; one more is refused.
    too_many_form : {"429", "503", "400", "500"}, default "429"
        How that refusal looks; the first two carry ``Retry-After``.
    retry_after : float or str, default 1
        The ``Retry-After`` of a refusal: seconds, or an HTTP date.
    contact_key : {"contactId", "contactID"}, default "contactId"
        Spelling of a contact's id in status answers; both were seen.
    clock : callable, default ``time.time``
        Returns seconds since 1970; tests pass their own.

    Attributes
    ----------
    faults : Faults
        What goes wrong on demand; see ``faults.add``.
    switches : Switches
        ``organization``, ``database`` and ``user``: set one to ``False`` for 403 ``Forbidden``.

    Raises
    ------
    ValueError, TypeError
        An argument cannot be what it was given; the sentence names it.

    Examples
    --------
    >>> with Sandbox(anyone=True) as sandbox:
    ...     len(sandbox.outbox())
    0
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        port: int = 0,
        latency_s: float = 0.0,
        anyone: bool = False,
        status_delay_s: float = 0.2,
        token_lifetime_s: float = 14_400.0,
        token_reuse_s: float | None = None,
        max_in_flight: int = 10,
        too_many_form: str = "429",
        retry_after: float | str = 1,
        contact_key: str = "contactId",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._port = _port(port)
        settings = Settings(
            latency_s=latency_s,
            anyone=anyone,
            status_delay_s=status_delay_s,
            token_lifetime_s=token_lifetime_s,
            token_reuse_s=token_lifetime_s if token_reuse_s is None else token_reuse_s,
            max_in_flight=max_in_flight,
            too_many_form=too_many_form,
            retry_after=retry_after,
            contact_key=contact_key,
        )
        _check(settings, clock)
        if token_reuse_s is None:
            settings.token_reuse_s *= _REUSED_SHARE
        self._room = Room(state=State(path), settings=settings, clock=clock)
        self._server: Server | None = None
        self._pid = os.getpid()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = "stopped" if self._server is None else self.base_url
        return f"<Sandbox {where}>"

    def start(self) -> Self:
        """Listen, and return the sandbox itself; nothing happens when it is listening already.

        Raises
        ------
        OSError
            The port is taken.
        """
        if self._server is None:
            self._pid = os.getpid()
            self._room.stopping = threading.Event()
            self._server = Server(application_for(self._room), self._port, self._room.stopping)
            self._room.base_url = f"http://{HOST}:{self._server.port}"
            self._server.start()
            atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """Stop listening and close every connection, hanging ones too; returns within about 2 s.

        In a forked child nothing is stopped: the sandbox is its parent's.
        """
        if self._server is not None:
            if os.getpid() == self._pid:
                self._server.stop()
            self._server = None
            atexit.unregister(self.stop)

    @property
    def base_url(self) -> str:
        """Address of the API, without a slash at the end; RuntimeError before the first start."""
        if not self._room.base_url:
            raise RuntimeError("The sandbox has no address yet: call start(), or use it in `with`.")
        return self._room.base_url

    @property
    def credentials(self) -> Mapping[str, str]:
        """``client_id``, ``client_secret`` and ``refresh_token``; the same in every sandbox."""
        return CREDENTIALS

    @property
    def world(self) -> str:
        """Id of this world; kept with the file, new after :meth:`reset`."""
        return self._room.state.world

    @property
    def faults(self) -> Faults:
        """What goes wrong on demand."""
        return self._room.faults

    @property
    def switches(self) -> Switches:
        """Whether SMS is enabled for organization, database and user."""
        return self._room.switches

    @property
    def settings(self) -> Settings:
        """How the sandbox behaves; may be changed while it runs."""
        return self._room.settings

    def load_contacts(
        self,
        frame: pd.DataFrame,
        phone: Hashable = "mobile",
        consent: Hashable | None = None,
        *,
        calling_code: str | None = None,
    ) -> int:
        """Put people into the database; a phone that is there already is overwritten.

        Parameters
        ----------
        frame : DataFrame
            One row per person. Columns other than phone and consent become database fields, as
            text; the field ``Mobile number`` is the phone's digits unless the frame has it.
        phone : label, default "mobile"
            Column of phone numbers with country code, text or numbers; only digits are kept, rows
            without any are left out.
        consent : label, optional
            Column of consent: OPTED-IN, yes, true and 1 (in any case) mean opted in, everything
            else opted out. Omitted: the column ``consent`` if there is one, else all are opted in.
        calling_code : str, optional
            Put before numbers of ten digits that do not start with ``+``: ``"1"`` for national
            numbers of the United States and Canada.

        Returns
        -------
        int
            Rows that had a phone number.

        Raises
        ------
        ValueError, TypeError
            A column that the frame does not have; no DataFrame, or a code that is no text.
        """
        return admin.load_contacts(
            self._room, frame, phone=phone, consent=consent, calling_code=calling_code
        )

    def set_program(self, program: str, *, active: bool = True, name: str = "Rehearsal") -> None:
        """Add an SMS program, or switch one on or off.

        Parameters
        ----------
        program : str
            Its id.
        active : bool, default True
            Whether it can send.
        name : str, default "Rehearsal"
            What a new one is called.
        """
        self._room.state.set_program(program, active=active, name=name)

    def publish(self, content_id: str, text: str) -> None:
        """Publish a message, to be sent by ``contentId``, or change the text of one.

        Parameters
        ----------
        content_id : str
            The id that a call names.
        text : str
            The message, with ``%%Tag%%`` placeholders.
        """
        self._room.state.publish(content_id, text)

    def outbox(self) -> pd.DataFrame:
        """Return what phones would show, oldest first.

        Returns
        -------
        DataFrame
            ``to`` (digits), ``text``, ``program``, ``source``, ``response_id`` (string), ``at``
            (datetime, UTC); one row per message.
        """
        return outbox_frame(self._room.state.outbox())

    def requests(self) -> pd.DataFrame:
        """Return every API call received by this object, in the order they were answered.

        Returns
        -------
        DataFrame
            ``at`` (datetime, UTC), ``method``, ``path``, ``status`` (NA when the connection broke
            without one), ``in_flight`` (with the call itself; token calls do not count),
            ``contacts`` (NA when the call had none), ``source``, ``response_id`` (of the processed
            send, also when its answer was lost), ``seconds`` until the answer was ready, ``fault``
            (the kind that struck, ``stopped`` when the sandbox stopped, else NA).
        """
        return requests_frame(self._room.log.records())

    def events(self) -> pd.DataFrame:
        """Return the export "Been Sent a Message From SMS Program" as the product gives it.

        Returns
        -------
        DataFrame
            ``Mobile Number``, ``Program Id``, ``Message Body``, ``Source`` (string), ``Event
            Timestamp`` (datetime, UTC).
        """
        return events_frame(self._room.state.outbox())

    def reset(self) -> None:
        """Start a new world, with a new id and nothing in it but the demo state.

        Faults, switches and the request log are reset as well. Tokens given out before end, so a
        client asks for a new one; connect again to make it notice the new world.
        """
        admin.reset(self._room)


def _is_whole(value: Any) -> bool:
    """Tell whether a value is a whole number, of Python or of numpy."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def _port(port: Any) -> int:
    """Return a port as Python's own integer; ValueError for what is none."""
    if _is_whole(port) and 0 <= port <= LAST_PORT:
        return int(port)
    raise ValueError(f"port={port!r} must be a whole number from 0 (any free port) to {LAST_PORT}.")


def _check(settings: Settings, clock: Any) -> None:
    """Refuse settings that no answer can have, and a clock that cannot be asked."""
    for name in ("latency_s", "status_delay_s", "token_lifetime_s", "token_reuse_s"):
        seconds = getattr(settings, name)
        if isinstance(seconds, bool) or not isinstance(seconds, Real) or not float(seconds) >= 0:
            raise ValueError(f"{name}={seconds!r} must be a number of seconds, 0 or more.")
    if not _is_whole(settings.max_in_flight) or settings.max_in_flight < 1:
        raise ValueError(
            f"max_in_flight={settings.max_in_flight!r} must be a whole number of at least 1."
        )
    if settings.too_many_form not in FORMS:
        raise ValueError(f"too_many_form= is one of {', '.join(FORMS)}.")
    if settings.contact_key not in ("contactId", "contactID"):
        raise ValueError("contact_key= is contactId or contactID.")
    if not callable(clock):
        raise TypeError("clock= must be a function that returns seconds since 1970.")
