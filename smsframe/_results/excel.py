"""``to_excel``: results as a workbook to hand over, with what became of them and their calls.

Phones and identifiers are written as text. A column of numbers is one of them when it has a number
of ten digits or more: as a number, a spreadsheet would show 1.20156E+10.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from smsframe._base.any_frame import as_frame
from smsframe._base.masking import LEAST_PHONE
from smsframe._base.odd_cells import without_odd_cells
from smsframe._base.result_columns import result_label
from smsframe._base.tracebacks import public
from smsframe._base.validation import check_bool, path_fault, refuse
from smsframe._files.decided import phones_as_text
from smsframe._files.workbooks import SHEETS_OF_RESULTS
from smsframe._files.write import check_place, write_workbook
from smsframe._results.batches import batches
from smsframe._results.summary import summary

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._base.any_frame import AnyFrame
    from smsframe._base.journal_address import JournalArgument

ONE_SHEET: Final = "Sheet1"


@public
def to_excel(
    frame: AnyFrame,
    path: str | os.PathLike[str],
    *,
    index: bool = False,
    price_per_segment: float | Mapping[str, float] | None = None,
    overwrite: bool = False,
    client: Client | None = None,
    journal: JournalArgument = None,
) -> Path:
    """Write results as an Excel file that only you can read, to be handed over.

    Its sheets are ``rows`` (the table), ``summary`` (counts by status and code) and ``batches``
    (the calls). Excel knows no time zones: times are written in UTC, without one. Texts stay texts:
    digits keep their zeros, and a cell such as ``=1+1`` is not run. Numbers are written as text
    where one of the column has ten digits or more, as phones have. ``df.to_excel`` of pandas
    refuses results.

    Parameters
    ----------
    frame : DataFrame
        Results. Any other frame is written as one sheet.
    path : path
        Where to; it has to end in ``.xlsx``.
    index : bool, default False
        Write the index too, as the first columns.
    price_per_segment : float or mapping of str to float, optional
        Price of one segment, or one for each country, as in :func:`summary`. None: the summary has
        no cost.
    overwrite : bool, default False
        Write over a file that is there.
    client : Client, optional
        Whose journal knows the calls. None: that of the client ``connect`` made last, else the
        usual one.
    journal : path or URL, optional
        Another journal.

    Returns
    -------
    Path
        The file that was written. :func:`read` reads its rows.

    Raises
    ------
    InputError
        There is such a file, it cannot be written (what writes it comes with
        ``smsframe[excel]``), or a sheet cannot hold the frame.
    JournalError
        The journal cannot be read.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"]})
    >>> done = people.sms.send("Hello", program="148372", phone="mobile", dry_run=True)
    >>> file = done.sms.to_excel("results.xlsx")
    >>> smsframe.read(file, quiet=True)["sms_status"].tolist()
    ['planned']
    >>> file.unlink()
    """
    frame = as_frame(frame)
    faults: list[str] = []
    path_fault("path", path, faults)
    check_bool("index", index, faults)
    check_bool("overwrite", overwrite, faults)
    refuse(faults)
    place = Path(path)
    if place.suffix.lower() == ".xlsx":
        check_place(place, overwrite=overwrite)  # before a long table is counted
    table = _phones_as_text(frame.reset_index() if index else frame)
    sheets = {ONE_SHEET: table}
    if result_label(frame.columns, "sms_status") in frame.columns:
        calls = batches(frame, client=client, journal=journal)
        counted = summary(frame, price_per_segment=price_per_segment).to_frame()
        sheets = dict(zip(SHEETS_OF_RESULTS, (table, counted, calls), strict=True))
    write_workbook(sheets, place, overwrite=overwrite)
    return place


def _phones_as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose numbers that may be phones are texts."""
    out, _ = phones_as_text(frame)
    for place in range(len(frame.columns)):
        column = without_odd_cells(frame.iloc[:, place])
        if column.dtype == object:
            texts = column.map(_phone_as_text, na_action="ignore").astype(object)
            out.isetitem(place, texts.array)
    return out


def _phone_as_text(value: Any) -> Any:
    """Return a number that may be a phone as text, anything else as it is."""
    if isinstance(value, float) and value.is_integer() and abs(value) >= LEAST_PHONE:
        return str(int(value))
    is_long = isinstance(value, int) and abs(value) >= LEAST_PHONE
    return str(value) if is_long else value
