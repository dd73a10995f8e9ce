"""The front door for code: ``df.sms`` and ``series.sms``, one delegating call per method.

An accessor holds its frame and nothing else: pandas 3 makes it anew at every access, pandas 2 keeps
it. Every method is a call of the public function of the same name and shows that function's
signature and documentation, so the two cannot drift apart and a notebook's tab completion offers
every argument.

Nothing heavy is imported here: ``import smsframe`` registers the accessors and no more.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe._base import tracebacks

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME_METHODS = (
    "plan",
    "send",
    "preview",
    "compose",
    "summary",
    "batches",
    "to_excel",
    "to_retry",
    "plot",
    "refresh",
    "resolve",
    "reconcile",
)
FRAME_PROPERTIES = ("failed", "unknown")
SERIES_METHODS = ("normalize", "segments")


class _Delegate:
    """A method that calls ``smsframe.<name>`` with the frame or series first."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._public: Callable[..., Any] | None = None

    @property
    def public(self) -> Callable[..., Any]:
        """The public function; found when first used, so that importing stays cheap."""
        if self._public is None:
            self._public = getattr(importlib.import_module("smsframe"), self.name)
        return self._public

    def __get__(self, accessor: Any, owner: type | None = None) -> Any:
        public = self.public
        if accessor is None:
            return public

        @tracebacks.public
        @functools.wraps(public)
        def method(*args: Any, **kwargs: Any) -> Any:
            return public(accessor._subject, *args, **kwargs)  # noqa: SLF001 - our own accessor

        signature = inspect.signature(public)
        method.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=list(signature.parameters.values())[1:]
        )
        return method


class _DelegateProperty(_Delegate):
    """A property that is ``smsframe.<name>`` of the frame."""

    @tracebacks.public
    def __get__(self, accessor: Any, owner: type | None = None) -> Any:
        return self.public if accessor is None else self.public(accessor._subject)  # noqa: SLF001 - our own accessor


class FrameAccessor:
    """``df.sms``: send one text to every row, and see what became of it.

    ``failed`` and ``unknown`` are properties, everything else is called.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._subject = frame


class SeriesAccessor:
    """``series.sms``: read phone numbers, count segments."""

    def __init__(self, series: pd.Series) -> None:
        self._subject = series


for _name in FRAME_METHODS:
    setattr(FrameAccessor, _name, _Delegate(_name))
for _name in FRAME_PROPERTIES:
    setattr(FrameAccessor, _name, _DelegateProperty(_name))
for _name in SERIES_METHODS:
    setattr(SeriesAccessor, _name, _Delegate(_name))


def register() -> None:
    """Put the accessors on DataFrame and Series; a second time replaces them without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        pd.api.extensions.register_dataframe_accessor("sms")(FrameAccessor)
        pd.api.extensions.register_series_accessor("sms")(SeriesAccessor)
