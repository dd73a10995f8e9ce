"""Functions that take their keyword arguments as ``**options: Unpack[...]``, and show each of them.

A `TypedDict` says what the arguments are: type checkers and editors read it, and so does
`shows_options`, which makes the signature that ``help()``, tab completion and documentation tools
ask for. Python itself would no longer notice a misspelt name, so that is done here, too.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Function = TypeVar("Function", bound="Callable[..., Any]")

_KEYWORD, _VAR_KEYWORD = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD


@dataclass(frozen=True, slots=True)
class Argument:
    """What is told of an argument beside its name and type: a line on it, and its default."""

    line: str
    default: Any = None


def arguments_of(options: type, names: Mapping[str, Any]) -> dict[str, Argument]:
    """Return the arguments of a TypedDict whose values are ``Annotated[type, Argument(...)]``.

    ``names`` stand for types that are imported for type checkers alone.
    """
    hints = typing.get_type_hints(options, localns=dict(names), include_extras=True)
    return {name: hints[name].__metadata__[0] for name in options.__annotations__}


def shows_options(
    options: type, arguments: Mapping[str, Argument]
) -> Callable[[Function], Function]:
    """Give a function that takes ``**options`` a signature with each of them; refuse others.

    >>> from typing import Annotated, TypedDict, Unpack
    >>> class Options(TypedDict, total=False):
    ...     limit: Annotated[int | None, Argument("Only so many.")]
    >>> @shows_options(Options, arguments_of(Options, {"Annotated": Annotated}))
    ... def count(text: str, **options: Unpack[Options]) -> int:
    ...     return len(text)
    >>> str(inspect.signature(count))
    "(text: 'str', *, limit: 'int | None' = None) -> 'int'"
    >>> count("Hi", limt=1)
    Traceback (most recent call last):
    TypeError: count() got an unexpected keyword argument 'limt'; did you mean 'limit'?
    """

    def shown(function: Function) -> Function:
        plain = inspect.signature(function)
        named = [p for p in plain.parameters.values() if p.kind is not _VAR_KEYWORD]
        handed_on = [
            inspect.Parameter(
                name,
                _KEYWORD,
                default=arguments[name].default,
                annotation=_written(options.__annotations__[name]),
            )
            for name in options.__annotations__
        ]
        signature = plain.replace(parameters=[*named, *handed_on])

        @functools.wraps(function)
        def call(*args: Any, **given: Any) -> Any:
            for name in given:
                if name not in signature.parameters:
                    raise TypeError(_unexpected(function.__name__, name, signature))
            return function(*args, **given)

        call.__signature__ = signature  # type: ignore[attr-defined]
        return cast("Function", call)

    return shown


def _written(annotation: Any) -> str:
    """Return a type as it is written in the TypedDict."""
    text = getattr(annotation, "__forward_arg__", str(annotation))
    return str(text).removeprefix("Annotated[").partition(f", {Argument.__name__}(")[0]


def _unexpected(function: str, name: str, signature: inspect.Signature) -> str:
    """Say that there is no argument of a name, and which may be meant."""
    near = difflib.get_close_matches(name, signature.parameters, n=1, cutoff=0.65)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return f"{function}() got an unexpected keyword argument {name!r}{meant}"
