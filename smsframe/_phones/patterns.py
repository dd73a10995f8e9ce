"""Number patterns (regular expressions over digits) → nodes of an automaton.

The metadata of ``phonenumbers`` uses a small part of the syntax: digits, classes, groups,
alternatives, ``?`` and counted repetition. It has no loops, so a pattern is a finite web of steps,
each of which takes one digit. A pattern that uses anything else raises
``UnsupportedPatternError``; ``automaton`` then leaves the calling code to the library. Python's
own parser of expressions is private, hence this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

_ONE_DIGIT = re.compile(r"[0-9]|\\d|\[(?:[0-9]-[0-9]|[0-9]|\\d)+\]")


class UnsupportedPatternError(ValueError):
    """A pattern uses syntax that the automaton does not know."""


# --- patterns → trees ---------------------------------------------------------------------------


class _Reader:
    """Recursive descent over the subset of regular expressions that number patterns use."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0

    def peek(self) -> str:
        """Return the next character, or nothing at the end."""
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        """Return the next character and step over it."""
        self.at += 1
        return self.pattern[self.at - 1 : self.at]

    def alternatives(self) -> tuple[Any, ...]:
        """Read ``a|b|c`` up to a closing bracket or the end."""
        found = [self.sequence()]
        while self.peek() == "|":
            self.take()
            found.append(self.sequence())
        return ("any", found)

    def sequence(self) -> tuple[Any, ...]:
        """Read one alternative."""
        items = []
        while self.peek() not in {"", "|", ")"}:
            items.append(self.counted(self.item()))
        return ("all", items)

    def item(self) -> tuple[Any, ...]:
        """Read one digit, class or group."""
        if found := _ONE_DIGIT.match(self.pattern, self.at):
            self.at = found.end()
            return ("one", _digits_of(found[0]))
        char = self.take()
        if char == "(":
            return self.group()
        if char == "$":
            return ("all", [])  # wider than meant: only prefixes use it, and they lead to "ask"
        raise UnsupportedPatternError(self.pattern)

    def group(self) -> tuple[Any, ...]:
        """Read a group; whether it captures makes no difference here."""
        if self.peek() == "?":
            self.take()
            if self.take() != ":":
                raise UnsupportedPatternError(self.pattern)
        inside = self.alternatives()
        if self.take() != ")":
            raise UnsupportedPatternError(self.pattern)
        return inside

    def counted(self, item: tuple[Any, ...]) -> tuple[Any, ...]:
        """Read what follows an item: nothing, ``?`` or ``{m}`` / ``{m,n}``."""
        if self.peek() == "?":
            self.take()
            return ("many", item, 0, 1)
        if self.peek() in {"*", "+"}:
            raise UnsupportedPatternError(self.pattern)
        if self.peek() != "{":
            return item
        end = self.pattern.index("}", self.at)
        low, _, high = self.pattern[self.at + 1 : end].partition(",")
        self.at = end + 1
        return ("many", item, int(low), int(high or low))


@cache
def _digits_of(one: str) -> frozenset[int]:
    """Return which digits a digit or class stands for: ``[02-57]``."""
    return frozenset(digit for digit in range(10) if re.fullmatch(one, str(digit)))


@cache
def _tree(pattern: str) -> tuple[Any, ...]:
    """Return the tree of a pattern."""
    reader = _Reader(pattern)
    tree = reader.alternatives()
    if reader.peek():
        raise UnsupportedPatternError(pattern)
    return tree


# --- trees → nodes ------------------------------------------------------------------------------

Tag = tuple[str, int, str]
"""What a pattern says when it matches: kind, position of the region, name."""

Nodes = frozenset[Any]
"""Steps and ends that are next."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One digit out of ``digits``, then any of ``then``."""

    digits: frozenset[int]
    then: frozenset[Any]


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """A pattern ends here; a lasting end stays true whatever digits follow."""

    tag: Tag
    lasting: bool


def _compile(tree: tuple[Any, ...], then: Nodes) -> Nodes:
    """Return the nodes at which a tree starts when ``then`` follows it."""
    kind = tree[0]
    if kind == "one":
        return frozenset({Step(tree[1], then)})
    if kind == "any":
        return frozenset().union(*(_compile(option, then) for option in tree[1]))
    if kind == "all":
        for item in reversed(tree[1]):
            then = _compile(item, then)
        return then
    _, item, low, high = tree
    start = then
    for count in range(high, 0, -1):
        start = _compile(item, start)
        if count > low:
            start |= then
    return start


def pattern_nodes(pattern: str | None, tag: Tag, *, lasting: bool = False) -> Nodes:
    """Return the start nodes of one pattern that reports ``tag``."""
    if not pattern:
        return frozenset()
    return _compile(_tree(pattern), frozenset({End(tag, lasting)}))
