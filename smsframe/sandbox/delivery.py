"""What becomes of a well-formed send call: checked against the database, rendered, stored.

Rules, with our guesses where nobody documents one:

- A placeholder is ``%%`` around at least one character other than ``%``. It must be a database
  field or a key of the contact's own personalization; the first contact and placeholder that break
  this refuse the call. A default alone does not make a placeholder known.
- The value is the inline one, else the database field's, else the default, else nothing. Empty
  counts as no value at each step [guess].
- A published message wins over ``content``; an unknown ``contentId`` is answered like empty
  content [guess].
- Each entry of ``contacts`` stands for itself: who is listed twice is texted twice [guess], which
  is what a rehearsal has to show.
- All lookup keys of an entry must match. More than one match sends nothing [guess].
- With ``anyone`` a number that was not loaded counts as opted in, if it looks like a phone number
  (7 to 15 digits, no leading 0). Loaded contacts keep their consent.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any, Final

import orjson

from smsframe.sandbox.loading import OPTED_IN, OPTED_OUT
from smsframe.sandbox.rules import Call, Entry, RefusedError
from smsframe.sandbox.state import PHONE_FIELD, Message, Send, State

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_A_PHONE: Final = "Contact ID is not a phone number with country code."
NOT_FOUND: Final = "Contact was not found in the database."
SEVERAL_FOUND: Final = "Lookup keys match more than one contact."
NOT_OPTED_IN: Final = {
    OPTED_OUT: "Contact is opted out of the SMS program.",
    None: "Contact has no consent record for the SMS program.",
}

_PLACEHOLDER: Final = re.compile(r"%%([^%]+)%%")
_PHONE: Final = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)


def deliver(state: State, call: Call, *, now: float, anyone: bool, external: bool = False) -> str:
    """Store what a send call does and return its response id, or raise :class:`RefusedError`."""
    with state.transaction():
        if state.program_status(call.program) != "ACTIVE":
            raise RefusedError("program", id=call.program)
        text = _text_of(state, call)
        if external:
            phones = [entry.phone or "" for entry in call.contacts]
            state.add_phones([phone for phone in phones if _PHONE.fullmatch(phone)])
        messages = _Rendering(state, call, text, anyone=anyone, external=external).messages()
        send = Send(new_response_id(now), call.program, call.source, call.campaign, now)
        state.record_send(send, messages)
    return send.response_id


def new_response_id(now: float) -> str:
    """Return an id in the vendor's shape: 7 hex digits, milliseconds in hex, 32 hex digits."""
    return f"{secrets.token_hex(4)[:7]}-{int(now * 1000):x}-{secrets.token_hex(16)}"


def _text_of(state: State, call: Call) -> str:
    """Return the text to render: the published message when one is named."""
    text = call.content if call.content_id is None else state.content(call.content_id)
    if not text.strip():
        raise RefusedError("no_content")
    return text


class _Rendering:
    """One send call being turned into messages."""

    def __init__(
        self, state: State, call: Call, text: str, *, anyone: bool, external: bool
    ) -> None:
        self._state, self._call = state, call
        self._anyone, self._external = anyone, external
        known = state.fields()
        pieces = _PLACEHOLDER.split(text)
        literals, tags = pieces[::2], pieces[1::2]
        self._pattern = "%s".join(literal.replace("%", "%%") for literal in literals)
        self._fields = [tag for tag in dict.fromkeys(tags) if tag in known]
        self._inline_only = [tag for tag in tags if tag not in known]
        places = {tag: place for place, tag in enumerate(self._fields)}
        self._sources = [(tag, places.get(tag), call.defaults.get(tag, "")) for tag in tags]

    def messages(self) -> list[Message]:
        """Return one message per contact, in the order of the call."""
        entries = self._call.contacts
        for entry in entries:
            for tag in self._inline_only:
                if tag not in entry.values:
                    raise RefusedError("wrong_tags", tag=tag)
        phones = self._find([entry for entry in entries if entry.lookup])
        wanted = [phone for entry in entries if (phone := entry.phone or phones.get(entry.lookup))]
        people = self._state.contacts(wanted, self._fields)
        return [self._message(entry, phones, people) for entry in entries]

    def _message(
        self,
        entry: Entry,
        phones: dict[tuple[tuple[str, str], ...], str | None],
        people: dict[str, tuple[Any, ...]],
    ) -> Message:
        """Return what becomes of one contact: as given, phone, text, problem."""
        shown = _shown(entry)
        phone = entry.phone or phones.get(entry.lookup, "")
        if phone is None:
            return Message(shown, None, None, SEVERAL_FOUND)
        person = people.get(phone)
        problem = self._problem(entry, phone, person)
        if problem is not None:
            return Message(shown, phone or None, None, problem)
        return Message(shown, phone, self._render(entry, person[1:] if person else ()), None)

    def _problem(self, entry: Entry, phone: str, person: tuple[Any, ...] | None) -> str | None:
        """Return why a contact is not messaged, ``None`` when it is."""
        if person is not None:
            opted_in = self._external or person[0] == OPTED_IN
            return None if opted_in else NOT_OPTED_IN[person[0]]
        if entry.phone and not _PHONE.fullmatch(entry.phone):
            return NOT_A_PHONE
        return None if self._anyone and phone else NOT_FOUND

    def _render(self, entry: Entry, stored: Sequence[str | None]) -> str:
        """Fill the text: inline value, database field, default, nothing."""
        inline = entry.values
        return self._pattern % tuple(
            inline.get(tag) or (stored[place] if stored and place is not None else "") or default
            for tag, place, default in self._sources
        )

    def _find(self, entries: list[Entry]) -> dict[tuple[tuple[str, str], ...], str | None]:
        """Return the phone each lookup leads to: absent when nobody, ``None`` when several."""
        found = self._matches(entries)
        phones: dict[tuple[tuple[str, str], ...], str | None] = {}
        for lookup in {entry.lookup for entry in entries}:
            matching = set.intersection(*(found[key] for key in lookup))
            if matching:
                phones[lookup] = matching.pop() if len(matching) == 1 else None
        return phones

    def _matches(self, entries: list[Entry]) -> dict[tuple[str, str], set[str]]:
        """Return the phones that each lookup key matches."""
        keys = {key for entry in entries for key in entry.lookup}
        found: dict[tuple[str, str], set[str]] = {key: set() for key in keys}
        for name in {name for name, _ in keys}:
            values = [value for other, value in keys if other == name]
            for value, phones in self._state.phones_by(name, values).items():
                found[name, value] = phones
        for (name, value), phones in found.items():  # numbers that were not loaded, too
            if self._anyone and name == PHONE_FIELD and not phones and _PHONE.fullmatch(value):
                phones.add(value)
        return found


def _shown(entry: Entry) -> bytes:
    """Return how the status answer names a contact, as JSON: its id, or its lookup keys."""
    if entry.phone is not None:
        return orjson.dumps(entry.phone)
    return orjson.dumps(
        [{"name": name, "value": value, "channel": "SMS"} for name, value in entry.lookup]
    )
