"""Texts as nearly equal: the same words, or one word in ten another.

A text is kept as a list of word hashes, so that it can be compared when the text itself has been
forgotten. A tag is a word of its own. Of a word its letters and digits count, without case and
accents, or the number or date that it is, and it ends at a comma whose blank was forgotten. Where
a script writes without blanks, each character is a word. How to opt out, which may stand at the
end, does not count. A text of signs alone is one word.

Texts are nearly equal when at most one word in ten differs, or one word where at least four others
are the same. A word that was put in, left out or replaced is one that differs.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from smsframe._plan.message_keys import MARK
from smsframe._plan.near_values import letters_and_digits, loose_form
from smsframe._text.canonical import visible
from smsframe._text.opt_out_and_links import short_host, without_opt_out

if TYPE_CHECKING:
    from collections.abc import Sequence

OTHERS_THE_SAME: Final = 4
WORDS_PER_DIFFERENCE: Final = 10
DATABASE: Final = -1
ANY: Final = "\x1e"
PUBLISHED: Final = "message "
_BETWEEN_WORDS: Final = re.compile(r"[,;!?](?=[^\W\d_])|\\n")
_TAGS: Final = {MARK: "", ANY: ANY}

_WITHOUT_BLANKS: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
)
_PIECES: Final = re.compile(
    f"[{MARK}{ANY}]|[{_WITHOUT_BLANKS}]|[^{MARK}{ANY}\\s{_WITHOUT_BLANKS}]+"
)


@dataclass(frozen=True, slots=True)
class NearText:
    """What is kept of a text to compare it by: its words, and which value fills each tag.

    ``words`` are hashes, "" standing for a tag and ``ANY`` for what the plan warns of, such as a
    tag in another notation: it may be written otherwise later, and is equal to any word. A link of
    a public shortener has ``ANY`` in front, and is equal to any word but another such link.
    ``values`` has for each tag of the text in turn the number of its value among those that a
    message keeps, ``DATABASE`` where the database fills it.
    """

    words: tuple[str, ...]
    values: tuple[int, ...]

    @classmethod
    def of(cls, skeleton: str, values: Sequence[int], *, doubtful: Sequence[str] = ()) -> NearText:
        """Make one from a text's skeleton; ``doubtful`` are words of it that are warned of."""
        shorter = without_opt_out(skeleton)
        if shorter.count(MARK) == len(values):  # the plan advises to add it
            skeleton = shorter
        for word in doubtful:
            skeleton = re.sub(rf"\S*{re.escape(visible(word))}\S*", ANY, skeleton)
        words = []
        for piece in _PIECES.findall(_BETWEEN_WORDS.sub(" ", skeleton.casefold())):
            if piece in _TAGS:
                words.append(_TAGS[piece])
            elif word := letters_and_digits(piece):
                is_number = any(map(str.isdigit, word))
                form = loose_form(piece.strip("%")) if is_number else word
                words.append((ANY if short_host(piece) else "") + _hash(form))
        return cls(tuple(words or [_hash(skeleton)]), tuple(values))

    @classmethod
    def of_message(cls, content_id: str, tags: Sequence[str]) -> NearText:
        """Make one for a published message, whose values go by their tags' names."""
        words: list[str] = [PUBLISHED + _hash(content_id)]
        for tag in tags:
            words += [_hash(tag), ""]
        return cls(tuple(words), tuple(range(len(tags))))

    def without(self, places: Sequence[bool]) -> NearText:
        """Return it without the words at some places; a tag there takes its value along."""
        kept = [word for word, out in zip(self.words, places, strict=True) if not out]
        tags = [out for word, out in zip(self.words, places, strict=True) if word == ""]
        values = [value for value, out in zip(self.values, tags, strict=True) if not out]
        return NearText(tuple(kept), tuple(values))

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


def _hash(word: str) -> str:
    """Return a hash of a word."""
    return hashlib.blake2b(word.encode(), digest_size=8).hexdigest()


def shared_values(one: NearText, other: NearText) -> list[tuple[int, int]] | None:
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
                mine = one.values[one.words[: block.a + step].count("")]
                theirs = other.values[other.words[: block.b + step].count("")]
                pairs.append((mine, theirs))
    return [pair for pair in pairs if DATABASE not in pair]
