"""What an error shows of the code that it came from: the caller's frames, and none of ours.

Verbose tracebacks (IPython's ``%xmode Verbose``, pytest, ``cgitb``, whatever captures locals) print
the variables of every frame. In ours, and in those of the libraries that we call, these are the
caller's frame of people, columns of phone numbers, bodies of calls, secrets. Masking each of them
where it is made would hold until the next function is written. So there is one rule at one place:
every function and class that people call is `public`, and what leaves it by an error has lost all
frames but the caller's own (his cell, and functions of his that we called), and so have the errors
that it was made from. An error of ours says all that there is to know in its sentence.

An error that nobody meant to raise, a fault of ours or of a library, has to be found: it carries
the lines that it came through as a note, which are code without values. Its words are masked, since
libraries quote what they could not read; so are those of the errors it was made from, and one that
still shows a number is left out.

`test_no_locals.py` in the tests walks every public name and fails for one that is not `public`.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from smsframe.errors import SmsframeError, SmsframeWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType

__all__ = ["is_public", "public", "withhold_frames"]

Thing = TypeVar("Thing", bound="Callable[..., Any]")

_SPECIAL = ("__init__", "__enter__", "__exit__", "__repr__")
_SHOWN_BY_NOTEBOOKS = ("_repr_", "_ipython_")
_MEANT = (SmsframeError, SmsframeWarning, KeyboardInterrupt, SystemExit)
_SANDBOX = "smsframe.sandbox"
_SAID_BY_SANDBOX = (ValueError, TypeError, RuntimeError, OSError)
_HANDS_ON = ("smsframe._accessor", "smsframe._base.signatures")
_MARK = "_is_public"
_PACKAGE = __name__.partition(".")[0]
_NOT_CALLERS = (
    f"{Path(str(sys.modules[_PACKAGE].__file__)).parent}{os.sep}",
    f"{Path(os.__file__).parent}{os.sep}",
    "<frozen ",
)
_PACKAGES = re.compile(r"[\\/](site|dist)-packages[\\/]")
_COMPILED = (".pyx", ".pxi", ".pxd")
_GENERATED, _NAMED_TUPLE = "<string>", "namedtuple_"  # methods that the standard library writes
_NOTE = "What happened inside smsframe, without the variables, which may hold phone numbers:\n"


def public(thing: Thing) -> Thing:
    """Make a function public, or a class with its methods and properties, in place.

    Whatever it raises shows none of our frames. Types, name, signature and documentation stay; a
    second time changes nothing.
    """
    if not isinstance(thing, type):
        return cast("Thing", _without_frames(thing))
    for name, member in list(vars(thing).items()):
        if is_public(member):
            continue
        if not name.startswith("_") or name in _SPECIAL or name.startswith(_SHOWN_BY_NOTEBOOKS):
            if isinstance(member, property):
                setattr(thing, name, member.getter(_without_frames(cast("Any", member.fget))))
            elif callable(member) and hasattr(member, "__code__"):
                setattr(thing, name, _without_frames(member))
    return thing


def is_public(thing: Any) -> bool:
    """Tell whether a function, method or property has been made `public`."""
    function = thing.fget if isinstance(thing, property) else thing
    return hasattr(function, _MARK)


def _without_frames(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of which nothing but its errors is seen from outside."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        handled = sys.exception()  # the caller's own, if he calls us in an `except` block
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            withhold_frames(error, handled)
            raise

    setattr(call, _MARK, True)
    return call


def withhold_frames(error: BaseException, handled: BaseException | None = None) -> None:
    """Leave an error, and those it was made from, the frames of the caller alone."""
    for link in _chain(error, handled):
        steps = list(_steps(link.__traceback__))
        kept = [step for step in steps if _is_callers(step.tb_frame)]
        if not kept and not _is_meant(link, steps):
            link.args = tuple(_masked(arg) for arg in link.args)
            if link is error:
                _note_steps(error, steps)
        link.__traceback__ = _joined(kept)
    _leave_out(error, handled)


def _is_meant(error: BaseException, steps: list[TracebackType]) -> bool:
    """Tell whether somebody meant to raise an error: ours, or the sandbox's, which has no kinds."""
    module = _module(steps[-1]) if steps else ""
    of_sandbox = module.startswith(_SANDBOX) and isinstance(error, _SAID_BY_SANDBOX)
    return of_sandbox or isinstance(error, _MEANT)


def _module(step: TracebackType) -> str:
    """Return the name of the module that an entry of a traceback is of."""
    return str(step.tb_frame.f_globals.get("__name__", ""))


def _chain(error: BaseException, handled: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those it was made from, up to what was being handled before the call."""
    seen, waiting = {id(handled)}, [error]
    while waiting:
        link = waiting.pop()
        if id(link) not in seen:
            seen.add(id(link))
            yield link
            waiting += [link for link in (link.__cause__, link.__context__) if link is not None]


def _leave_out(error: BaseException, handled: BaseException | None) -> None:
    """Take errors out of the chain whose words show a number nevertheless."""
    for link in _chain(error, handled):
        for name in ("__cause__", "__context__"):
            earlier = getattr(link, name)
            if earlier is None or earlier is handled or earlier.__traceback__ is not None:
                continue
            if not isinstance(earlier, _MEANT) and _masked(str(earlier)) != str(earlier):
                suppressed = link.__suppress_context__
                setattr(link, name, None)
                link.__suppress_context__ = suppressed


def _steps(traceback: TracebackType | None) -> Iterator[TracebackType]:
    """Yield the entries of a traceback, but for those of this module."""
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename != __file__:
            yield traceback
        traceback = traceback.tb_next


def _joined(steps: list[TracebackType]) -> TracebackType | None:
    """Link entries of tracebacks, the outermost first."""
    inner = None
    for step in reversed(steps):
        step.tb_next = inner
        inner = step
    return inner


def _is_callers(frame: FrameType) -> bool:
    """Tell whether code is neither ours nor a library's."""
    file, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__"))
    if file == _GENERATED:  # of whose class it is, its module says
        file = str(frame.f_globals.get("__file__", file))
    return not (
        module.partition(".")[0] == _PACKAGE
        or module.startswith(_NAMED_TUPLE)
        or file.startswith(_NOT_CALLERS)
        or file.endswith(_COMPILED)
        or _PACKAGES.search(file)
    )


def _masked(value: Any) -> Any:
    """Return what an error was made of, numbers hidden."""
    from smsframe._base.masking import mask_phone, mask_texts  # noqa: PLC0415 - as for traceback

    if isinstance(value, str):
        return mask_texts(str.__str__(value))
    shown = repr(value)
    hidden = mask_phone(shown)
    return value if hidden == shown else hidden


def _note_steps(error: BaseException, steps: list[TracebackType]) -> None:
    """Note the lines that an error came through."""
    import traceback  # noqa: PLC0415 - for what goes wrong alone

    if isinstance(error, TypeError) and {_module(step) for step in steps} <= {*_HANDS_ON}:
        return  # a call that does not fit the signature, which is all there is to say
    lines = traceback.StackSummary.extract((step.tb_frame, step.tb_lineno) for step in steps)
    if lines:
        error.add_note(_NOTE + "".join(lines.format()).rstrip())
