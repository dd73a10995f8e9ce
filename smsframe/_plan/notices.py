"""Notices about the words of a plan: said once, refused never, and nothing is ever added."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from smsframe._base.sentences import Sentence, many
from smsframe._base.validation import shown_label
from smsframe._plan.verdicts import READY
from smsframe._text import opt_out_and_links

if TYPE_CHECKING:
    from smsframe._plan.problems import Fault, Problems
    from smsframe._plan.texts import Texts
    from smsframe._plan.verdicts import Verdict

OPT_OUT_MISSING = "opt_out_missing"
_BEFORE = "before the text is sent: later, it would be "
_ANOTHER = "another message, and go to everybody."
_NEARLY = "nearly the same message, which is not sent to whoever had that."


def note_words(texts: Texts, verdict: Verdict, problems: Problems) -> None:
    """Note links of public shorteners, and that nobody is told how to opt out."""
    template = texts.template
    if template is None:
        return
    _note_short_links(texts, problems)
    if opt_out_and_links.says_how_to_opt_out(template.text):
        return
    defaults = {tag: texts.message.defaults.get(tag, "") for tag in texts.database_tags}
    if any(opt_out_and_links.says_how_to_opt_out(text) for text in defaults.values()):
        return
    told = np.zeros(len(verdict), dtype=bool)
    for column in texts.filled.values():
        found = opt_out_and_links.values_with_opt_out(column)
        if found is not None:
            told |= found
    without = int((~told[verdict == READY]).sum())
    if not without:
        return
    whose = "The text does" if not told.any() else f"{without:,} of these texts do"
    problems.whole(
        "opt_out_missing",
        f"{whose} not say how to opt out (such as: Reply STOP to opt out). In many countries "
        f"marketing has to; a notice about an order mostly need not. Write it {_BEFORE}{_NEARLY}",
        severity="info",
        column="text",
    )


def with_newcomers(faults: list[Fault], new_people: int | None) -> list[Fault]:
    """Return faults in which that about opting out says how many people never had a message."""
    if not new_people:
        return faults
    people = many(new_people, "of these people has", "of these people have")
    told = f" {people} had nothing from this journal before."
    return [
        replace(f, sentence=Sentence(f.sentence, told)) if f.code == OPT_OUT_MISSING else f
        for f in faults
    ]


def _note_short_links(texts: Texts, problems: Problems) -> None:
    """Note links of public shorteners, in the text and in values."""
    template = texts.template
    assert template is not None
    found = {"text": opt_out_and_links.short_host(template.text)}
    for tag, column in texts.filled.items():
        host = opt_out_and_links.value_with_short_link(column)
        found[str(texts.tag_columns.get(tag, tag))] = host
    for name, host in found.items():
        if host is not None:
            where, then = "The text", _NEARLY
            if name != "text":
                where, then = f"Column {shown_label(name)}", _ANOTHER
            problems.whole(
                "short_link",
                Sentence(
                    f"{where} has a link of {host}, a public shortener. Many carriers block those, "
                    "since spam comes by them; a link of your own domain arrives. "
                    f"Change it {_BEFORE}{then}"
                ),
                severity="info",
                column=name,
                value=host,
            )
