"""The front door for code: ``df.sms`` and ``series.sms``, one delegating call per method.

An accessor holds its frame and nothing else: pandas 3 makes it anew at every access, pandas 2 keeps
it. Every method is a call of the public function of the same name and shows that function's
signature and documentation, so the two cannot drift apart and a notebook's tab completion offers
every argument; type checkers see the same of `FrameAccessor` and `SeriesAccessor`.

Nothing heavy is imported here: ``import smsframe`` registers the accessors and no more.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

import pandas as pd

import smsframe
from smsframe._base import tracebacks
from smsframe._base.lazy import lazy

if TYPE_CHECKING:
    from collections.abc import Callable

Rest = ParamSpec("Rest")
Answer = TypeVar("Answer")


class _Method(Generic[Rest, Answer]):
    """A method that calls a public function with the frame or series first.

    The function is found when first used, so that importing stays cheap.
    """

    def __init__(self, find: Callable[[], Callable[Concatenate[Any, Rest], Answer]]) -> None:
        self._find = find

    @lazy
    def public(self) -> Callable[Concatenate[Any, Rest], Answer]:
        """The public function."""
        return self._find()

    def __get__(self, accessor: Any, owner: type | None = None) -> Callable[Rest, Answer]:
        public: Any = self.public
        if accessor is None:
            return public  # as documentation tools look at it

        @tracebacks.public
        @functools.wraps(public)
        def method(*args: Rest.args, **kwargs: Rest.kwargs) -> Answer:
            answer: Answer = public(accessor._subject, *args, **kwargs)  # noqa: SLF001 - our own accessor
            return answer

        signature = inspect.signature(public)
        method.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=list(signature.parameters.values())[1:]
        )
        return method


class _Property(Generic[Answer]):
    """A property that is a public function of the frame."""

    def __init__(self, find: Callable[[], Callable[[pd.DataFrame], Answer]]) -> None:
        self._find = find

    @tracebacks.public
    def __get__(self, accessor: Any, owner: type | None = None) -> Answer:
        public: Any = self._find()
        answer: Answer = public if accessor is None else public(accessor._subject)  # noqa: SLF001 - our own accessor
        return answer


class _Accessor:
    """What stands on an object of pandas; it completes its methods alone and shows no data."""

    _of: str

    def __init__(self, subject: Any) -> None:
        self._subject = subject

    def __dir__(self) -> list[str]:
        return _names(type(self), _Method, _Property)

    def __repr__(self) -> str:
        methods, properties = _names(type(self), _Method), _names(type(self), _Property)
        offered = ", ".join([*(f"{name}()" for name in methods), *properties])
        return f"{self._of}.sms has {offered}. help({self._of}.sms.{methods[0]}) tells more of one."


def _names(accessor: type, *kinds: type) -> list[str]:
    """Return what an accessor offers, in the order of the class."""
    return [name for name, member in vars(accessor).items() if isinstance(member, kinds)]


class FrameAccessor(_Accessor):
    """``df.sms``: send one text to every row, and see what became of it.

    ``counts``, ``failed`` and ``unknown`` are properties, everything else is called.
    """

    _of = "df"

    send = _Method(lambda: smsframe.send)
    plan = _Method(lambda: smsframe.plan)
    preview = _Method(lambda: smsframe.preview)
    compose = _Method(lambda: smsframe.compose)
    explore = _Method(lambda: smsframe.explore)
    summary = _Method(lambda: smsframe.summary)
    batches = _Method(lambda: smsframe.batches)
    compare = _Method(lambda: smsframe.compare)
    report = _Method(lambda: smsframe.report)
    to_excel = _Method(lambda: smsframe.to_excel)
    to_retry = _Method(lambda: smsframe.to_retry)
    plot = _Method(lambda: smsframe.plot)
    refresh = _Method(lambda: smsframe.refresh)
    resolve = _Method(lambda: smsframe.resolve)
    reconcile = _Method(lambda: smsframe.reconcile)
    counts = _Property(lambda: smsframe.counts)
    failed = _Property(lambda: smsframe.failed)
    unknown = _Property(lambda: smsframe.unknown)


class SeriesAccessor(_Accessor):
    """``series.sms``: read phone numbers, count segments."""

    _of = "series"

    normalize = _Method(lambda: smsframe.normalize)
    segments = _Method(lambda: smsframe.segments)


FRAME_METHODS = tuple(_names(FrameAccessor, _Method))
FRAME_PROPERTIES = tuple(_names(FrameAccessor, _Property))
SERIES_METHODS = tuple(_names(SeriesAccessor, _Method))


def register() -> None:
    """Put the accessors on DataFrame and Series; a second time replaces them without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        pd.api.extensions.register_dataframe_accessor("sms")(FrameAccessor)
        pd.api.extensions.register_series_accessor("sms")(SeriesAccessor)
