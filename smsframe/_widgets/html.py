"""What all screens say, as HTML: escaped, without script, coloured by the notebook's theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe._base.html import Html, joined, tag
from smsframe._base.masking import mask_sentence
from smsframe._base.sentences import Sentence, on_screen, sentence_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsframe._base.progress import Progress


def in_line(text: str, most: int) -> str:
    """Return a text in one line, cut where it has more characters than there is room for."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def faint(text: str) -> Html:
    """Return a remark; nothing for no text."""
    return tag("div", on_screen(text), class_="sms-faint") if text else joined()


def lines(sentences: Iterable[str]) -> Html:
    """Return remarks below each other."""
    return joined(*map(faint, sentences))


def strong(text: str) -> Html:
    """Return what is to be read first."""
    return tag("div", text, class_="sms-strong")


def good(sentence: str, **said: str) -> Html:
    """Return what went right; ``said`` is for those who listen, as with the others."""
    return tag("div", sentence, class_="sms-good", **said)


def warning(sentence: str) -> Html:
    """Return what to know before one goes on."""
    return tag("div", on_screen(sentence), class_="sms-warning")


def error(sentence: str, **said: str) -> Html:
    """Return what went wrong; nothing for no sentence."""
    return tag("div", on_screen(sentence), class_="sms-error", **said) if sentence else joined()


def complaint(failure: BaseException) -> str:
    """Return an exception as a sentence: our own as they are, others with their kind, masked."""
    text = mask_sentence(sentence_of(failure))
    ours = type(failure).__module__.startswith("smsframe")
    return text if ours and text else Sentence(f"{type(failure).__name__}: ", text)


def bar(done: int, total: int, *more: str) -> Html:
    """Return how far something is, and what more there is to say of it."""
    told = " · ".join([f"{done:,} of {total:,}", *more])
    return joined(
        tag("progress", max=max(total, 1), value=done, aria_label="Messages sent"),
        tag("div", told, class_="sms-faint"),
    )


def send_bar(progress: Progress) -> Html:
    """Return how far a send is."""
    others = {"rejected": progress.rejected, "unknown": progress.unknown}
    told = [f"{number:,} {words}" for words, number in others.items() if number]
    return bar(progress.done, progress.total, f"{progress.accepted:,} accepted", *told)


def code(text: str) -> Html:
    """Return code to be copied."""
    inside = tag("pre", text, tabindex=0, role="region", aria_label="Code")
    return tag("div", inside, class_="sms-code")
