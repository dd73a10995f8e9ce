"""The arguments of ``plan``, ``send``, ``preview`` and ``compose``: their definition and checks.

Each argument is defined once: a key of a `TypedDict` with its type, a line on it and its default,
in the group in which it is shown everywhere: message, people, rules, run. The functions take
``**options: Unpack[SendOptions]``. Type checkers and editors read the keys, one jump away from the
call; ``inspect.signature``, help and tab completion see a signature made from them; the
command line takes its help from them, and tests hold ``docs/arguments.md`` and docstrings to them.
Written out, signatures would show defaults on hovering too, but there would be four of them, and as
many places in which every argument is handed on.

Below, each argument is checked against the frame before anything else happens, by a line that puts
it into the record it is kept in: `Message`, `Columns` or `Options`. Faults of arguments are the
caller's to fix and are raised at once, all of them in one error, each with what exists instead.
Faults of rows are data and are found later, in ``build.py``. What is checked without a frame is
checked by ``_base/validation.py``.

A campaign's name, and an id, is brought into one spelling (`campaign_names.py`): what nobody can
see must not make another campaign of it, for that would text everybody again.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypedDict, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from smsframe._base.durations import Duration  # noqa: TC001 - options are made from the hints
from smsframe._base.masking import AlreadyMasked
from smsframe._base.message import Message
from smsframe._base.sentences import PROGRAMS, Sentence, arg, sentence_of, words
from smsframe._base.signatures import Argument, arguments_of, shows_options
from smsframe._base.validation import (
    check_bool,
    check_choice,
    check_client,
    check_count,
    check_label,
    check_number,
    check_optional_bool,
    check_progress,
    check_text,
    given_as,
    is_whole,
    note,
    quoted,
    refuse,
    shown_label,
    type_of,
    unusable,
)
from smsframe._eligibility.hours import Hours, read_hours
from smsframe._plan import consent_arguments
from smsframe._plan.campaign_names import read_campaign, read_id
from smsframe._plan.column_labels import need_column
from smsframe._plan.variant_arguments import Several  # noqa: TC001 - of a record that is pickled
from smsframe._plan.when_arguments import read_min_gap, read_time_zone
from smsframe._text.format_specs import fault_of
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe._acoustic.client import Client
    from smsframe._base.progress import ProgressArgument
    from smsframe._text.values import Format

    Function = TypeVar("Function", bound=Callable[..., Any])

MAX_SOURCE = 200  # the API keeps 256 characters; the run and batch are appended to what is given
MAX_TTL_MINUTES = 2**31 - 1  # the API documents an integer and no range; [guess] it is a common one

FIELD = "the name of a database field"


Personalize: TypeAlias = (
    Mapping[str, Hashable | None] | Sequence[Hashable] | pd.Index | pd.Series | npt.NDArray[Any]
)
"""Tag to column (None: the database's), or a list of columns, as an array or Series too."""

Exclude: TypeAlias = (
    str
    | os.PathLike[str]
    | pd.DataFrame
    | pd.Series
    | pd.Index
    | npt.NDArray[Any]
    | Collection[Any]
)
"""Numbers, the path of a file, results of an earlier run, or a list of these."""

Time: TypeAlias = str | dt.time
Windows: TypeAlias = str | tuple[Time, Time] | Sequence[tuple[Time, Time]]
"""Local hours of a day: from, to; or several of these."""

SendingHours: TypeAlias = Windows | Mapping[str, Windows | Mapping[str, Windows | None]]
"""Hours, or hours by country ("*" the others), for every day or by weekday."""

Dates: TypeAlias = str | dt.date | Iterable[Any]
Closed: TypeAlias = Dates | Mapping[str, Dates]
"""Local dates, or dates by country."""


class VariantOptions(TypedDict, total=False):
    """Who gets which of several texts."""

    split: Annotated[
        Mapping[str, float] | None,
        Argument("weights of several texts, by their names (default: the same for all)"),
    ]
    by: Annotated[Hashable | None, Argument("column that names the text of each row")]
    holdout: Annotated[
        float | None,
        Argument("share of the people who get nothing, to compare with, such as 0.1"),
    ]


class ScreenMessageOptions(TypedDict, total=False):
    """What is said, as the composer's screen can say it too."""

    program: Annotated[str | int | None, Argument("id of the SMS program to send from")]
    personalize: Annotated[
        Personalize | None,
        Argument("columns that fill the tags of other names; None is the database's"),
    ]
    defaults: Annotated[Mapping[str, str] | None, Argument("text where a tag has no value")]
    formats: Annotated[
        Mapping[Any, Format] | None, Argument("how the values of a column become text")
    ]
    fold: Annotated[Literal["gsm7"] | None, Argument("replace look-alikes that cost more")]
    source: Annotated[str | None, Argument("comes back on the event of each message")]
    campaign_name: Annotated[str | None, Argument("name that the product shows")]
    ttl_minutes: Annotated[int | None, Argument("drop what is unsent by then")]
    character_swap: Annotated[
        bool | None,
        Argument("whether the organization's character mapping applies (default: as it has set)"),
    ]


class MessageOptions(ScreenMessageOptions, VariantOptions, total=False):
    """What is said, beside the text itself."""

    content_id: Annotated[str | None, Argument("a published message in its place")]


class PeopleOptions(TypedDict, total=False):
    """Whom it is said to."""

    phone: Annotated[
        Hashable | None, Argument("column of phone numbers (default: the one whose name says so)")
    ]
    lookup: Annotated[
        Mapping[str, Hashable] | None,
        Argument("find people by a database field, not by phone"),
    ]
    region: Annotated[
        str | None,
        Argument("of numbers without a country code; + when every number begins with its code"),
    ]
    region_from: Annotated[Hashable | None, Argument("country of each row's number")]


class RuleOptions(TypedDict, total=False):
    """Which rows go out."""

    campaign: Annotated[str | None, Argument("nobody gets the same campaign twice")]
    exclude: Annotated[
        Exclude | None,
        Argument(
            "who must not be texted: CSV, Excel, Parquet, a text with one number a line, or the "
            "results of an earlier send; may be repeated. So is, always, the file that "
            "SMSFRAME_EXCLUDE names"
        ),
    ]
    sending_hours: Annotated[
        SendingHours | None,
        Argument(
            "hours of the recipient's own clock in which messages may go out: 08:00-20:00, several "
            "with commas between, or a JSON or TOML file of them by country and weekday"
        ),
    ]
    closed: Annotated[
        Closed | None, Argument("local date on which nothing goes out, such as 2026-12-25")
    ]
    time_zone: Annotated[
        Hashable | None,
        Argument("column of time zones, or the name of one; it counts more than the number"),
    ]
    min_gap: Annotated[
        Duration | None,
        Argument(
            "nobody who had any message within this time: 24h, 90min or '2 days'; they wait, and "
            "the same send goes on later"
        ),
    ]
    check_consent: Annotated[
        bool | Literal["require"],
        Argument(
            "ask each person's consent before anything is sent, one call a person: who has opted "
            "out or has no record is held back; require: who cannot be asked, too",
            False,
        ),
    ]
    consent_database: Annotated[
        str | int | None,
        Argument("id of the database that is asked for consent (default SMSFRAME_DATABASE)"),
    ]
    limit: Annotated[int | None, Argument("only the first N that can go out")]
    problems: Annotated[
        Literal["skip", "raise"],
        Argument(
            "skip: leave out rows that have one (default); raise: then send nothing at all", "skip"
        ),
    ]
    duplicates: Annotated[
        Literal["skip", "send"],
        Argument(
            "skip: the same message to the same person goes out once (default); send: as often as "
            "it is in the file",
            "skip",
        ),
    ]
    resend_unknown: Annotated[
        bool, Argument("send again what may have gone out: some get the text twice", False)
    ]


class ScreenRunOptions(TypedDict, total=False):
    """How it is sent, as the composer's screen can be told too."""

    price_per_segment: Annotated[
        float | Mapping[str, float] | None,
        Argument("price of one SMS, to show costs; or one for each country, * for the others"),
    ]
    client: Annotated[Client | None, Argument("connection to send through (default: the last one)")]
    wait_s: Annotated[
        float,
        Argument(
            "how many seconds to wait for sending hours that open within them, and for another "
            "sender of the campaign (default 0)",
            0.0,
        ),
    ]


class RunOptions(ScreenRunOptions, total=False):
    """How it is sent."""

    confirm: Annotated[
        int | None,
        Argument(
            "send only if exactly N messages would go out now; without it nothing is sent. "
            "When all have gone out before, N may also be the number of them all"
        ),
    ]
    dry_run: Annotated[bool, Argument("send nothing, write the results", False)]
    progress: Annotated[
        ProgressArgument, Argument("whether a bar is shown, or a function that is told")
    ]


class SendOptions(MessageOptions, PeopleOptions, RuleOptions, RunOptions, total=False):
    """Every argument of ``plan`` and ``send`` but the frame and the text."""


class ComposeOptions(
    ScreenMessageOptions, VariantOptions, PeopleOptions, RuleOptions, ScreenRunOptions, total=False
):
    """Those of ``compose``: a screen sends texts of its own, and asks to confirm them."""


GROUPS: Mapping[str, type] = {
    "message": MessageOptions,
    "people": PeopleOptions,
    "rules": RuleOptions,
    "run": RunOptions,
}
_FOR_TYPING = dict.fromkeys(("Client", "Format", "ProgressArgument"), object)
ARGUMENTS: Mapping[str, Argument] = arguments_of(SendOptions, _FOR_TYPING)
"""The arguments by name, in their order."""


def takes_send_options(function: Function) -> Function:
    """Have a function that takes ``**options: Unpack[SendOptions]`` show them; see `shows_options`.

    Type checkers see through a decorator that takes nothing but the function.
    """
    return shows_options(SendOptions, ARGUMENTS)(function)


def takes_compose_options(function: Function) -> Function:
    """Do the same for `ComposeOptions`."""
    return shows_options(ComposeOptions, ARGUMENTS)(function)


def with_defaults(options: ComposeOptions) -> SendOptions:
    """Return the arguments as given, and the defaults of those that were not."""
    defaults = {name: argument.default for name, argument in ARGUMENTS.items()}
    return cast("SendOptions", {**defaults, **options})


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column is what; ``personalize`` is what was said beside the tags that name a column."""

    phone: Hashable | None = None
    lookup: Mapping[str, Hashable] = field(default_factory=dict)
    personalize: Mapping[str, Hashable | None] | None = None
    formats: Mapping[Hashable, Format] = field(default_factory=dict)
    region: str | None = None
    region_from: Hashable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to send."""

    campaign: str | None = None
    limit: int | None = None
    confirm: int | None = None
    problems: Literal["skip", "raise"] = "skip"
    duplicates: Literal["skip", "send"] = "skip"
    resend_unknown: bool = False
    price_per_segment: float | Mapping[str, float] | None = None
    fold: Literal["gsm7"] | None = None
    exclude: Any = field(default=None, repr=False)
    hours: Hours | None = None
    time_zone: str | None = None
    time_zone_column: Hashable | None = None
    min_gap_s: float | None = None
    check_consent: bool | Literal["require"] = False
    consent_database: str | None = None
    several: Several | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How a plan is sent: through whom, and what is said beside the plan itself."""

    client: Client | None = None
    confirm: int | None = None
    dry_run: bool = False
    progress: ProgressArgument = None
    wait_s: float | None = None

    def updated(self, now: Sending) -> Sending:
        """Return how it is sent now; what was said when the plan was made stands in."""
        return replace(
            now,
            client=self.client if now.client is None else now.client,
            dry_run=now.dry_run or self.dry_run,
            progress=self.progress if now.progress is None else now.progress,
            wait_s=self.wait_s if now.wait_s is None else now.wait_s,
        )

    @property
    def alone(self) -> Sending:
        """What of it outlives the session: no connection, and no function that is told."""
        progress = self.progress if isinstance(self.progress, bool) else None
        return replace(self, client=None, progress=progress)


def check_message(text: Any, given: SendOptions, faults: list[str]) -> Message:
    """Return what is the same for every recipient; faults are added to the list."""
    has_several = isinstance(text, Mapping)  # `variant_arguments` reads them
    if text is not None and not (has_several or isinstance(text, str)):
        faults.append(unusable("text", text, "a string, or a mapping of names to texts"))
        text = ""
    content_id = read_id("content_id", given["content_id"], faults)
    if (text is None) == (given["content_id"] is None) and not has_several:
        either = "Give either the text or ", arg("content_id"), " (the id of a published message)."
        note(faults, *either)
    source = check_text("source", given["source"], faults)
    if source is not None and len(source) > MAX_SOURCE:
        long = f" has {len(source)} characters; at most {MAX_SOURCE} fit."
        note(faults, arg("source"), long)
    return Message(
        program=_program(given["program"], faults),
        content=None if has_several else check_text("text", text, faults, blank=True),
        content_id=content_id,
        defaults=_defaults(given["defaults"], faults),
        source=source,
        campaign_name=check_text("campaign_name", given["campaign_name"], faults),
        ttl_minutes=check_count(
            "ttl_minutes", given["ttl_minutes"], faults, least=1, most=MAX_TTL_MINUTES
        ),
        character_swap=check_optional_bool("character_swap", given["character_swap"], faults),
    )


def check_columns(frame: pd.DataFrame, given: SendOptions, faults: list[str]) -> Columns:
    """Return which column is what; faults are added to the list."""
    phone = given["phone"]
    if phone is not None:
        need_column(frame, phone, Sentence(arg("phone")), faults)
    region_from = given["region_from"]
    if region_from is not None:
        need_column(frame, region_from, Sentence(arg("region_from")), faults)
    lookup = _lookup(frame, given["lookup"], faults)
    if phone is not None and lookup:
        why = ", not both: a message has one way to its recipient."
        note(faults, "Give ", arg("phone"), " or ", arg("lookup"), why)
    return Columns(
        phone=phone,
        lookup=lookup,
        personalize=_personalize(frame, given["personalize"], faults),
        formats=_formats(frame, given["formats"], faults),
        region=_region(given["region"], faults),
        region_from=region_from,
    )


def check_options(frame: pd.DataFrame, given: SendOptions, faults: list[str]) -> Options:
    """Return how to send; faults are added to the list."""
    fold = given["fold"]
    check_consent, database = consent_arguments.read(
        given["check_consent"], given["consent_database"], given["lookup"], faults
    )
    check_bool("dry_run", given["dry_run"], faults)
    check_client(given["client"], faults)
    check_progress("progress", given["progress"], faults)
    check_number("wait_s", given["wait_s"], faults, optional=False)
    time_zone, time_zone_column = read_time_zone(frame, given["time_zone"], faults)
    return Options(
        campaign=read_campaign(given["campaign"], faults),
        limit=check_count("limit", given["limit"], faults),
        confirm=check_count("confirm", given["confirm"], faults),
        problems=check_choice("problems", given["problems"], ("skip", "raise"), faults),
        duplicates=check_choice("duplicates", given["duplicates"], ("skip", "send"), faults),
        resend_unknown=check_bool("resend_unknown", given["resend_unknown"], faults),
        price_per_segment=_price(given["price_per_segment"], given["lookup"], faults),
        fold=None if fold is None else check_choice("fold", fold, ("gsm7",), faults),
        exclude=given["exclude"],
        hours=read_hours(given["sending_hours"], given["closed"], faults),
        time_zone=time_zone,
        time_zone_column=time_zone_column,
        min_gap_s=read_min_gap(given["min_gap"], given["lookup"], faults),
        check_consent=check_consent,
        consent_database=database,
    )


def check_sending(
    *, client: Any, confirm: Any, dry_run: Any, progress: Any, wait_s: Any
) -> Sending:
    """Return the arguments of ``Plan.send`` in their plain form; InputError for faults."""
    faults: list[str] = []
    check_client(client, faults)
    checked = Sending(
        client=client,
        confirm=check_count("confirm", confirm, faults),
        dry_run=check_bool("dry_run", dry_run, faults),
        progress=check_progress("progress", progress, faults),
        wait_s=check_number("wait_s", wait_s, faults),
    )
    refuse(faults)
    return checked


def _program(given: Any, faults: list[str]) -> str:
    """Return the program's id as text; a whole number will do."""
    if is_whole(given) and abs(int(given)) < 10**18:
        return str(int(given))
    if isinstance(given, str) and given.strip():
        return read_id("program", given, faults) or ""
    what = "" if given is None or isinstance(given, str) else f", not {type_of(given)}"
    note(
        faults,
        arg("program"),
        f" is the id of the SMS program to send from, such as '148372'{what}; ",
        PROGRAMS,
        " lists those of your account.",
    )
    return ""


def _price(given: Any, lookup: Any, faults: list[str]) -> float | Mapping[str, float] | None:
    """Return the price of a segment, or the prices by country."""
    if given is None:
        return None
    from smsframe._phones.prices import check_price  # noqa: PLC0415 - heavy; --help reads this file

    return check_price(given, faults, lookup=lookup)


def _region(given: Any, faults: list[str]) -> str | None:
    """Return the region as given; one that does not exist is a fault."""
    from smsframe._phones.read import check_region  # noqa: PLC0415 - heavy; --help reads this file

    try:
        check_region(given)
    except InputError as error:
        faults.append(AlreadyMasked(sentence_of(error)))
        return None
    return given if given is None else str.__str__(given)


def _lookup(frame: pd.DataFrame, given: Any, faults: list[str]) -> dict[str, Hashable]:
    """Return database field → column as given."""
    need = "a mapping of a database field to a column, such as {'accountNumber': 'account'}"
    lookup = _mapping("lookup", given, need, faults)
    if isinstance(given, Mapping) and not given:
        note(faults, arg("lookup"), f" is empty; it must be {need}.")
    for name, column in lookup.items():
        check_text("a field of lookup", name, faults, need=FIELD, optional=False)
        need_column(frame, column, Sentence(arg(f"lookup[{shown_label(name)}]")), faults)
    return lookup


def _formats(frame: pd.DataFrame, given: Any, faults: list[str]) -> dict[Hashable, Format]:
    """Return column → format as given."""
    need = "a mapping of a column to a format, such as {'total': ',.2f'}"
    formats = _mapping("formats", given, need, faults)
    for column, wanted in formats.items():
        need_column(frame, column, Sentence(arg("formats")), faults)
        shown = shown_label(column)
        if isinstance(wanted, str):
            _check_specification(shown, wanted, faults)
        elif wanted is not None and not callable(wanted):
            need = "a format such as ',.2f' or a function"
            faults.append(unusable(f"formats[{shown}]", wanted, need))
    return formats


def _check_specification(column: str, wanted: str, faults: list[str]) -> None:
    """Note a fault where a format cannot be used, or fits by accident alone."""
    name = f"formats[{column}]"
    text = check_text(name, wanted, faults, blank=True)
    if text and (fault := fault_of(text)):
        shown = f"The format {quoted(text)} of column {column}"
        faults.append(AlreadyMasked(words(given_as(name, text), screen=shown), f" {fault}."))


def _personalize(
    frame: pd.DataFrame, given: Any, faults: list[str]
) -> Mapping[str, Hashable | None] | None:
    """Return tag → column as given; a list of columns stands for tags of the same names."""
    if given is None:
        return None
    given = _listed_columns(frame, given)
    if isinstance(given, Mapping):
        pairs = [(str(tag), column) for tag, column in given.items()]
    elif isinstance(given, Sequence) and not isinstance(given, bytes):
        labels = [c for c in given if check_label("a column of personalize", c, faults)]
        pairs = [(str(column), column) for column in dict.fromkeys(labels)]
    else:
        need = (
            "a mapping of a tag to a column ({'Order': 'order_no'}), or to None where the database "
            "fills it, or a list of columns"
        )
        faults.append(unusable("personalize", given, need))
        return None
    for tag, column in pairs:
        check_text("a tag of personalize", tag, faults, blank=True)
        _refuse_marks("personalize", tag, faults)
        if column is not None:
            need_column(frame, column, Sentence(arg(f"personalize[{shown_label(tag)}]")), faults)
    _refuse_two_meanings(pairs, faults)
    return dict(pairs)


def _refuse_marks(where: str, tag: str, faults: list[str]) -> None:
    """Note a fault where a tag is given with its marks, for no text has a tag of that name."""
    if "%%" in tag:
        bare = quoted(tag.replace("%%", "").strip())
        fix = f" names {shown_label(tag)}; write the name of a tag alone: {bare}."
        note(faults, arg(where), fix)


def _refuse_two_meanings(pairs: Sequence[tuple[str, Hashable | None]], faults: list[str]) -> None:
    """Note a fault where one tag, written as a text and as a number say, has two columns."""
    meant: dict[str, Hashable | None] = {}
    for tag, column in pairs:
        if tag in meant:
            note(
                faults,
                arg("personalize"),
                f" gives the tag %%{tag}%% two meanings: {shown_label(meant[tag])} and "
                f"{shown_label(column)}. Keep one.",
            )
        meant[tag] = column


def _listed_columns(frame: pd.DataFrame, given: Any) -> Any:
    """Return labels as a list, however they are held; a column's own cells are left as they are."""
    if isinstance(given, str):
        return [given]
    held = isinstance(given, (pd.Index, pd.Series, np.ndarray)) and given.ndim == 1
    labels = given.tolist() if held else []
    is_named = any(check_label("", label, []) and label in frame.columns for label in labels)
    return labels if is_named or (held and not labels) else given


def _defaults(given: Any, faults: list[str]) -> dict[str, str]:
    """Return the defaults as tag → text."""
    need = "a mapping of a tag to a text, such as {'FirstName': 'Customer'}"
    mapping = _mapping("defaults", given, need, faults)
    defaults = {}
    for tag, value in mapping.items():
        check_text("a tag of defaults", str(tag), faults, blank=True)
        _refuse_marks("defaults", str(tag), faults)
        name = f"defaults[{shown_label(str(tag))}]"
        if not isinstance(value, str):
            faults.append(unusable(name, value, "a string"))
        elif (text := check_text(name, value, faults, blank=True)) is not None:
            defaults[str(tag)] = text
            if "\ufffd" in text:
                lost = " holds \ufffd, where a character was lost. Write it anew."
                note(faults, arg(name), lost)
            if "%%" in text:
                note(
                    faults,
                    arg(name),
                    " holds %%, but a default is not filled: people would read it as it "
                    "stands. Write the words themselves, with one % for a percent sign.",
                )
    return defaults


def _mapping(name: str, given: Any, need: str, faults: list[str]) -> dict[Any, Any]:
    """Return a mapping as a dict; None is empty; anything else is a fault."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        faults.append(unusable(name, given, need))
        return {}
    return dict(given)
