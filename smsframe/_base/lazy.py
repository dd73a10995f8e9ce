"""Properties that are computed when they are first asked for, and kept.

As ``functools.cached_property`` is from Python 3.12 on. Before that it holds a lock for all objects
of its class while it computes, and a child that is forked in that moment waits for it for ever.
Two threads that ask at the same time may compute twice; what is kept here is the same each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")


class lazy(Generic[Value]):  # noqa: N801 - it is used as `property` is
    """Make a method a property that is computed once for each object."""

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, thing: None, owner: type) -> Self: ...
    @overload
    def __get__(self, thing: object, owner: type) -> Value: ...
    def __get__(self, thing: object | None, owner: type) -> Self | Value:
        if thing is None:
            return self
        value = self._compute(thing)
        vars(thing)[self._compute.__name__] = value  # found before this from now on
        return value
