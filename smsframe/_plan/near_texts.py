"""Texts as nearly equal: the same words, or one word in ten another.

A text is kept as a list of word hashes, so that it can be compared when the text itself has been
forgotten. A tag is a word of its own. Of a word its letters and digits count, without case and
accents, or the number or date that it is, and of a link what stands before its ``?``. It ends at a
comma whose blank was forgotten. Where a script writes without blanks, each character is a word. How
to opt out, which may stand at the end, does not count. A text of signs alone is one word.

Texts are nearly equal when at most one word in ten differs, or one word where at least four others
are the same. A word that was put in, left out or replaced is one that differs. So are texts of
which one has words, or words and tags, where the other has a tag: who has these very words as
values reads the same.
"""

from __future__ import annotations

import difflib
import hashlib
import html
import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import orjson

from smsframe._plan.message_keys import MARK
from smsframe._plan.near_values import letters_and_digits, loose_form
from smsframe._text.canonical import visible
from smsframe._text.opt_out_and_links import short_host, without_opt_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OTHERS_THE_SAME: Final = 4
WORDS_PER_DIFFERENCE: Final = 10
DATABASE: Final = -1
ANY: Final = "\x1e"
PUBLISHED: Final = "message "
_BETWEEN_WORDS: Final = re.compile(r"[,;!?](?=[^\W\d_])|\\n")
_LINK: Final = re.compile(rf"(?:https?://(?:www\.)?|\bwww\.)([^\s?#{MARK}]*)([?#][^\s{MARK}]*)?")
_TAGS: Final = {MARK: "", ANY: ANY}

_WITHOUT_BLANKS: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
)
_PIECES: Final = re.compile(
    f"[{MARK}{ANY}]|[{_WITHOUT_BLANKS}]|[^{MARK}{ANY}\\s{_WITHOUT_BLANKS}]+"
)


Shared: TypeAlias = "tuple[int, int] | tuple[int, NearText] | tuple[NearText, int]"
"""What stands in one place of two texts: a value of each, by its number, or a part of one."""


@dataclass(frozen=True, slots=True)
class NearText:
    """What is kept of a text to compare it by: its words, and which value fills each tag.

    ``words`` are hashes, "" standing for a tag and ``ANY`` for what the plan warns of, such as a
    tag in another notation: it may be written otherwise later, and is equal to any word. A link of
    a public shortener has ``ANY`` in front, and is equal to any word but another such link.
    ``values`` has for each tag of the text in turn the number of its value among those that a
    message keeps, ``DATABASE`` where the database fills it. ``pieces`` are the words themselves,
    which no journal keeps.
    """

    words: tuple[str, ...]
    values: tuple[int, ...]
    pieces: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, skeleton: str, values: Sequence[int], *, doubtful: Sequence[str] = ()) -> NearText:
        """Make one from a text's skeleton; ``doubtful`` are words of it that are warned of."""
        shorter = without_opt_out(skeleton)
        if shorter.count(MARK) == len(values):  # the plan advises to add it
            skeleton = shorter
        skeleton = html.unescape(skeleton)  # the plan advises to write the character itself
        for word in doubtful:
            skeleton = re.sub(rf"\S*{re.escape(visible(word))}\S*", ANY, skeleton)
        pieces = [*_pieces_of(skeleton)] or [(skeleton, _hash(skeleton))]
        return cls(
            tuple(word for _, word in pieces), tuple(values), tuple(piece for piece, _ in pieces)
        )

    @classmethod
    def of_message(cls, content_id: str, tags: Sequence[str]) -> NearText:
        """Make one for a published message, whose values go by their tags' names."""
        words: list[str] = [PUBLISHED + _hash(content_id)]
        for tag in tags:
            words += [_hash(tag), ""]
        return cls(tuple(words), tuple(range(len(tags))))

    def part(self, places: slice) -> NearText:
        """Return the part of it at some places."""
        first = self.words[: places.start].count("")
        values = self.values[first : first + self.words[places].count("")]
        return NearText(self.words[places], values, self.pieces[places])

    def value_at(self, place: int) -> int:
        """Return the number of the value of the tag at a place among the words."""
        return self.values[self.words[:place].count("")]

    def without(self, places: Sequence[bool]) -> NearText:
        """Return it without the words at some places; a tag there takes its value along."""
        kept = [word for word, out in zip(self.words, places, strict=True) if not out]
        pieces = [piece for piece, out in zip(self.pieces, places, strict=False) if not out]
        tags = [out for word, out in zip(self.words, places, strict=True) if word == ""]
        values = [value for value, out in zip(self.values, tags, strict=True) if not out]
        return NearText(tuple(kept), tuple(values), tuple(pieces))

    def dumps(self) -> bytes:
        """Return it as bytes for the journal."""
        return orjson.dumps([self.words, self.values])

    @classmethod
    def loads(cls, blob: bytes) -> NearText:
        """Read it back."""
        words, values = orjson.loads(blob)
        return cls(tuple(words), tuple(values))

    @classmethod
    def loads_all(cls, blob: bytes) -> dict[str, NearText]:
        """Read the texts of a run back, by their names; a single one has none."""
        read = orjson.loads(blob)
        if isinstance(read, list):
            return {"": cls.loads(blob)}
        return {name: cls(tuple(words), tuple(values)) for name, (words, values) in read.items()}


def says(text: str, words: Sequence[str]) -> bool:
    """Tell whether a text has these words and no more; most are told by their first."""
    pieces = _pieces_of(text)
    return all(next(pieces, ("", ""))[1] == word for word in words) and not any(pieces)


def _pieces_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield each word of a text as it stands and as it is kept."""
    plain = _LINK.sub(r"\1", text.casefold())
    for found in _PIECES.finditer(_BETWEEN_WORDS.sub(" ", plain)):
        piece = found[0]
        if piece in _TAGS:
            yield piece, _TAGS[piece]
        elif word := letters_and_digits(piece):
            is_number = any(map(str.isdigit, word))
            form = loose_form(piece.strip("%")) if is_number else word
            yield piece, (ANY if short_host(piece) else "") + _hash(form)


def _hash(word: str) -> str:
    """Return a hash of a word."""
    return hashlib.blake2b(word.encode(), digest_size=8).hexdigest()


def shared_values(one: NearText, other: NearText) -> Sequence[Shared] | None:
    """Return which values of two nearly equal texts stand in the same place; None: they are not.

    Where the database fills one of the two it is left out, for it counts as equal. A published
    message is nearly equal to itself, whichever of its tags are given.
    """
    if one.words[:1] == other.words[:1] and one.words and one.words[0].startswith(PUBLISHED):
        return _of_equal_tags(one, other)
    if any(word.startswith(ANY) for word in (*one.words, *other.words)):
        one, other = _with_any_word(one, other)
    if one.words == other.words:
        pairs = zip(one.values, other.values, strict=True)
        return [pair for pair in pairs if DATABASE not in pair]
    found = _but_some_words(one, other)
    return _but_tags(one, other) if found is None else found


def _but_some_words(one: NearText, other: NearText) -> list[tuple[int, int]] | None:
    """Return which values of two texts stand in the same place if few of their words differ."""
    longest = max(len(one.words), len(other.words))
    allowed = max(longest // WORDS_PER_DIFFERENCE, int(longest > OTHERS_THE_SAME))
    if abs(len(one.words) - len(other.words)) > allowed:
        return None
    if len(set(one.words) ^ set(other.words)) > 2 * allowed:
        return None
    blocks = difflib.SequenceMatcher(None, one.words, other.words, autojunk=False)
    steps = (step for step in blocks.get_opcodes() if step[0] != "equal")
    different = sum(max(a_end - a, b_end - b) for _, a, a_end, b, b_end in steps)
    return _in_place(one, other, blocks) if different <= allowed else None


def _but_tags(one: NearText, other: NearText) -> list[Shared] | None:
    """Return what stands in the same place if one text has parts of the other where it has tags."""
    for pattern, text in ((one, other), (other, one)):
        parts = [text.part(there) for there in _fillings(pattern.words, text.words)]
        shared: list[Shared] = []
        for value, part in zip(pattern.values, parts, strict=False):
            if part.words == ("",):
                theirs = part.values[0]
                shared.append((value, theirs) if pattern is one else (theirs, value))
            elif DATABASE in (value, *part.values):
                return None
            else:
                shared.append((value, part) if pattern is one else (part, value))
        if shared:
            return [pair for pair in shared if DATABASE not in pair]
    return None


def pieces_for(pattern: NearText, text: str) -> list[str] | None:
    """Return which words of a text stand for the tags of a pattern; None where it is none of it."""
    pieces = [*_pieces_of(text)]
    places = _fillings(pattern.words, tuple(word for _, word in pieces))
    return [" ".join(piece for piece, _ in pieces[there]) for there in places] or None


def _fillings(pattern: Sequence[str], words: Sequence[str]) -> list[slice]:
    """Return which words stand where a pattern has tags; none where it is no pattern of them."""
    tags = [place for place, word in enumerate(pattern) if word == ""]
    runs = [pattern[tag + 1 : end] for tag, end in itertools.pairwise([-1, *tags, len(pattern)])]
    if pattern[: len(runs[0])] != words[: len(runs[0])]:
        return []
    at, found = len(runs[0]), []
    for number, run in enumerate(runs[1:], 1):
        last = len(words) - len(run)
        first = at + 1 if number < len(tags) else max(last, at + 1)
        starts = (n for n in range(first, last + 1) if words[n : n + len(run)] == run)
        start = next(starts, None)
        if start is None:
            return []
        found.append(slice(at, start))
        at = start + len(run)
    return found


def _of_equal_tags(one: NearText, other: NearText) -> list[tuple[int, int]]:
    """Return which values of one published message are of tags of one name."""
    mine, theirs = (dict(zip(each.words[1::2], each.values, strict=True)) for each in (one, other))
    return [(mine[tag], theirs[tag]) for tag in mine if tag in theirs]


def _with_any_word(one: NearText, other: NearText) -> tuple[NearText, NearText]:
    """Return texts of one length with the words in doubt, and those in their places, taken out."""
    if len(one.words) != len(other.words):
        return one, other
    doubt = [
        ANY in pair or len({word.startswith(ANY) for word in pair}) > 1
        for pair in zip(one.words, other.words, strict=True)
    ]
    return one.without(doubt), other.without(doubt)


def _neighbours(words: Sequence[str], place: int) -> int:
    """Return how many tags stand next to one another at a place."""
    runs = itertools.groupby(range(len(words)), key=lambda at: words[at] == "")
    return next(len(run) for run in (list(places) for _, places in runs) if place in run)


def _in_place(
    one: NearText, other: NearText, blocks: difflib.SequenceMatcher[str]
) -> list[tuple[int, int]]:
    """Return the values of the tags that stand in the same place.

    Of neighbouring tags of which one was put in or left out, nobody knows which is which.
    """
    pairs = []
    for block in blocks.get_matching_blocks():
        for step in range(block.size):
            places = (one.words, block.a + step), (other.words, block.b + step)
            if one.words[block.a + step] == "" and len({_neighbours(*p) for p in places}) == 1:
                pairs.append((one.value_at(block.a + step), other.value_at(block.b + step)))
    return [pair for pair in pairs if DATABASE not in pair]
