"""What every answer of the service is wrapped in, taken apart with tolerance.

A proxy's HTML page, an empty body, a list where a map was promised: what cannot be read is said to
be unreadable. Nothing raises while an outcome is being worked out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["LONGEST_MESSAGE", "Envelope", "texts_in"]

LONGEST_MESSAGE = 400  # characters that are kept of what the service says in its own words

_EXCERPT_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Envelope:
    """An answer of the service, taken apart with tolerance; it may quote anything, so no repr.

    ``is_readable`` says that the body was a JSON object; ``text`` is a short plain-text excerpt of
    any other body, such as a proxy's HTML page. ``other_errors`` are in none of the places that the
    API uses, but in those of gateways and of the token endpoint.
    """

    data: Any = None
    general_errors: tuple[str, ...] = ()
    other_errors: tuple[str, ...] = ()
    field_errors: Mapping[str, str] = field(default_factory=dict)
    is_readable: bool = True
    text: str = ""

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read a body, whatever it is."""
        try:
            answer = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            return cls(is_readable=False, text=_excerpt(body.decode("utf-8", "replace")))
        if not isinstance(answer, dict):
            return cls(is_readable=False, text=_excerpt(" ".join(texts_in(answer))))
        meta = answer.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        return cls(
            data=answer.get("data"),
            general_errors=tuple(texts_in(meta.get("generalErrors"))),
            other_errors=_other_errors(answer),
            field_errors=_field_errors(meta.get("fieldErrors")),
        )

    @property
    def messages(self) -> tuple[str, ...]:
        """Everything the service said went wrong, general errors first, else the excerpt."""
        said = (*self.general_errors, *self.other_errors, *self.field_errors.values())
        return said or ((self.text,) if self.text else ())

    def says(self, words: str) -> bool:
        """Tell whether some text in the answer, its data included, contains these words."""
        texts = [*self.messages, *texts_in(self.data)]
        return any(words.casefold() in text.casefold() for text in texts)


def _other_errors(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Error texts in the shapes that gateways and the token endpoint use."""
    names = ("error", "error_description", "message")
    return tuple(text for name in names for text in texts_in(answer.get(name)))


def _field_errors(found: Any) -> dict[str, str]:
    """Field → text, from a map or, tolerated, from anything else that holds texts."""
    if isinstance(found, dict):
        joined = {str(name): "; ".join(texts_in(value)) for name, value in found.items()}
        return {name: text for name, text in joined.items() if text}
    return {str(number): text for number, text in enumerate(texts_in(found))}


def texts_in(value: Any) -> Iterator[str]:
    """All non-blank texts in a JSON value, in order."""
    if isinstance(value, str):
        if value.strip():
            yield value.strip()
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


def _excerpt(text: str) -> str:
    """First words of a page, without its markup; "" for what is no text."""
    bare = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>|<[^>]*>", " ", text[: 20 * _EXCERPT_LENGTH])
    words = " ".join(bare.split())[:_EXCERPT_LENGTH]
    return words if words.isprintable() else ""
