"""``send``: a plan, sent at once. What it does then, in order, is told in ``run.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from smsframe._base.tracebacks import public
from smsframe._plan.options import takes_send_options
from smsframe._send.plan import plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from smsframe._base.any_frame import AnyFrame
    from smsframe._plan.options import SendOptions

__all__ = ["send"]


@public
@takes_send_options
def send(
    frame: AnyFrame,
    text: str | Mapping[str, str] | None = None,
    **options: Unpack[SendOptions],
) -> pd.DataFrame:
    """Send one text to every row of a frame, once, and say what became of each row.

    A text cannot be unsent. What the API accepted before is not sent again, a message being the
    same when the same person would read the same words from the same program: run the cell again
    and it makes no call and returns the same table. A text that at least half of its people nearly
    had within a week is refused. An answer that was lost leaves its rows ``unknown``; they may have
    gone out and are not repeated unasked.

    Before the first call, one ``PlanWarning`` names all warnings of the plan with their counts;
    ``last_plan().problems`` lists them. Made an error by a filter, it stops the send.

    Parameters
    ----------
    frame : DataFrame, or whatever offers ``__arrow_c_stream__``
        One row per recipient; it is not changed. A frame of polars, a relation of DuckDB, a table
        or reader of pyarrow is taken once; the results are of pandas, on the rows' positions.
    text : str, at most 800 characters, or mapping of name to str
        The message, with ``%%Tag%%`` placeholders. None only with ``content_id``. A mapping has
        several texts, of which each person gets one: ``{"A": ..., "B": ...}``.
    program : str or int
        SMS program id, ``channelQualifier`` of the API.
    personalize : mapping of tag to column or None, or list of columns, optional
        Which tags are filled from the frame, beside those that name a column. None in place of a
        column: the database fills the tag, on purpose. Other tags are the database's.
    defaults : mapping of tag to str, optional
        Text for a tag where neither the frame nor the database has a value.
    formats : mapping of column to format spec or function, optional
        How values become text: ``{"total": ",.2f", "when": "%d %b", "fee": "${:,.2f}"}``.
    fold : {"gsm7"}, optional
        Replace look-alikes that force the costlier encoding: curly quotes, dashes, ellipses,
        special spaces.
    source : str, optional
        Text of at most 200 characters that comes back on each message's event (the run and batch
        are appended).
    campaign_name : str, optional
        Name shown in the product.
    ttl_minutes : int, optional
        Minutes after which an unsent message is dropped (1 to 2,147,483,647; the API documents no
        range).
    character_swap : bool, optional
        Whether the organization's character mapping applies. None: as the organization has set.
    split : mapping of name to float, optional
        How people are split among several texts: ``{"A": 1, "B": 3}``. By person, by chance, the
        same in every run of the campaign. None: equally, unless ``by`` is given.
    by : column label, optional
        Column whose value names the text, as for languages: ``{"de": ..., "fr": ..., "*": ...}``,
        ``"*"`` being for all others. Capitals do not count.
    holdout : float, optional
        Share of the people who get nothing, from 0 to below 1, to compare with. Their rows are
        ``not_attempted`` (``held_out``).
    content_id : str, optional
        Id of a published message instead of the text.
    phone : column label, optional
        Column of phone numbers. None: the one column that is plainly a phone column, or ``lookup``.
    lookup : mapping of database field to column, optional
        Find the recipient by fields of the database in place of a phone number.
    region : str, optional
        Two-letter region of numbers without a country code, such as "US"; "+" when every number
        begins with its country code. Never guessed.
    region_from : column label, optional
        Column that names each row's country, by code or name. Where it is blank, ``region``
        counts; a number with + is what it says.
    campaign : str, optional
        Nobody gets the same campaign twice, also when the text or the values are corrected; another
        name is a new message, also to those who had the text before. Names that look alike are one
        name: Unicode's NFKC, blanks at the ends dropped, several blanks one blank, invisible
        characters left out. None: the text itself, whatever its tags and columns are called.
        Needed with several texts: who had one never gets another, and how people are split cannot
        change once it has begun.
    exclude : numbers, frame, path or results, optional
        Who must not be texted: a column or list of phone numbers, a frame with one, the path of a
        file (CSV, Excel, Parquet, or a text with one number a line), the results of an earlier run
        (whoever had it or may have had it), or a list of these. In doubt an entry excludes: digits
        without a country hold back every number that ends with them. The file that
        ``SMSFRAME_EXCLUDE`` names is excluded as well, always. Such rows are ``not_attempted``.
    sending_hours : tuple of two times, list of these, or mapping, optional
        When people may be texted, by their own clock: ``("08:00", "20:00")``, half open (20:00
        itself is closed); ``[("08:00", "12:00"), ("14:00", "24:00")]``; or by country, ``"*"`` for
        the others, and by weekday: ``{"US": ("08:00", "20:00"), "FR": {"mon-fri": ("08:00",
        "20:00"), "sat": ("10:00", "18:00")}}``, a missing day being closed. Times are "HH:MM" or
        ``datetime.time``. A row goes out only while every time zone that its number may be in is
        open, judged again when each batch leaves; what closes first goes first. Other rows are
        ``not_attempted``, and the same call sends them later.
    closed : dates, or mapping of country to dates, optional
        Local dates on which nothing goes out, such as holidays.
    time_zone : column label or name, optional
        Where people are, as in "America/Denver": a column, or one name for all. It counts more
        than the number; a blank cell says nothing. Needed for hours with ``lookup``.
    min_gap : str or timedelta, optional
        Nobody who had any message from this address within so long ("24h", "90min", "2 days"; one
        second to 366 days), of whatever campaign or program, those that may have gone out
        included. Of several rows to a person the first goes. The others are ``not_attempted``, and
        the same call later goes on with them. Not with ``lookup``.
    check_consent : bool or "require", default False
        Ask the product for the consent of each person who would be sent to now, before anything is
        sent: one call a person, ten at a time. Who has opted out, or has no record, is held back
        (``opted_out``, ``no_consent``): the service would drop the message without a word. Who
        cannot be asked (``consent_unknown``) is sent to with a warning; "require" holds them back.
        A dry run asks nobody.
    consent_database : str or int, optional
        Id of the database that is asked. None: what ``SMSFRAME_DATABASE`` says.
    limit : int, optional
        Only the first so many sendable rows; a later call without it goes on with the rest.
    problems : {"skip", "raise"}, default "skip"
        "raise": send nothing while any row has a problem.
    duplicates : {"skip", "send"}, default "skip"
        "send": the same message to the same person as often as it is in the frame, on purpose.
    resend_unknown : bool, default False
        Send again what may have gone out: those people may get the text twice.
    price_per_segment : float or mapping of str to float, optional
        Price of one segment, a number of 0 or more, for ``Plan.cost``; or one for each country:
        ``{"US": 0.0079, "FR": 0.05, "*": 0.1}``, ``"*"`` being all others.
    client : Client, optional
        None: the one that ``connect`` made last.
    wait_s : float, default 0
        Seconds to wait for sending hours that open within them, and for another process that is
        sending the same campaign. A stop ends the wait, and the rest stays to be sent.
    confirm : int, optional
        Refuse unless exactly so many messages would go out now. With ``sending_hours``, the number
        of all that are left to send, whenever they open, is right too.
    dry_run : bool, default False
        Send nothing; rows that would go out are ``planned``.
    progress : bool or callable, optional
        None: a bar in notebooks and on terminals. A callable is given a ``Progress`` after each
        batch.

    Returns
    -------
    DataFrame
        The input columns, index and order, then ``sms_status`` (categorical), ``sms_code``,
        ``sms_error``, ``sms_contact``, ``sms_response_id``, ``sms_batch`` (all string),
        ``sms_segments`` (Int32) and ``sms_accepted_at`` (UTC); with several texts last
        ``sms_variant`` (categorical): the text's name, ``holdout``, or missing where nobody knows
        whom the row is to. ``attrs["smsframe"]["run"]`` names the run.

    Raises
    ------
    InputError
        An argument or the whole phone column cannot be used, ``confirm`` does not match,
        ``problems="raise"`` and there is one, or most of these people had nearly the same text
        within a week (code ``nearly_the_same``). Nothing was sent.
    AccessError
        Consent was to be asked, and the service refuses the right to. Nothing was sent.
    ConfigurationError
        No client is connected.
    JournalError
        The journal cannot be read or written. ``last_results()`` has what happened until then.
    CampaignBusyError
        Another process is sending this campaign now.
    KeyboardInterrupt
        The run was stopped; ``last_results()`` has the table.

    Examples
    --------
    >>> import pandas as pd, smsframe
    >>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"], "Name": ["Ann"]})
    >>> done = smsframe.send(people, "Hi %%Name%%", program="148372", phone="mobile", dry_run=True)
    >>> done["sms_status"].tolist()
    ['planned']
    """
    return plan(frame, text, **options).send()
