"""``check_consent=`` and ``consent_database=``: what may be given together.

A check that could not be made is refused before anything else happens, and so is a database without
a check: whoever names one believes that people are asked about.
"""

from __future__ import annotations

import os
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from smsframe._base.invisible import UNSEEN
from smsframe._base.sentences import NO_NUMBER, arg
from smsframe._base.validation import broken_at, is_whole, note, unusable

VARIABLE: Final = "SMSFRAME_DATABASE"
_LONGEST: Final = 200
_NEED = "the id of a database of the product, a text or a whole number"

CheckConsent: TypeAlias = bool | Literal["require"]


def read(
    wanted: Any, database: Any, lookup: Any, faults: list[str]
) -> tuple[CheckConsent, str | None]:
    """Return whether consent is checked, and the database that is asked; None without a check."""
    wanted = bool(wanted) if isinstance(wanted, np.bool_) else wanted
    if wanted is None or wanted is False:
        if database is not None:
            note(
                faults,
                arg("consent_database"),
                " names a database, but nobody's consent would be asked. Add ",
                arg("check_consent", True),
                ", or leave it out.",
            )
        return False, None
    if wanted is not True and not (isinstance(wanted, str) and wanted == "require"):
        need = "True, False or 'require'"
        faults.append(unusable("check_consent", wanted, need, fits=isinstance(wanted, str)))
        return False, None
    if lookup:
        note(
            faults,
            NO_NUMBER,
            ", so nobody's consent can be asked: leave out ",
            arg("check_consent", screen="the consent"),
            " (the service checks consent itself, and says nothing of it), or send by ",
            arg("phone", screen="a column of numbers"),
            ".",
        )
    return (True if wanted is True else "require"), _database(database, faults)


def _database(given: Any, faults: list[str]) -> str | None:
    """Return the id of the database, from the environment where it is not given."""
    if given is None:
        given = os.environ.get(VARIABLE, "").strip() or None
    if given is None:
        note(
            faults,
            arg("check_consent"),
            " asks a database of the product for the consent of each person, and none is "
            "named. Give its id as ",
            arg("consent_database"),
            f", or set {VARIABLE}.",
        )
        return None
    if is_whole(given) and 0 <= int(given) < 10**18:
        return str(int(given))
    is_text = isinstance(given, str)
    text = " ".join(UNSEEN.sub("", given).split()) if is_text else ""
    if not text or len(text) > _LONGEST or broken_at(text) is not None:
        faults.append(unusable("consent_database", given, _NEED, fits=is_text))
        return None
    return text
