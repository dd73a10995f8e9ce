"""What the rows are told: the text, the columns that fill its tags, and how long it comes out.

Nothing here depends on whom a row addresses, so a text can be looked at before that is known.

How a missing value is filled: the tag's default if there is one; a tag that is no column is left to
the database; anything else is a problem of the row. A default that stands in for a missing value of
a column travels with the recipient, because the API refuses a whole call when one recipient lacks a
key that is no database field.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.invisible import INVISIBLE
from smsframe._base.sentences import Part, Sentence, arg, many, sentence_of, words
from smsframe._plan.batches import picker
from smsframe._plan.column_labels import refuse_repeated
from smsframe._plan.column_values import BLANK
from smsframe._plan.tags import note_database_tag, note_other_notations
from smsframe._plan.value_problems import of_web_page, read_wrongly
from smsframe._text import gsm7
from smsframe._text.segments import Measured, fold_template, measure_filled
from smsframe._text.template import Template, fill, near_misses
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._base.message import Message
    from smsframe._plan.column_values import ColumnValues
    from smsframe._plan.options import Columns
    from smsframe._plan.problems import Problems

MAX_CHARACTERS = 800
MAX_UCS2_CHARACTERS = 400
MAX_SEGMENTS = 6


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Texts:
    """What the rows are told, column by column.

    ``given`` has the values of each tag that a column fills, as read, and ``filled`` the same with
    the defaults where they are missing; ``tag_columns`` says which columns these are. ``template``
    is None where the text cannot be taken apart, or is the service's.
    """

    message: Message
    template: Template | None = None
    tag_columns: Mapping[str, Hashable] = field(default_factory=dict)
    given: Mapping[str, pa.Array] = field(default_factory=dict)
    filled: Mapping[str, pa.Array] = field(default_factory=dict)
    database_tags: tuple[str, ...] = ()
    measured: Measured | None = None

    @property
    def known(self) -> dict[str, pa.Array | str]:
        """What fills each tag as far as it is known: the database's tags their default."""
        defaults = self.message.defaults
        return {**{tag: defaults.get(tag, "") for tag in self.database_tags}, **self.filled}

    @property
    def told(self) -> str | None:
        """The text as it is told of; None for a published message."""
        return self.message.content

    @property
    def lengths(self) -> dict[str, int]:
        """How many characters each of several texts has, by name; this is one."""
        return {}

    def of(self, rows: Positions) -> Texts:  # noqa: ARG002 - which it is where there are several
        """Return the text of rows that all have the same one."""
        return self

    def each(self, rows: Positions) -> Iterator[tuple[str, Texts, Positions]]:
        """Yield each text with its name, "" for the only one, and where its rows stand."""
        yield "", self, np.arange(len(rows))

    def at(self, rows: Positions) -> list[str] | pa.Array:
        """Return the texts of rows; a tag of the database's stays as it is written."""
        if self.template is None:
            what = f"[message {self.message.content_id}]" if self.message.content_id else ""
            return [what] * len(rows)
        at, values = picker(rows), {tag: f"%%{tag}%%" for tag in self.database_tags}
        cut = {tag: at(column) for tag, column in self.filled.items()}
        return fill(self.template, {**values, **cut}, len(rows))

    def taken(self, rows: Positions) -> Texts:
        """Return the texts of some rows, as those of a frame of their own."""
        return _measured(self.cut(rows), len(rows))

    def cut(self, rows: Positions) -> Self:
        """Return the same with the values of some rows, measured as before."""
        at = picker(rows)
        return replace(
            self,
            given={tag: at(column) for tag, column in self.given.items()},
            filled={tag: at(column) for tag, column in self.filled.items()},
        )


def read_texts(message: Message, columns: Columns, fold: str | None, values: ColumnValues) -> Texts:
    """Take the text apart, read what fills its tags, and measure how it comes out."""
    texts = _measured(read_unmeasured(message, columns, fold, values), len(values.frame))
    if texts.measured is not None and not values.problems.blocking:
        note_long(texts.measured, values.problems)
    return texts


def read_unmeasured(
    message: Message, columns: Columns, fold: str | None, values: ColumnValues
) -> Texts:
    """Take the text apart and read what fills its tags."""
    return _filled(_folded(_read(message, columns, values), fold, values.problems))


def _read(message: Message, columns: Columns, values: ColumnValues) -> Texts:
    """Parse the text and sort its tags into columns and database fields."""
    content, said = message.content, columns.personalize or {}
    if content is None:
        return _with_columns(Texts(message=message), said, values)
    _note_content(content, values.problems)
    try:
        template = Template.parse(content)
    except InputError as error:
        values.problems.whole("text_malformed", sentence_of(error), column="text")
        return Texts(message=message)
    texts = _with_tags(Texts(message=message, template=template), template.tags, said, values)
    note_other_notations(values.frame, values.problems, template.literals)
    return texts


def _note_content(content: str, problems: Problems) -> None:
    """Note what is wrong with a text itself."""
    if not content.strip(INVISIBLE):
        problems.whole(
            "text_missing", "The text is empty. Write what the message shall say.", column="text"
        )
    if len(content) > MAX_CHARACTERS:
        problems.whole(
            "text_too_long",
            f"The text has {len(content)} characters; at most {MAX_CHARACTERS} are allowed. "
            f"Shorten it by {len(content) - MAX_CHARACTERS}.",
            column="text",
            value=len(content),
        )
    if "\ufffd" in content:
        problems.whole(
            "text_garbled",
            "The text holds \ufffd, which stands for a character that was lost when it was read in "
            "the wrong encoding. Write it anew.",
            severity="warning",
            column="text",
            value="\ufffd",
        )
    if wrong := read_wrongly(content):
        problems.whole(
            "text_garbled",
            f"The text holds {wrong}, letters that stand for another, as Ã¼ does for ü: it was "
            "read in the wrong encoding. Write it anew.",
            severity="warning",
            column="text",
            value=wrong,
        )
    if wrong := of_web_page(content):
        problems.whole(
            "text_garbled",
            f"The text holds {wrong}, as web pages write a character. Write the character itself.",
            severity="warning",
            column="text",
            value=wrong,
        )


def _with_tags(
    texts: Texts,
    tags: Sequence[str],
    said: Mapping[str, Hashable | None],
    values: ColumnValues,
) -> Texts:
    """Decide which tags are columns, which are then read, and which are left to the database."""
    frame, problems, defaults = values.frame, values.problems, texts.message.defaults
    names = {str(column): column for column in frame.columns}
    chosen = {tag: said.get(tag, names.get(tag)) for tag in tags if tag in said or tag in names}
    for tag, column in chosen.items():
        if tag not in said:
            refuse_repeated(frame, column, Sentence(f"The tag %%{tag}%%"))
    texts = _with_columns(texts, chosen, values)
    database_tags = tuple(tag for tag in tags if tag not in texts.tag_columns)
    for tag in database_tags:
        note_database_tag(frame, problems, tag, defaults.get(tag), said_so=tag in said)
    has = words(Sentence(arg("personalize"), " has"), screen="A column was given for")
    _note_unused(problems, "personalize_unused", said, has, tags)
    has = words(Sentence(arg("defaults"), " has"), screen="“if blank” was given for")
    _note_unused(problems, "default_unused", defaults, has, tags)
    return replace(texts, database_tags=database_tags)


def _note_unused(
    problems: Problems, code: str, named: Iterable[str], has: Part, tags: Sequence[str]
) -> None:
    """Say which tags an argument names that the text does not have."""
    for tag in named:
        if tag in tags:
            continue
        near = near_misses(tag, list(tags))
        hint = f" Did you mean {near[0]!r}?" if near else ""
        problems.whole(
            code,
            Sentence(has, f" {tag!r}, but the text has no %%{tag}%%.{hint}"),
            severity="warning" if near else "info",
            column=tag,
        )


def _with_columns(
    texts: Texts, chosen: Mapping[str, Hashable | None], values: ColumnValues
) -> Texts:
    """Read the value of each tag that is a column; note what is missing."""
    columns = {tag: column for tag, column in chosen.items() if column is not None}
    given = {}
    for tag, column in columns.items():
        given[tag] = read = values.texts(column)
        if tag not in texts.message.defaults:
            values.note_missing(
                column,
                read,
                code="value_missing",
                sentence=Sentence(
                    f"Column {column!r} ",
                    BLANK,
                    f" and tag %%{tag}%% has no default. Fill it in, or ",
                    words(
                        Sentence("give ", arg("defaults", {tag: ...})),
                        screen="write under “if blank” what stands in",
                    ),
                    ".",
                ),
            )
    return replace(texts, tag_columns=columns, given=given)


def _folded(texts: Texts, fold: str | None, problems: Problems) -> Texts:
    """Replace look-alikes by their GSM-7 twins, in the text and in the values, and say so."""
    if fold is None or texts.template is None:
        return texts
    template, changed = fold_template(texts.template)
    _note_folds("text", changed, problems)
    given = {}
    for tag, column in texts.given.items():
        given[tag], changed = gsm7.fold_gsm7(column)
        _note_folds(tag, changed, problems)
    message = replace(texts.message, content=template.text)
    return replace(texts, message=message, template=template, given=given)


def _note_folds(column: str, changed: Iterable[Any], problems: Problems) -> None:
    """Say which characters were replaced, and how often."""
    for change in changed:
        problems.whole(
            "folded",
            f"{change.character!r} became {change.replacement!r}, {many(change.count, 'time')}.",
            severity="info",
            column=column,
            value=change.character,
        )


def _filled(texts: Texts) -> Texts:
    """Put the default of each column tag where its value is missing."""
    defaults = texts.message.defaults
    filled = {
        tag: pc.fill_null(column, defaults[tag])
        if column.null_count and tag in defaults
        else column
        for tag, column in texts.given.items()
    }
    return replace(texts, filled=filled)


def _measured(texts: Texts, rows: int) -> Texts:
    """Count the segments of every rendered text."""
    if texts.template is None:
        return texts
    return replace(texts, measured=measure_filled(texts.template, texts.known, rows))


def note_long(measured: Measured, problems: Problems) -> None:
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
        problems.rows(
            "text_too_long",
            f"With this row's values the text passes the limit of {limits}. "
            "Shorten the text or the values.",
            np.flatnonzero(rows),
            column="text",
            values=partial(_at, measured.characters),
        )


def _at(numbers: npt.NDArray[np.int32], positions: Positions) -> list[int]:
    """Return the numbers at positions."""
    return numbers[positions].tolist()
