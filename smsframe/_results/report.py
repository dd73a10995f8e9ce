"""``report``: what happened, for people who were not there, as one file to open or to print.

It counts and names nobody. Texts that people wrote (template, campaign, names of variants) are
shown with digits hidden that could be a phone number, and in the whole file no seven digits stand
side by side.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from smsframe._base.any_frame import as_frame
from smsframe._base.result_rows import A_RESULT
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_bool, path_fault, refuse
from smsframe._connect import journal_file
from smsframe._files.write import check_place, write_text
from smsframe._results.open_journal import reading_journal
from smsframe._results.report_facts import facts_of
from smsframe._results.report_html import report_html
from smsframe.errors import InputError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from smsframe._acoustic.client import Client
    from smsframe._base.any_frame import AnyFrame
    from smsframe._base.journal_address import JournalArgument

ENDINGS: Final = (".html", ".htm")


@public
def report(
    frame: AnyFrame,
    path: str | os.PathLike[str],
    *,
    price_per_segment: float | Mapping[str, float] | None = None,
    overwrite: bool = False,
    client: Client | None = None,
    journal: JournalArgument = None,
) -> Path:
    """Write what happened as one web page, for people who were not there.

    The page says what was sent, to how many, when and by whom; what became of the messages and why,
    by hour, country and, where results have a column ``sms_variant``, by variant; what it cost;
    what is not known, and what to do about it. It holds no phone numbers, no names and no values of
    any row. It has no script and asks no other computer for anything, so that it can be mailed and
    opened without a network, and printed on A4.

    Parameters
    ----------
    frame : DataFrame
        Results, also filtered or merged ones, or those of a dry run.
    path : path
        Where to; it has to end in ``.html`` or ``.htm``. Only you can read the file.
    price_per_segment : float or mapping of str to float, optional
        Price of one segment, in any currency; or one for each country, as in :func:`summary`.
        None: no cost is shown.
    overwrite : bool, default False
        Write over a file that is there.
    client : Client, optional
        Whose journal knows the text and the sender. None: that of the client ``connect`` made last,
        else the usual one.
    journal : path or URL, optional
        Another journal.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InputError
        The frame holds no results, there is such a file, it cannot be written, or a price cannot be
        used.
    JournalError
        The journal cannot be read.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", dry_run=True)
    >>> file = done.sms.report("report.html")
    >>> "201-555" in file.read_text(encoding="utf-8")
    False
    >>> file.unlink()
    """
    place = place_of_page(path, overwrite=overwrite)
    with reading_journal(journal_file(client, journal)) as opened:
        facts = facts_of(as_frame(frame, A_RESULT), price_per_segment, opened, made_at=time.time())
    write_text(report_html(facts), place, overwrite=overwrite)
    return place


def place_of_page(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return where a page goes; InputError where none can, before a long table is counted."""
    faults: list[str] = []
    path_fault("path", path, faults)
    check_bool("overwrite", overwrite, faults)
    refuse(faults)
    place = Path(path)
    if place.suffix.lower() not in ENDINGS:
        raise InputError(f"{place.name}: the ending must be .html.")
    check_place(place, overwrite=overwrite)
    return place
