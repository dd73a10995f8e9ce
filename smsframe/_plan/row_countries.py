"""The countries of a frame's rows: read from a column, held against the region, counted.

``region_from=`` names a column of countries, and each row's number is read in its own. A blank cell
says nothing, so ``region=`` counts there. An entry that is no country stops its row, unless its
number says its country itself: to read it as somewhere else would be a guess. Bare digits are
calling codes where the column's name says so (``prefijo``) and all of them are. A column named
``country_code`` may number its countries as ISO does, where 36 is Australia and not Hungary: it has
to have one that can be a calling code alone.

One ``region=`` for a list of several countries is the commonest way to text strangers, and often
the frame says so itself. So a column that plainly holds countries and is not used is compared with
the region, and where it contradicts it for numbers that were read nationally, that is a warning.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from smsframe._base.masking import mask_label
from smsframe._base.sentences import Sentence, arg, many, words
from smsframe._phones.column_owners import without_accents
from smsframe._phones.country import country_counts, listed
from smsframe._phones.country_names import region_called
from smsframe._phones.parse_column import read_texts
from smsframe._phones.readings import EVERY
from smsframe._phones.to_strings import is_text_or_number, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from smsframe._base.arrow import Positions
    from smsframe._plan.options import Columns
    from smsframe._plan.problems import Problems

UNREADABLE = Sentence(
    "Column {column!r} names no country here that is known. Write its two letters, such as FR, its "
    "English name, or + and its calling code; or empty the cell, so that ",
    arg("region", screen="the region"),
    " counts.",
)
LARGE_LIST, RARE = 200, 0.01

_NAME = re.compile(
    r"(?:^|[^a-z])(?:country|ctry|land|pays|pais|paese|nation|iso|iso2|iso3|staat|kraj"
    r"|ulke|orszag|zeme|maa|tara|negara|drzava|krajina)(?:$|[^a-z])|country|countries|стран[аы]"
    r"|кра[иї]на|држава|χωρα|البلد|الدولة|מדינה|देश|quoc gia|ประเทศ|国|國|"
    + without_accents("국가|나라"),
    re.IGNORECASE,
)
_CALLING_CODES = re.compile(
    r"(?:dial|call|country|phone|tel)[^a-z]*(?:ing)?[^a-z]*(?:code|prefix)|landesvorwahl"
    r"|lander(?:vorwahl|code)|vorwahl.?land|indicatif|prefijo|prefisso|landnummer|区号|區號",
    re.IGNORECASE,
)
_COUNTRY = re.compile("country", re.IGNORECASE)
_NUMBERED = re.compile(r"iso|numeric", re.IGNORECASE)
_ISO_NUMBERS = frozenset(
    map(str, (
        20, 31, 32, 36, 40, 44, 48, 51, 52, 56, 60, 64, 84, 86, 90, 92, 212,
        218, 222, 226, 231, 232, 233, 234, 238, 239, 242, 246, 248, 250, 254, 258, 260, 262,
        266, 268, 352, 356, 372, 376, 380, 500, 504, 508, 591, 598, 670, 674, 678, 682, 686,
        688, 690, 800, 850, 882,
    ))
)  # fmt: skip
"""Numbers of countries that are the calling code of another one too."""

_DIGITS = re.compile(r"(?:00)?([1-9][0-9]{0,2})(?:\.0)?")
_NOT_NAME = re.compile(
    r"birth|origin|nationality|citizen|passport|language|dest|from_|geburt|^sms_", re.IGNORECASE
)
_MOST_DISTINCT, _SAMPLE_ROWS, _LETTERS_OF_CODES = 300, 500, 3
_SHARE, _SHARE_WHERE_NAMED = 0.95, 0.5
_NOTHING = frozenset({"", "nan", "<NA>", "NaT", "None"})


def regions_of_rows(
    frame: pd.DataFrame, columns: Columns, phone: Hashable, problems: Problems
) -> pd.Categorical:
    """Return the region of each row, missing where blank; note the entries that are no country."""
    column = columns.region_from
    cells = frame[column] if is_text_or_number(frame[column]) else frame[column].astype(str)
    texts = pc.utf8_trim_whitespace(texts_of(cells))
    encoded = texts.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    regions = [*map(_reader_of(column, names), names)]
    codes = np.asarray(encoded.indices.fill_null(-1))
    known = pd.Categorical(pd.array([*regions, None], dtype="string").take(codes))
    known_names = zip(names, regions, strict=True)
    unknown = [region is None and name not in _NOTHING for name, region in known_names]
    bad = np.flatnonzero(np.array([*unknown, False])[codes])
    if len(bad):
        bad = bad[~_says_its_country(frame[phone].iloc[bad])]
    problems.rows(
        "country_unreadable",
        UNREADABLE.format(column=column),
        bad,
        column=column,
        values=partial(_masked, frame[column]),
    )
    return known


def _masked(cells: pd.Series, rows: Positions) -> list[str]:
    """Return the cells of rows, masked."""
    return [mask_label(str(cell)) for cell in cells.iloc[rows]]


def note_countries(
    frame: pd.DataFrame, columns: Columns, digits: pa.Array, problems: Problems
) -> None:
    """Note what the countries of the numbers that were read give to think about."""
    if columns.region == EVERY:
        _note_rare(digits.drop_null(), columns.phone, problems)
    elif columns.region is not None and columns.region_from is None:
        _note_contradiction(frame, columns, digits, problems)


def rare_countries(counts: Mapping[str, int], total: int) -> dict[str, int]:
    """Return the countries that few of so many numbers are of; of a short list, none."""
    is_long = total >= LARGE_LIST
    return {name: count for name, count in counts.items() if is_long and count < RARE * total}


def hint_at_column(frame: pd.DataFrame) -> str:
    """Return the sentence on a column that plainly says which countries the numbers are from."""
    for label, _ in _columns_of_countries(frame):
        return Sentence(
            f" Column {label!r} holds countries: ",
            words(
                Sentence("give ", arg("region_from", label)),
                screen="choose it under Country column",
            ),
            " if numbers are from these.",
        )
    return ""


def _note_contradiction(
    frame: pd.DataFrame, columns: Columns, digits: pa.Array, problems: Problems
) -> None:
    """Warn where a column of countries says another one than the region of national numbers."""
    region = str(columns.region).strip().upper()
    for label, countries in _columns_of_countries(frame):
        others = [_code(name) != _code(region) for name in countries.categories]
        rows = np.flatnonzero(np.array([*others, False])[countries.codes])
        rows = rows[_is_national(frame[columns.phone].iloc[rows], digits.take(pa.array(rows)))]
        if len(rows):
            counts = countries[rows].value_counts()
            named = {str(name): int(n) for name, n in counts.items() if n}
            problems.rows(
                "country_contradicts",
                Sentence(
                    f"Column {label!r} says another country than ",
                    arg("region", region, screen="the region"),
                    f" in {many(len(rows), 'row')} whose numbers are written without a "
                    f"country code ({listed(named)}). They are read as numbers of {region}. If "
                    "the column is right, ",
                    words(
                        Sentence("give ", arg("region_from", label)),
                        screen="choose it under Country column",
                    ),
                    ".",
                ),
                rows,
                severity="warning",
                column=label,
            )


def _note_rare(contacts: pa.Array, phone: Hashable, problems: Problems) -> None:
    """Warn of rare countries where numbers were said to begin with their country code."""
    rare = rare_countries(country_counts(contacts), len(contacts))
    if rare:
        problems.whole(
            "country_rare",
            Sentence(
                "With ",
                arg("region", EVERY, python='"+"', screen="country codes in front"),
                f", few of {len(contacts):,} numbers are of {listed(rare)}. Look whether these "
                "rows lack their country code: then others are texted.",
            ),
            severity="warning",
            column=phone,
        )


def _reader_of(label: object, names: Sequence[str]) -> Callable[[str], str | None]:
    """Return what tells the region of a column's entries."""
    digits = {found[1] for name in names if (found := _DIGITS.fullmatch(name))}
    are_codes = _says_calling_code(label) and all(map(_region_of_code, digits))
    may_be_iso = digits <= _ISO_NUMBERS and not _says_calling_code(_COUNTRY.sub("", str(label)))
    return _region_of_code if are_codes and not may_be_iso else _supported


def _says_calling_code(label: object) -> bool:
    """Tell whether a column's name says that it holds calling codes."""
    name = _name_of(label)
    return bool(_CALLING_CODES.search(name)) and not _NUMBERED.search(name)


def _name_of(label: object) -> str:
    """Return the name of a column in plain letters, its words apart."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", without_accents(str(label)))


def _supported(name: str) -> str | None:
    """Return the region of a name that numbers can be read in."""
    region = region_called(name)
    return region if region in phonenumbers.SUPPORTED_REGIONS else None


def _code(region: str) -> int:
    """Return the calling code of a region."""
    return int(phonenumbers.country_code_for_region(region))


def _is_national(column: pd.Series, digits: pa.Array) -> npt.NDArray[np.bool_]:
    """Tell which numbers were read though nothing in them names their country."""
    texts = pc.fill_null(texts_of(column), "+")
    abroad = pc.match_substring_regex(texts, r"[+\x{ff0b}]|^[^0-9]*0(?:0|11)")
    return np.asarray(digits.is_valid()) & ~np.asarray(abroad)


def _says_its_country(column: pd.Series) -> npt.NDArray[np.bool_]:
    """Tell which numbers are numbers whatever the country of their row."""
    return np.asarray(read_texts(texts_of(column), None).is_valid)


def _columns_of_countries(frame: pd.DataFrame) -> Iterator[tuple[Hashable, pd.Categorical]]:
    """Yield the columns that plainly hold countries."""
    for place, label in enumerate(frame.columns):
        countries = _countries_of(frame.iloc[:, place], label)
        if countries is not None:
            yield label, countries


def _countries_of(column: pd.Series, label: object) -> pd.Categorical | None:
    """Return a column as regions if it plainly holds countries, else None."""
    name = _name_of(label)
    if _NOT_NAME.search(name) or not is_text_or_number(column) or not len(column):
        return None
    region_of = _region_of_code if _says_calling_code(label) else _supported
    sample = texts_of(column.iloc[:: max(1, len(column) // _SAMPLE_ROWS)]).drop_null()
    is_named = region_of is _region_of_code or bool(_NAME.search(name))
    if not _are_countries(sample, region_of, is_named=is_named):
        return None
    encoded = pc.utf8_trim_whitespace(texts_of(column)).dictionary_encode()
    if len(encoded.dictionary) > _MOST_DISTINCT:
        return None
    regions: list[Any] = [*map(region_of, encoded.dictionary.to_pylist()), None]
    codes = np.asarray(encoded.indices.fill_null(-1))
    return pd.Categorical(pd.array(regions, dtype="string").take(codes))


def _region_of_code(name: str) -> str | None:
    """Return the region of a calling code without its +, or of a name."""
    digits = _DIGITS.fullmatch(name)
    return _supported(f"+{digits[1]}" if digits else name)


def _are_countries(
    texts: pa.Array, region_of: Callable[[str], str | None], *, is_named: bool
) -> bool:
    """Tell whether texts are countries: names by themselves, codes under a name that says so."""
    distinct: Sequence[str] = pc.utf8_trim_whitespace(texts).unique().to_pylist()
    if not distinct or len(distinct) > _MOST_DISTINCT:
        return False
    long = is_named or any(len(one) > _LETTERS_OF_CODES for one in distinct)
    known = sum(region_of(one) is not None for one in distinct)
    return long and known >= (_SHARE_WHERE_NAMED if is_named else _SHARE) * len(distinct)
