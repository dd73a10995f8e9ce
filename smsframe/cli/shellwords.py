"""What the engine says, in the words of a shell: ``limit=5`` becomes ``--limit 5``.

The engine's sentences name arguments and methods of Python. Somebody at a shell has options. All of
that is translated here and nowhere else, by two tables: arguments with an option of their own, and
phrases that have no option. A name that stands in neither stays as it is.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

OPTIONS: Final = {
    "personalize": "--tag",
    "defaults": "--default",
    "formats": "--format",
    "lookup": "--lookup",
    "deadline_s": "--wait",
    "resend_unknown": "--resend-unknown",
    "dry_run": "--dry-run",
    **{
        name: f"--{name.replace('_', '-')}"
        for name in (
            "base_url", "campaign", "campaign_name", "confirm", "content_id", "decimal",
            "duplicates", "encoding", "exclude", "fold", "hidden_rows", "journal", "limit",
            "overwrite", "phone", "pod", "port", "price_per_segment", "problems", "program",
            "region", "region_from", "sheet", "source", "text", "ttl_minutes",
        )
    },
}  # fmt: skip

PHRASES: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r",? or pass them to smsframe\.connect\(\.\.\.\)", ""),
        (r"smsframe\.connect\(\"sandbox\"\)", "--sandbox"),
        (r"smsframe\.connect\(pod=(?:\.\.\.|\"[\w-]*\")\)", "--pod"),
        (r"(?:smsframe\.)?connect\(journal=\.\.\.\)", "--journal"),
        (r" ?smsframe\.last_results\(\) has the table\.", ""),
        (
            r"Give exclude=frame\[.*?\], or the one that holds them",
            "Keep in it only the column that holds them",
        ),
        (r"plan\.send_test(?:\(\.\.\.\))?", "--test-to"),
        (r"\bto= (?=cannot|names)", "--test-to "),
        (r", listed in plan\(\.\.\.\)\.problems", "; smsframe plan with --out FILE lists them all"),
        (r"client\.programs\(\) lists", "in Python, smsframe.connect().programs() lists"),
        (r"Call (?:results\.sms\.)?refresh\(\) again", "Run smsframe status again"),
        (r"A later refresh\(\)", "A later smsframe status"),
        (
            r"results\.sms\.reconcile\(\.\.\.\) or results\.sms\.resolve\(\.\.\.\)",
            "settle them in Python: smsframe.results(RUN).sms.reconcile(...) or .resolve(...)",
        ),
        (
            r"exclude=smsframe\.results\('([\w-]+)'\)",
            (
                r"smsframe status \1 --out had.csv (--sandbox, --pod, --journal as here), then "
                r"--exclude had.csv"
            ),
        ),
        (r"campaign=\"\.\.\.\"", "--campaign NAME"),
        (r"campaign=f\"class-\{date\}\"", "--campaign with the date in the name"),
        (r"\(exclude=\)", "(--exclude FILE)"),
        (r"\bresults\.sms\.(?=\w)", "in Python smsframe.results(RUN).sms."),
        (r", which the frame (?=does not have|has \d)", ", which the file "),
        (r", though the frame has column ", ", though the file has column "),
        (r", though the index of the frame is called '(?:line|row)'\. If .*", "."),
        (r" All of them: smsframe\.last_plan\(\)\.problems", " smsframe plan shows them."),
        (
            r", or give formats=\{[^{}]*: function\}, where the function returns the text .*?\.",
            ".",
        ),
        (r" first: df\[.*?\]\.dt\.tz_convert\('[^']*'\)\.", " first."),
        (r"\bThe frame has no columns\b", "The file has no columns"),
        (r"\bis blank here\b", "is blank here (words such as N/A and None count as blank)"),
    )
)

_TEXT = r"""'[^']*'|"[^"]*\""""
_NAME = rf"(?<![\w.%-])({'|'.join(sorted(OPTIONS, key=len, reverse=True))})"
_NUMBER = r"-?\d+(?:,\d{3})*(?:\.\d+)?"
_PAIR = re.compile(rf"{_NAME}=\{{({_TEXT}): ({_TEXT}|[^'\"{{}}]*)\}}")
_PART = re.compile(rf"{_NAME}\[({_TEXT})\]")
_ROW = re.compile(r"\brow (?=\d)")
_VALUE = re.compile(rf"{_NAME}=({_TEXT}|{_NUMBER}|True\b)?")


def spoken(text: str, *, place: str = "line") -> str:
    """Return a sentence of the engine in the words of a shell.

    Parameters
    ----------
    text : str
        What the engine says.
    place : str, default "line"
        What a row is called: ``line`` where labels are lines of a file, else ``row``.

    Returns
    -------
    str
        The same with options for arguments.

    Examples
    --------
    >>> spoken("confirm=37,000, but 2 would go out: give defaults={'Name': 'you'} or limit=.")
    '--confirm 37000, but 2 would go out: give --default Name=you or --limit.'
    """
    for pattern, words in PHRASES:
        text = pattern.sub(words, text)
    steps: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        (_PAIR, _pair),
        (_PART, lambda found: f"{OPTIONS[found[1]]} {_bare(found[2])}"),
        (_VALUE, _value),
    )
    for pattern, write in steps:
        text = pattern.sub(write, text)
    return _ROW.sub(f"{place} ", text)


def _pair(found: re.Match[str]) -> str:
    """Return a mapping of one pair as the option takes it; None is nothing behind the ``=``."""
    value = "" if found[3] == "None" else _bare(found[3])
    return f"{OPTIONS[found[1]]} {shlex.quote(f'{_bare(found[2])}={value}')}"


def _value(found: re.Match[str]) -> str:
    """Return an argument, with its value if there is one, as an option."""
    option, value = OPTIONS[found[1]], found[2]
    if value is None or value == "True":
        return option
    is_text = value[0] in "'\""
    return f"{option} {shlex.quote(_bare(value)) if is_text else value.replace(',', '')}"


def _bare(value: str) -> str:
    """Return a text without the quotes that Python puts around it."""
    return value[1:-1] if value[:1] in {"'", '"'} else value
