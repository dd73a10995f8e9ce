"""Faults: what can go wrong between a client and the API, on demand.

Kinds, and whether the call is processed (its contacts messaged) before the fault strikes:

============  ==========  ================================================================
kind          processed   what the client sees
============  ==========  ================================================================
delay         yes         the answer, ``seconds`` later (default 1)
drop_before   no          the connection closes without an answer
drop_after    yes         the connection closes without an answer
hang          yes         nothing, for ``seconds`` or until the sandbox stops; then it closes
truncate      yes         status and headers, half of the body, then the connection closes
status        ``after=``  ``status=`` (default 500), see below
expire_token  no          401: the token of this very call has just expired
too_many      no          the refusal of the 11th call in flight, in any ``form=``
============  ==========  ================================================================

``drop_*`` close with a reset; ``reset=False`` closes in good order (end of file) instead.
``status`` answers before processing unless ``after=True``; ``body=`` is sent as it is (text as
HTML, a dict or list as JSON), ``html=True`` gives a plain HTML error page, and without either the
API's own JSON envelope names the status; ``headers=`` adds headers such as ``Retry-After``.
``too_many`` takes ``form=`` ``"429"``, ``"503"`` (both with ``Retry-After``), ``"400"`` or
``"500"`` (both with a text that speaks of the max number of concurrent requests) and
``retry_after=`` (seconds, or an HTTP date as text).

When a fault strikes: ``on=3`` at the third call, ``on=[3, 5]`` at those, ``every=4`` at each
fourth, ``probability=0.1`` (with ``seed=``) at random, and always when none is given. Calls are
counted from the moment the fault was added, starting at 1, and only those that the fault is aimed
at: send calls, unless ``path=`` says otherwise (``"token"``, ``"status"``, ``"programs"``,
``"consent"``, ``"external"``, ``"any"``, or the beginning of a path). A call refused for too many
in flight is not counted. When several faults strike at once their delays add up, and of the rest
the one added first decides.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PATHS: Final = ("send", "token", "status", "programs", "consent", "external", "any")
FORMS: Final = ("429", "503", "400", "500")
_OPTIONS: Final[Mapping[str, set[str]]] = {
    "delay": {"seconds"},
    "drop_before": {"reset"},
    "drop_after": {"reset"},
    "hang": {"seconds"},
    "truncate": set(),
    "status": {"status", "after", "body", "html", "headers"},
    "expire_token": set(),
    "too_many": {"form", "retry_after"},
}
KINDS: Final = tuple(_OPTIONS)


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault that was added: its kind, aim and options, and how often it was seen and struck."""

    kind: str
    path: str = "send"
    on: frozenset[int] | None = None
    every: int | None = None
    probability: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    chance: random.Random = field(default_factory=random.Random, repr=False)
    seen: int = 0
    struck: int = 0

    def aims_at(self, endpoint: str, path: str) -> bool:
        """Tell whether a call to ``endpoint`` at ``path`` counts for this fault."""
        if self.path.startswith("/"):
            return path.startswith(self.path)
        return self.path in ("any", endpoint)

    def strikes(self) -> bool:
        """Count one call and tell whether the fault strikes it."""
        self.seen += 1
        strikes = self._chosen()
        self.struck += strikes
        return strikes

    def _chosen(self) -> bool:
        """Tell whether the call just counted is one of those chosen."""
        if self.on is not None:
            return self.seen in self.on
        if self.every is not None:
            return self.seen % self.every == 0
        if self.probability is not None:
            return self.chance.random() < self.probability
        return True


class Faults:
    """The faults of a sandbox; the module docstring says what each kind does."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Faults({self._faults!r})"

    def add(
        self,
        kind: str,
        *,
        on: int | Iterable[int] | None = None,
        every: int | None = None,
        probability: float | None = None,
        seed: int | None = None,
        path: str = "send",
        **options: Any,
    ) -> Fault:
        """Add a fault and return it; its ``seen`` and ``struck`` go on counting.

        Parameters
        ----------
        kind : str
            One of ``delay``, ``drop_before``, ``drop_after``, ``hang``, ``truncate``, ``status``,
            ``expire_token``, ``too_many``.
        on : int or iterable of int, optional
            The calls it strikes, counted from 1 at this moment.
        every : int, optional
            Strike each n-th call.
        probability : float, optional
            Strike at random, between 0 and 1.
        seed : int, optional
            Makes ``probability`` repeatable.
        path : str, default "send"
            The calls it is aimed at.
        **options
            What the kind takes: ``seconds`` (delay, hang), ``reset`` (drops), ``status``,
            ``after``, ``body``, ``html``, ``headers`` (status), ``form``, ``retry_after``
            (too_many).

        Returns
        -------
        Fault
            The fault that was added.

        Raises
        ------
        ValueError
            An unknown kind, path or option, more than one of ``on``, ``every`` and ``probability``,
            or a number out of range.
        """
        fault = Fault(
            kind=kind,
            path=path,
            on=None if on is None else frozenset([on] if isinstance(on, int) else on),
            every=every,
            probability=probability,
            options=options,
            chance=random.Random(seed),  # noqa: S311 - chance for rehearsals, not for secrets
        )
        _check(fault)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Remove every fault."""
        with self._lock:
            self._faults.clear()

    def striking(self, endpoint: str, path: str) -> list[Fault]:
        """Count one call and return the faults that strike it, in the order they were added."""
        with self._lock:
            aimed = [fault for fault in self._faults if fault.aims_at(endpoint, path)]
            return [fault for fault in aimed if fault.strikes()]


def _check(fault: Fault) -> None:
    """Refuse a fault that could never do what was meant."""
    if fault.kind not in KINDS:
        raise ValueError(f"No fault {fault.kind!r}. Known: {', '.join(KINDS)}.")
    if not fault.path.startswith("/") and fault.path not in PATHS:
        raise ValueError(f"No path {fault.path!r}. Known: {', '.join(PATHS)}, or '/...'.")
    if unknown := set(fault.options) - _OPTIONS[fault.kind]:
        known = ", ".join(sorted(_OPTIONS[fault.kind])) or "none"
        raise ValueError(
            f"{fault.kind} does not take {', '.join(sorted(unknown))}. Known: {known}."
        )
    _check_timing(fault)
    _check_options(fault.options)


def _check_timing(fault: Fault) -> None:
    """Refuse contradictory or impossible moments."""
    given = [fault.on is not None, fault.every is not None, fault.probability is not None]
    if sum(given) > 1:
        raise ValueError("Give one of on=, every= and probability=, or none for every call.")
    if fault.on is not None and (not fault.on or min(fault.on) < 1):
        raise ValueError("on= counts calls from 1.")
    if fault.every is not None and fault.every < 1:
        raise ValueError("every= is 1 or more.")
    if fault.probability is not None and not 0 <= fault.probability <= 1:
        raise ValueError("probability= lies between 0 and 1.")


def _check_options(options: Mapping[str, Any]) -> None:
    """Refuse option values that no answer can have."""
    if not 200 <= int(options.get("status", 500)) <= 599:  # noqa: PLR2004 - final HTTP statuses
        raise ValueError("status= lies between 200 and 599.")
    if str(options.get("form", "429")) not in FORMS:
        raise ValueError(f"form= is one of {', '.join(FORMS)}.")
    if float(options.get("seconds") or 0) < 0:
        raise ValueError("seconds= is 0 or more.")
