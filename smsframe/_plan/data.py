"""From a frame to recipients, values and texts: one pass per concern over whole columns.

The order of the passes is the order in which an analyst would look: whom, what text, which values,
how the rendered texts come out, who is in the frame twice, how many go now. Each pass writes its
faults into one list; no pass stops because an earlier one found something, so that everything that
is wrong is said at once.

How a missing value is filled: the tag's default if there is one; a tag that is no column is left to
the database; anything else is a problem of the row. A default that stands in for a missing value of
a column travels with the recipient, because the API refuses a whole call when one recipient lacks a
key that is no database field.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.masking import mask_cell
from smsframe._phones import read as phones
from smsframe._phones.to_strings import cell_text
from smsframe._plan.batches import picker
from smsframe._plan.message_parts import MessageColumns
from smsframe._plan.options import column_sentence
from smsframe._plan.problems import Problems
from smsframe._plan.row_countries import note_countries, regions_of_rows
from smsframe._plan.tags import note_database_tag, note_other_notations
from smsframe._plan.value_problems import note_values
from smsframe._text import gsm7, values
from smsframe._text.format_value import plain_value
from smsframe._text.segments import Measured, fold_template, measure_filled
from smsframe._text.template import Template, near_misses
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from smsframe._base.arrow import Positions
    from smsframe._base.message import Message
    from smsframe._plan.options import Columns, Options

MAX_CHARACTERS = 800
MAX_UCS2_CHARACTERS = 400
MAX_SEGMENTS = 6
BATCH_SIZE = 1000
_EVERY, _EVERY_ROW = 'give region="+"', 'give region="+" and no region_from='

DOUBTFUL_VALUES = (
    *("value_many_digits", "value_garbled", "no_value_word", "value_holds_tag", "value_in_utc"),
)
DOUBTFUL_WORDS = ("tag_other_notation", "text_garbled")
"""Warnings whose cure changes words: who follows it later must not text everybody again."""

READY, INVALID, DUPLICATE, HELD_BACK, EXCLUDED = range(5)


def duplicate_sentence(repeats: int) -> str:
    """Say what a row that repeats an earlier one is, and what sending it would mean."""
    rows = "1 row that repeats" if repeats == 1 else f"{repeats:,} rows that repeat"
    return (
        "The same message to the same person is in an earlier row. duplicates='send' sends the "
        f"{rows} one too, so those people get it again."
    )


Verdict = npt.NDArray[np.uint8]


@dataclass(slots=True, kw_only=True, repr=False)
class Draft:
    """What is known so far of a plan in the making; full of recipients, hence without a repr."""

    frame: pd.DataFrame
    message: Message
    columns: Columns
    options: Options
    problems: Problems = field(default_factory=Problems)
    template: Template | None = None
    contact_ids: pa.Array | None = None
    lookups: dict[str, pa.Array] = field(default_factory=dict)
    personalization: dict[str, pa.Array] = field(default_factory=dict)
    filled: dict[str, pa.Array] = field(default_factory=dict)
    database_tags: tuple[str, ...] = ()
    read_columns: list[Hashable] = field(default_factory=list)
    tag_columns: dict[str, Hashable] = field(default_factory=dict)
    verdict: Verdict = field(default_factory=lambda: np.empty(0, dtype=np.uint8))
    messages: MessageColumns = field(init=False)
    somebody_twice: bool = False
    measured: Measured | None = None

    @property
    def rows(self) -> int:
        """How many rows the frame has."""
        return len(self.frame)

    def recipients(
        self, rows: Positions | None = None, *, fields: Iterable[str] | None = None
    ) -> pa.Array:
        """Return whom the rows address, as one text each; null where that is not known.

        ``fields`` are those of the lookup, when they shall stand in another order.
        """
        at = picker(rows)
        if self.contact_ids is not None:
            return at(self.contact_ids)
        parts = [
            pc.binary_join_element_wise(pa.scalar(name), at(self.lookups[name]), "=")
            for name in fields or self.lookups
        ]
        return pc.binary_join_element_wise(*parts, " ")


def read_recipients(draft: Draft) -> None:
    """Read the phone column, or the columns of the lookup."""
    if draft.columns.lookup:
        for name, column in draft.columns.lookup.items():
            draft.lookups[name] = texts = _text_of(draft, column)
            _note_missing(
                draft,
                column,
                texts,
                code="lookup_missing",
                sentence=f"Column {column!r} is blank here, so the recipient cannot be looked up. "
                "Fill it in or leave the row out.",
            )
        return
    column = draft.columns.phone
    if column is None:
        column = phones.guess_phone_column(draft.frame)
        _refuse_repeated(draft, column, "phone=")
        draft.columns = replace(draft.columns, phone=column)
    region, row_regions = draft.columns.region, None
    if draft.columns.region_from is not None:
        row_regions = regions_of_rows(draft.frame, draft.columns, column, draft.problems)
    read = phones.read_phones(draft.frame[column], region=region, row_regions=row_regions)
    draft.contact_ids = read.digits
    _note_phones(draft, column, read)
    note_countries(draft.frame, draft.columns, read.digits, draft.problems)


def _note_phones(draft: Draft, column: Hashable, read: phones.PhoneColumn) -> None:
    """Note what is wrong with the phone column and with its cells."""
    for damage in read.damage:
        evidence = ", ".join(damage.examples)
        draft.problems.whole(
            damage.code, damage.sentence, severity=damage.severity, column=column, value=evidence
        )
    codes = pd.Categorical(read.code)
    region, by_row = f"region {draft.columns.region}", draft.columns.region_from
    if by_row is not None:
        region = f"the country of its row (column {by_row!r})"
    for number, code in enumerate(codes.categories):
        draft.problems.rows(
            str(code),
            phones.SENTENCES[code]
            .format(column=column, region=region, value="This")
            .replace(_EVERY, _EVERY if by_row is None else _EVERY_ROW),
            np.flatnonzero(codes.codes == number),
            column=column,
            values=_masked(draft.frame[column]),
        )


def _masked(column: pd.Series) -> Any:
    """Return a function that gives the cells at positions, masked."""

    def cells(positions: Positions) -> Sequence[Any]:
        texts = map(cell_text, column.iloc[positions])
        return [None if text is None else mask_cell(text) for text in texts]

    return cells


def read_template(draft: Draft) -> None:
    """Parse the text and sort its tags into columns and database fields."""
    content = draft.message.content
    if content is None:
        chosen = (draft.columns.personalize or {}).items()
        _use_columns(draft, {tag: column for tag, column in chosen if column is not None})
        return
    if not content.strip():
        draft.problems.whole(
            "text_missing", "The text is empty. Write what the message shall say.", column="text"
        )
    if len(content) > MAX_CHARACTERS:
        draft.problems.whole(
            "text_too_long",
            f"The text has {len(content)} characters; at most {MAX_CHARACTERS} are allowed. "
            f"Shorten it by {len(content) - MAX_CHARACTERS}.",
            column="text",
            value=len(content),
        )
    if "\ufffd" in content:
        draft.problems.whole(
            "text_garbled",
            "The text holds \ufffd, which stands for a character that was lost when it was read in "
            "the wrong encoding. Write it anew.",
            severity="warning",
            column="text",
            value="\ufffd",
        )
    try:
        draft.template = Template.parse(content)
    except InputError as error:
        draft.problems.whole("text_malformed", str(error), column="text")
        return
    _sort_tags(draft, draft.template.tags)
    note_other_notations(draft, draft.template.literals)


def _sort_tags(draft: Draft, tags: Sequence[str]) -> None:
    """Decide which tags are columns and which are left to the database."""
    names = {str(column): column for column in draft.frame.columns}
    said = draft.columns.personalize or {}
    chosen = {tag: said.get(tag, names.get(tag)) for tag in tags if tag in said or tag in names}
    for tag, column in chosen.items():
        if tag not in said:
            _refuse_repeated(draft, column, f"The tag %%{tag}%%")
    columns = {tag: column for tag, column in chosen.items() if column is not None}
    _use_columns(draft, columns)
    draft.database_tags = tuple(tag for tag in tags if tag not in columns)
    for tag in draft.database_tags:
        note_database_tag(draft, tag, said_so=tag in said)
    for tag in said:
        if tag not in tags:
            _note_unused(draft, "personalize_unused", tag, "personalize=", tags)
    for tag in draft.message.defaults:
        if tag not in tags:
            _note_unused(draft, "default_unused", tag, "defaults=", tags)


def _refuse_repeated(draft: Draft, column: Hashable, where: str) -> None:
    """Raise InputError for a name that more than one column has."""
    labels = [label for label in draft.frame.columns if str(label) == str(column)]
    if len(labels) > 1:
        sentence = column_sentence(draft.frame, column, where)
        raise InputError(
            sentence
            or f"{where} fits several columns: {', '.join(map(repr, labels))}. Rename one,"
            " or say which is meant with personalize=."
        )


def _note_unused(draft: Draft, code: str, tag: str, where: str, tags: Sequence[str]) -> None:
    """Say that an argument names a tag that the text does not have."""
    near = near_misses(tag, list(tags))
    hint = f" Did you mean {near[0]!r}?" if near else ""
    draft.problems.whole(
        code,
        f"{where} has {tag!r}, but the text has no %%{tag}%%.{hint}",
        severity="warning" if near else "info",
        column=tag,
    )


def _use_columns(draft: Draft, chosen: Mapping[str, Hashable]) -> None:
    """Read the value of each tag that is a column; note what is missing."""
    draft.tag_columns = dict(chosen)
    for tag, column in chosen.items():
        draft.personalization[tag] = texts = _text_of(draft, column)
        if tag not in draft.message.defaults:
            _note_missing(
                draft,
                column,
                texts,
                code="value_missing",
                sentence=f"Column {column!r} is blank here and tag %%{tag}%% has no default. "
                f"Fill it in, or give defaults={{{tag!r}: …}}.",
            )


def _note_missing(
    draft: Draft, column: Hashable, texts: pa.Array, *, code: str, sentence: str
) -> None:
    """Note rows without a value; an infinite number is none either, but is no blank cell."""
    rows = np.setdiff1d(_where(pc.is_null(texts)), _unreadable(draft, column))
    if not len(rows):
        return
    cells = draft.frame[column].iloc[rows]
    infinite = _is_infinite(cells)
    if fmt := draft.columns.formats.get(column):
        given = np.array([plain_value(cell) is not None for cell in cells], dtype=bool) & ~infinite
        how = f"format {fmt!r}" if isinstance(fmt, str) else "function"
        draft.problems.rows(
            code,
            f"The {how} of column {column!r} makes nothing of this cell, and there is no default. "
            f"Change formats[{str(column)!r}] so that it suits every value of the column, or give "
            "a default.",
            rows[given],
            column=column,
        )
        rows, infinite = rows[~given], infinite[~given]
    draft.problems.rows(code, sentence, rows[~infinite], column=column)
    draft.problems.rows(
        "value_infinite",
        f"Column {column!r} holds an infinite number (inf) here, which comes from a division by "
        "zero and is no text. Correct the cell, or empty it if a default shall stand in.",
        rows[infinite],
        column=column,
    )


def _unreadable(draft: Draft, column: Hashable) -> Positions:
    """Return the rows whose cell of a column has no text: they are no blank cells either."""
    faults = [f for f in draft.problems.faults if f.code == "value_unreadable"]
    found = [f.positions for f in faults if f.column == column and f.positions is not None]
    return np.concatenate([*found, np.empty(0, dtype=np.int64)])


def _is_infinite(cells: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which cells are infinite numbers; texts that say so are texts."""
    dtype = cells.dtype
    if isinstance(dtype, pd.StringDtype) or pd.api.types.is_datetime64_any_dtype(dtype):
        return np.zeros(len(cells), dtype=bool)
    try:
        numbers = pd.to_numeric(pd.Series(cells.to_numpy(dtype=object)), errors="coerce")
    except (TypeError, ArithmeticError):  # pandas cannot look at a signalling NaN
        return np.array([isinstance(cell, Decimal) and cell.is_infinite() for cell in cells])
    infinite: npt.NDArray[np.bool_] = np.isinf(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
    return infinite


def _text_of(draft: Draft, column: Hashable) -> pa.Array:
    """Return a column as text, by its format; note what is wrong with its cells."""
    fmt = draft.columns.formats.get(column)
    written = values.to_text(draft.frame[column], fmt, name=str(column))
    note_values(draft, column, written)
    return written.texts


def fold_texts(draft: Draft) -> None:
    """Replace look-alikes by their GSM-7 twins, in the text and in the values, and say so."""
    if draft.options.fold is None or draft.template is None or draft.message.content is None:
        return
    draft.template, changed = fold_template(draft.template)
    draft.message = replace(draft.message, content=draft.template.text)
    _note_folds(draft, "text", changed)
    for tag, column in draft.personalization.items():
        draft.personalization[tag], changed = gsm7.fold_gsm7(column)
        _note_folds(draft, tag, changed)


def _note_folds(draft: Draft, column: str, changed: Any) -> None:
    """Say which characters were replaced, and how often."""
    for change in changed:
        draft.problems.whole(
            "folded",
            f"{change.character!r} became {change.replacement!r}, {change.count} times.",
            severity="info",
            column=column,
            value=change.character,
        )


def fill_gaps(draft: Draft) -> None:
    """Put the default of each column tag where its value is missing."""
    draft.filled = {
        tag: pc.fill_null(column, draft.message.defaults[tag])
        if column.null_count and tag in draft.message.defaults
        else column
        for tag, column in draft.personalization.items()
    }


def identify_messages(draft: Draft) -> None:
    """Find what makes each message the same as another, and what may yet be corrected."""
    doubtful = _doubtful_cells(draft)
    draft.messages = MessageColumns.of(
        message=draft.message,
        template=draft.template,
        contact_ids=draft.contact_ids,
        lookups=draft.lookups,
        given=draft.personalization,
        filled=draft.filled,
        doubtful={tag: doubtful[c] for tag, c in draft.tag_columns.items() if c in doubtful},
        doubtful_words=[str(f.value) for f in draft.problems.faults if f.code in DOUBTFUL_WORDS],
    )


def _doubtful_cells(draft: Draft) -> dict[Hashable, npt.NDArray[np.bool_]]:
    """Return, column by column, which values are warned of and may be written otherwise later."""
    found: dict[Hashable, npt.NDArray[np.bool_]] = {}
    for fault in draft.problems.faults:
        if fault.code in DOUBTFUL_VALUES and fault.positions is not None:
            cells = found.setdefault(fault.column, np.zeros(draft.rows, dtype=bool))
            cells[fault.positions] = True
    return found


def measure_texts(draft: Draft) -> None:
    """Count the segments of every rendered text and note those that are too long."""
    if draft.template is None:
        return
    draft.measured = measure_filled(draft.template, known_values(draft), draft.rows)
    if not draft.problems.blocking:
        _note_long(draft, draft.measured)


def known_values(draft: Draft) -> dict[str, pa.Array | str]:
    """Return what fills each tag as far as it is known: the database's tags their default."""
    defaults = draft.message.defaults
    return {**{tag: defaults.get(tag, "") for tag in draft.database_tags}, **draft.filled}


def _note_long(draft: Draft, measured: Measured) -> None:
    """Note the rendered texts that are over a limit of the platform."""
    limit = np.where(measured.gsm7, MAX_CHARACTERS, MAX_UCS2_CHARACTERS)
    over = (measured.characters > limit) | (measured.segments > MAX_SEGMENTS)
    for rows, limits in (
        (over & measured.gsm7, f"{MAX_CHARACTERS} characters and {MAX_SEGMENTS} segments"),
        (
            over & ~measured.gsm7,
            f"{MAX_UCS2_CHARACTERS} characters in UCS-2, which a special character forces",
        ),
    ):
        draft.problems.rows(
            "text_too_long",
            f"With this row's values the text passes the limit of {limits}. "
            "Shorten the text or the values.",
            np.flatnonzero(rows),
            column="text",
            values=lambda positions: measured.characters[positions].tolist(),
        )


def judge_rows(draft: Draft, excluded: npt.NDArray[np.bool_]) -> None:
    """Set each row's verdict: invalid, excluded, a duplicate, beyond ``limit``, or ready."""
    draft.verdict = draft.problems.bad_rows(draft.rows).astype(np.uint8) * INVALID
    if draft.problems.blocking:
        draft.verdict[:] = INVALID
    draft.verdict[excluded & (draft.verdict == READY)] = EXCLUDED
    _find_duplicates(draft)
    if draft.options.limit is not None:
        draft.verdict[np.flatnonzero(draft.verdict == READY)[draft.options.limit :]] = HELD_BACK


def _find_duplicates(draft: Draft) -> None:
    """Find persons that are in the frame more than once, with the same message or with another."""
    ready = np.flatnonzero(draft.verdict == READY)
    if len(ready) < 2:  # noqa: PLR2004 - one row repeats nothing
        return
    who = draft.messages.identity(ready)
    draft.somebody_twice = has_repeats(who)
    if not draft.somebody_twice:
        return
    rows = ready[who.duplicated(keep=False).to_numpy()]
    messages = draft.messages.messages(rows)
    again = messages.duplicated().to_numpy()
    if draft.options.duplicates == "skip":
        draft.verdict[rows[again]] = DUPLICATE
    _note_duplicates(draft, rows, messages, again)


def has_repeats(who: pd.Series) -> bool:
    """Tell whether somebody is in it twice; sorting numbers takes less room than hashing."""
    if who.dtype == object:
        return bool(who.duplicated().any())
    ordered = np.sort(who.to_numpy())
    return bool((ordered[1:] == ordered[:-1]).any())


def _note_duplicates(
    draft: Draft, rows: Positions, messages: pd.DataFrame, again: npt.NDArray[np.bool_]
) -> None:
    """Note repeated messages, and persons who get different ones."""
    kept = draft.options.duplicates == "send"
    draft.problems.rows(
        "duplicate",
        "An equal message to this person is in an earlier row; it is sent again, as asked."
        if kept
        else duplicate_sentence(int(again.sum())),
        rows[again],
        severity="info" if kept else "warning",
        column=draft.columns.phone,
    )
    first = messages[~again]
    several = first["\x00recipient"].duplicated(keep=False).to_numpy()
    each = first["\x00recipient"][several].value_counts()
    people = "1 person gets" if len(each) == 1 else f"{len(each):,} persons get"
    most = f", up to {each.max():,} each" if len(each) > 1 else ""
    draft.problems.rows(
        "same_person",
        "This person gets more than one message, with different values. In all "
        f"{people} {each.sum():,} messages{most}. Check that this is meant.",
        rows[~again][several],
        severity="warning",
        column=draft.columns.phone,
    )


def _where(mask: pa.Array) -> Positions:
    """Return the positions at which an Arrow mask is true."""
    return np.flatnonzero(mask.to_numpy(zero_copy_only=False))


def segment_numbers(draft: Draft) -> npt.NDArray[np.int16]:
    """Return the segments of each row, -1 where nothing would go out or nothing is known."""
    if draft.measured is None:
        return np.full(draft.rows, -1, dtype=np.int16)
    counts = np.isin(draft.verdict, (READY, HELD_BACK, EXCLUDED))
    return np.where(counts, draft.measured.segments, -1).astype(np.int16)
