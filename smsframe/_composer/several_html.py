"""The HTML of several texts: one bubble each, and how many messages each has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe._base.html import Html, joined, tag
from smsframe._base.masking import mask_label
from smsframe._base.split_words import HOLDOUT
from smsframe._composer import views
from smsframe._widgets import html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe._composer.row_preview import Addressee, RowPreview

OWN = "this row gets it"
NONE = "This row is held out: it gets none of them, so that the others can be compared with it."


def bubbles(seen: Sequence[tuple[str, RowPreview]], who: Addressee, own: str | None) -> Html:
    """Return what a row would be told by each text; ``own`` is the one that it gets."""
    told = [_one(name, each, is_own=name == own) for name, each in seen]
    to = tag("div", f"to {who.to}", class_="sms-faint")
    held_out = [html.faint(NONE)] if own == HOLDOUT else []
    faults = [html.error(sentence) for sentence in who.faults[: views.SHOWN_FAULTS]]
    return tag("div", to, *held_out, *told, *faults, class_="sms-several")


def _one(name: str, seen: RowPreview, *, is_own: bool) -> Html:
    """Return one text's bubble under its name."""
    named = tag("b", mask_label(name))
    which = joined(" · ", tag("span", OWN, class_="sms-own-mark")) if is_own else joined()
    kind = "sms-one sms-own" if is_own else "sms-one"
    return tag("div", tag("div", named, which), views.phone(seen), class_=kind)
