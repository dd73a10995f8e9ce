"""Arguments, one at a time: one check per kind of value, the same for every public function.

A check takes the argument's name and what was given, and adds a sentence to ``faults`` when it
cannot be used, so that a caller can collect all faults and `refuse` them as one error. It returns
the value in its plain form: numbers of numpy as Python's, subclasses of ``str`` as ``str``.

What a sentence may quote: a short text, a number, a truth value. Of anything else (a frame, an
array, a list) it names the type alone. Truth values, counts, choices and dates cannot be phones, so
a sentence about them is `AlreadyMasked`: it hides only what has as many digits as a phone.

Half of a surrogate pair (half an emoji, from a text that was cut in two) cannot be written as
UTF-8, so it is refused here: found later, it would stop a call that was claimed already.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import os
import re
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from smsframe._base.masking import (
    ARGUMENT_DIGITS,
    AlreadyMasked,
    mask_label,
    mask_sentence,
    mask_value,
)
from smsframe._base.sentences import Part, Piece, Sentence, arg, joined
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smsframe.errors import SmsframeError

SHOWN_CHARACTERS = 60
_LONG = 10**15  # longer numbers are shown by their size
_WITHOUT_PACKAGE = ("builtins", "pandas", "__main__")
_DATED = re.compile(r"\d{4}-\d\d-\d\d(?:\D.{0,20})?")
Moment: TypeAlias = str | dt.date | np.datetime64  # a pd.Timestamp is a date of Python's
_QUOTED = (str, Real, np.bool_, type(None))


def refuse(
    faults: Sequence[str], kind: Callable[..., SmsframeError] = InputError, **details: Any
) -> None:
    """Raise all faults as one error; none when there are none."""
    if not faults:
        return
    told = [f if isinstance(f, AlreadyMasked) else AlreadyMasked(mask_sentence(f)) for f in faults]
    listed = joined("\n", [Sentence("  - ", fault) for fault in told])
    every = AlreadyMasked(f"{len(told)} arguments cannot be used:\n", listed)
    raise kind(told[0] if len(told) == 1 else every, faults=told, **details)


def type_of(value: Any) -> str:
    """Return the name of a value's type, with its package where that is neither pandas nor Python.

    >>> type_of("x"), type_of(Decimal(1))
    ('str', 'decimal.Decimal')
    """
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    return kind.__qualname__ if package in _WITHOUT_PACKAGE else f"{package}.{kind.__qualname__}"


def quoted(value: Any) -> str:
    """Return what was given as an error may show it; digits are hidden where they are a phone's.

    >>> quoted("no"), quoted(10**30), quoted("+1 201-555-0123"), quoted([1])
    ("'no'", 'about 1e30', "'+• •••-•••-••23'", 'something of type list')
    """
    if not isinstance(value, _QUOTED):
        return f"something of type {type_of(value)}"
    if isinstance(value, Integral) and abs(int(value)) >= _LONG:
        return f"about {'-' if int(value) < 0 else ''}1e{int(math.log10(abs(int(value))))}"
    value = value.item() if isinstance(value, np.generic) else value
    text = repr(str.__str__(value) if isinstance(value, str) else value)
    text = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
    return mask_value(text, digits=ARGUMENT_DIGITS)


def note(faults: list[str], *parts: Piece) -> None:
    """Add a fault, given as the parts of its sentence."""
    faults.append(Sentence(*parts))


def unusable(name: str, value: Any, need: str, *, fits: bool = False) -> AlreadyMasked:
    """Return the sentence about an argument; ``fits`` says that its type is right."""
    given = given_as(name, value)
    if fits:
        return AlreadyMasked(given, f" must be {need}.")
    return AlreadyMasked(given, f" is of type {type_of(value)}; it must be {need}.")


def given_as(name: str, value: Any) -> Part:
    """Return an argument with what was given, as an error may show it."""
    if not isinstance(value, _QUOTED):
        return arg(name, python="")
    shown = quoted(value)
    is_whole = isinstance(value, str) and shown == repr(str.__str__(value))
    plain = str.__str__(value) if is_whole else value if value is True else shown.strip("'\"")
    return arg(name, plain, python=shown)


def check_bool(name: str, value: Any, faults: list[str]) -> bool:
    """Return a truth value; only True and False are, for "no" and None would count as one too."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    faults.append(unusable(name, value, "True or False"))
    return False


def check_optional_bool(name: str, value: Any, faults: list[str]) -> bool | None:
    """Return a truth value or None."""
    if value is None or isinstance(value, (bool, np.bool_)):
        return None if value is None else bool(value)
    faults.append(unusable(name, value, "True or False, or be left out"))
    return None


def is_whole(value: Any) -> bool:
    """Tell whether a value is a whole number; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def check_count(
    name: str,
    value: Any,
    faults: list[str],
    *,
    least: int = 0,
    most: int | None = None,
    optional: bool = True,
) -> int | None:
    """Return a whole number; None stays None where that is ``optional``."""
    if value is None and optional:
        return None
    fits = is_whole(value)
    if fits and least <= value and (most is None or value <= most):
        return int(value)
    span = f"of at least {least}" if most is None else f"from {least} to {most}"
    faults.append(unusable(name, value, f"a whole number {span}", fits=fits))
    return None


def check_number(
    name: str,
    value: Any,
    faults: list[str],
    *,
    need: str = "a number of 0 or more",
    optional: bool = True,
) -> float | None:
    """Return a finite number of 0 or more; None stays None where that is ``optional``."""
    if value is None and optional:
        return None
    fits = isinstance(value, (Real, Decimal)) and not isinstance(value, bool)
    if fits and _is_finite(value) and value >= 0:
        return int(value) if isinstance(value, Integral) else as_float(value)
    faults.append(unusable(name, value, need, fits=fits))
    return None


def as_float(value: Any) -> float:
    """Return a number as a float; one of fewer bits as it is written.

    >>> as_float(np.float32(0.1)), as_float(2)
    (0.1, 2.0)
    """
    return float(str(value)) if isinstance(value, np.floating) else float(value)


def _is_finite(value: Any) -> bool:
    """Tell whether a number is one that a float can hold."""
    try:
        return math.isfinite(value)
    except (OverflowError, ValueError):  # a larger integer; a signalling NaN
        return False


def check_choice(name: str, value: Any, choices: Sequence[str], faults: list[str]) -> Any:
    """Return one of the choices."""
    if isinstance(value, str) and value in choices:
        return str.__str__(value)
    listed = " or ".join(repr(choice) for choice in choices)
    faults.append(unusable(name, value, listed, fits=isinstance(value, str)))
    return choices[0]


def check_text(
    name: str,
    value: Any,
    faults: list[str],
    *,
    need: str = "a text that is not blank, or be left out",
    blank: bool = False,
    optional: bool = True,
) -> str | None:
    """Return a text; blank ones are faults unless ``blank`` allows them, None if ``optional``."""
    if value is None and optional:
        return None
    if not isinstance(value, str) or not (blank or value.strip()):
        faults.append(unusable(name, value, need, fits=isinstance(value, str)))
        return None
    text = str.__str__(value)
    if (place := broken_at(text)) is not None:
        note(
            faults,
            arg(name, python=""),
            f" holds half of a character pair at character {place + 1}, which no message can "
            "carry; the text was cut in two there, or read in the wrong encoding. Write it "
            "anew.",
        )
        return None
    return text


def broken_at(text: str) -> int | None:
    """Return where a text holds half of a surrogate pair, None where it holds none."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


def check_label(
    name: str, value: Any, faults: list[str], *, need: str = "the name of one column"
) -> bool:
    """Return whether a value can be a column's label at all."""
    try:
        hash(value)
    except TypeError:
        faults.append(unusable(name, value, need))
        return False
    return True


def check_progress(name: str, value: Any, faults: list[str]) -> Any:
    """Return what is to be done with the progress: None, a truth value or a function."""
    if value is None or callable(value):
        return value
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    faults.append(unusable(name, value, "True, False or a function of the progress"))
    return None


def check_client(client: Any, faults: list[str]) -> None:
    """Note a fault unless this is a client, or None."""
    if client is not None and not isinstance(getattr(client, "service", None), str):
        faults.append(unusable("client", client, "what smsframe.connect() returned"))


def moment_of(name: str, value: Any) -> float:
    """Return a time as seconds since 1970, in UTC where it has no zone; InputError for others."""
    with contextlib.suppress(ValueError, OverflowError):
        value = pd.Timestamp(value) if isinstance(value, np.datetime64) else value
        text = value.isoformat() if isinstance(value, dt.date) else value
        moment = dt.datetime.fromisoformat(text) if isinstance(text, str) else None
        if moment is not None:
            return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
    is_dated = isinstance(value, str) and _DATED.fullmatch(value)
    shown = repr(value) if is_dated else quoted(value)
    raise InputError(
        AlreadyMasked(arg(name, python=shown), " is no time. Give a date such as '2026-11-01'.")
    )


def shown_label(column: Any) -> str:
    """Return a label of a column or row, or a tag, as an error shows it."""
    if not check_label("", column, []):
        return quoted(column)
    shown = mask_label(repr(column))
    return shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[:SHOWN_CHARACTERS]}…"


def path_fault(argument: str, path: Any, faults: list[str]) -> bool:
    """Note a fault unless this can be the path of a file; tell whether it can."""
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(name, str) or not name.strip():
        need = "the path of a file, as text or Path"
        faults.append(unusable(argument, path, need, fits=isinstance(name, str)))
        return False
    if "://" in name:
        note(faults, arg(argument), " is an address. Name a file of this machine.")
        return False
    if not _is_file_name(name):
        fix = " holds a character that no path can hold; name another file."
        note(faults, arg(argument), fix)
        return False
    return True


def unreachable(path: str | os.PathLike[str]) -> str:
    """Return why nobody can look whether there is a file; "" where one can."""
    try:
        os.stat(path)  # noqa: PTH116 - a path, whichever kind
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""


def refuse_unreachable(path: str | os.PathLike[str], given: str = "") -> None:
    """Refuse what is to be read where nobody can look whether it is there; ``given`` is shown."""
    if reason := unreachable(path):
        raise InputError(f"{(given or str(path))[:SHOWN_CHARACTERS]!r} cannot be read: {reason}.")


def _is_file_name(name: str) -> bool:
    """Tell whether the file system can take a name."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False
