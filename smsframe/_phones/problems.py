"""What can be wrong with a phone cell: one code for machines, one sentence for people.

Decisions:

* **A text goes to ``mobile`` and ``fixed_line_or_mobile`` numbers and to no other line type.** In
  North America the two cannot be told apart, so its ordinary numbers all pass. Personal numbers
  (UK 070) and pagers forward calls at the caller's cost and take no texts; VoIP ranges (UK 056, DE
  032, JP 050) mostly have no text service: a text to them costs and is lost without a word. Better
  named here than lost there.
* **A short code, a vanity number or an extension is never made into a number.** What the letters
  or the missing digits stand for is a guess, and a guess texts a stranger.
* All of these stop their row and nothing else. What is wrong with a whole column is
  ``corruption``.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from phonenumbers import __version__

from smsframe._base.sentences import Sentence, arg, words

if TYPE_CHECKING:
    from collections.abc import Mapping

_AMBIGUOUS = (
    "{value} can be read as two numbers: as people write or dial it in {region}, and with its "
    "country code first. Write + and the country code in front, which decides it, or "
)
_EVERY_CODE = words(
    Sentence(arg("region", "+", python='"+"'), " if"), screen="choose under Region that"
)

FINE = ""
"""The code of a number that a text can be sent to."""

_UNTEXTED: Mapping[str, tuple[str, str]] = {
    "fixed_line": ("phone_landline", "is a landline, which gets no texts"),
    "toll_free": ("phone_toll_free", "is a toll-free number, which gets no texts"),
    "premium_rate": ("phone_premium", "is a premium-rate number and is not texted"),
    "shared_cost": ("phone_shared_cost", "is a shared-cost number, which gets no texts"),
    "voip": ("phone_voip", "is an internet phone, which gets no texts"),
    "personal_number": (
        "phone_personal",
        "is a personal number that forwards calls and gets no texts",
    ),
    "pager": ("phone_pager", "is a pager, which gets no texts of this kind"),
    "uan": ("phone_company", "is a company-wide access number, which gets no texts"),
    "voicemail": ("phone_voicemail", "is a voicemail access, which gets no texts"),
}
"""Line type → code, and what a valid number of it is."""

CODE_OF_LINE_TYPE: Mapping[str, str] = MappingProxyType(
    {
        "mobile": FINE,
        "fixed_line_or_mobile": FINE,
        **{line_type: code for line_type, (code, _) in _UNTEXTED.items()},
    }
)
"""What a valid number of each line type is reported as."""

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "phone_missing": "There is no phone number. Fill it in, or leave the row out.",
        "phone_unreadable": (
            "{value} is not a phone number. Correct the cell, or choose another phone column."
        ),
        "phone_letters": (
            "{value} has letters in it. A word beside the number, such as (cell), has to go; where "
            "letters stand for digits, write the digits."
        ),
        "phone_extension": (
            "{value} has an extension, or more digits behind a whole number. Give a mobile number "
            "alone."
        ),
        "phone_two_numbers": (
            "{value} is more than one number. Keep one in the cell, or split the rows before "
            "sending."
        ),
        "phone_rounded": (
            "{value} is in scientific notation: a spreadsheet has dropped its last digits. "
            "Take the number from the source, stored as text."
        ),
        "phone_no_country": Sentence(
            "{value} does not say its country. Write + and the country code in front, or ",
            words(
                Sentence("say with ", arg("region"), " which country numbers without one are from"),
                screen="choose under Region which country numbers without one are from",
            ),
            ", or ",
            _EVERY_CODE,
            " every number begins with its country code.",
        ),
        "phone_other_country": (
            "{value} is no number of {region}, but would be one of another country "
            "with a + in front. Write the + if that is meant."
        ),
        "phone_overseas": (
            "{value} is no number of {region}, but of another part of France with a country "
            "code of its own: 0690 and 0691 are +590, 0692 and 0693 are +262, 0694 is +594, 0696 "
            "and 0697 are +596. Write + and that code in place of the 0 (+33 for the mainland)."
        ),
        "phone_ambiguous": Sentence(
            _AMBIGUOUS,
            words("give ", screen=""),
            _EVERY_CODE,
            " every number begins with its country code.",
        ),
        "phone_unknown_country": (
            "{value} begins with a country code that does not exist. Correct the digits after"
            " the +."
        ),
        "phone_short_code": (
            "{value} is too short for a phone number and looks like a short code, which "
            "cannot be texted. Give a mobile number."
        ),
        "phone_too_short": (
            "{value} has too few digits, perhaps no area code. Fill in the missing digits."
        ),
        "phone_too_long": "{value} has too many digits. Remove what does not belong to the number.",
        "phone_invalid": (
            "{value} has the right length but is in no range that phonenumbers "
            f"{__version__} knows. Check it for a typing error; if it is right, a newer "
            "phonenumbers may know it."
        ),
        **{code: f"{{value}} {what}. Give a mobile number." for code, what in _UNTEXTED.values()},
    }
)
"""Code → sentence with the fix; ``{value}`` is the masked cell, ``{region}`` "region FR"."""

SENTENCES_BY_ROW: Mapping[str, str] = MappingProxyType(
    {
        **SENTENCES,
        "phone_ambiguous": Sentence(
            _AMBIGUOUS,
            words(
                Sentence(
                    "give ",
                    arg("region", "+", python='"+"'),
                    " and no ",
                    arg("region_from"),
                    " if every number begins with its country code.",
                ),
                screen="choose no Country column and, under Region, that every number begins with "
                "its country code.",
            ),
        ),
    }
)
"""The same where each row has a country of its own."""

CODES = tuple(SENTENCES)
"""All codes, in the order in which categories are kept."""
