"""A report as a page: static HTML without script, whose pictures are bars with numbers on them.

Every picture stands in a table with the same numbers, so it is hidden from those who listen to the
page. The page forbids itself to load anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pandas as pd

from smsframe._base.held_back import HELD_OUT
from smsframe._base.html import DARK, STATUS_COLOURS, Html, joined, money, tag
from smsframe._base.masking import PHONE_DIGITS, mask_phone
from smsframe._base.result_columns import BILLED, words_of
from smsframe._base.sentences import many
from smsframe._results.report_facts import OTHERS
from smsframe._results.report_style import STYLE
from smsframe._results.report_words import NO_REASON, STATUS_MEANINGS, reason_words
from smsframe._results.run_texts import texts_of
from smsframe._results.summary_html import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe._journal.records import RunRecord
    from smsframe._results.report_facts import Facts
    from smsframe._results.summary import Summary

MOST_REASONS: Final = 20
MOST_RUNS: Final = 10
MOST_TEXTS: Final = 20
LONGEST_LABEL: Final = 60
WRITTEN_ON: Final = 0.09
LARGE_WRITTEN_ON: Final = 0.03
"""A part of a bar has its number on it from this share of the whole width for each character."""
NOT_OUT: Final = ("not_sent", "rejected", "invalid", "duplicate", "not_attempted")
ENDINGS: Final = {
    "done": "finished",
    "stopped": "stopped before its end",
    "interrupted": "stopped by somebody",
    "failed": "ended by an error",
    "": "not ended: under way, or its program was ended",
}
_LONG = re.compile(rf"\d{{{PHONE_DIGITS},}}")
_HEAD: Final = Html(
    "<meta charset='utf-8'>"
    "<meta name='viewport' content='width=device-width, initial-scale=1'>"
    "<meta http-equiv='Content-Security-Policy' "
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    "<meta name='referrer' content='no-referrer'>"
    "<meta name='color-scheme' content='light dark'>"
)


def report_html(facts: Facts) -> str:
    """Return a report as a whole page."""
    title = _title(facts)
    body = tag(
        "body",
        tag("header", tag("h1", title), tag("p", _lead(facts.summary), class_="lead")),
        tag("main", *_sections(facts)),
        tag("footer", *_footer(facts)),
    )
    head = tag("head", _HEAD, tag("title", title), tag("style", Html(STYLE)))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _sections(facts: Facts) -> list[Html]:
    """Return the parts of the page; those with nothing to show are left out."""
    reached = sum(facts.summary.counts.get(name, 0) for name in (*BILLED, "not_sent"))
    written = dict.fromkeys(each for run in facts.runs for each in _texts_of(run))
    parts = [
        _section("At a glance", *_glance(facts)),
        _section("The texts" if len(written) > 1 else "The text", *_texts(facts, list(written))),
        _section("What became of the messages", *_outcomes(facts.summary)),
        _section("Reasons", *_reasons(facts.summary)),
        _section("What is not known, and what to do", *_open(facts.summary)),
    ]
    if reached:
        caption = f"Messages that the service accepted, by {facts.unit} (UTC)."
        parts.append(_section(f"By {facts.unit}", *_groups(facts.times, facts.unit, caption)))
    caption = (
        "Rows by the country of the phone number. “none” is a row without a number that can be "
        "used."
    )
    parts.append(_section("By country", *_groups(facts.places, "country", caption)))
    if facts.variants is not None:
        caption = "Rows by the variant of the text that they have."
        parts.append(_section("By variant", *_groups(facts.variants, "variant", caption)))
    return [*parts, _section("Cost", *_cost(facts.summary))]


def _section(title: str, *parts: Html) -> Html:
    """Return a part of the page with its heading."""
    name = "part-" + "-".join(re.findall(r"[a-z]+", title.lower()))
    return tag("section", tag("h2", title, id=name), *parts, aria_labelledby=name)


def _title(facts: Facts) -> str:
    """Return what the page is about."""
    campaigns = {run.campaign for run in facts.runs if run.campaign}
    about = f": {shown(campaigns.pop())}" if len(campaigns) == 1 else ""
    if facts.runs and all(run.is_test for run in facts.runs):
        return f"SMS test report{about}"
    planned = "planned" in facts.summary.counts and facts.summary.batches == 0
    return f"SMS plan report{about}" if planned else f"SMS report{about}"


def shown(text: str, longest: int = LONGEST_LABEL) -> str:
    """Return what somebody wrote, without digits that could be a phone number.

    >>> shown("May offer"), shown("call 2015550123")
    ('May offer', 'call ••••••••23')
    """
    masked = text
    if sum(map(str.isdigit, text)) >= PHONE_DIGITS:
        masked = _LONG.sub(
            lambda found: f"{'•' * (len(found[0]) - 2)}{found[0][-2:]}", mask_phone(text)
        )
    return masked if len(masked) <= longest else f"{masked[:longest]}…"


# -- words


def _lead(summary: Summary) -> str:
    """Return the outcome in one or two sentences."""
    counts, rows = summary.counts, summary.rows
    if not rows:
        return "There are no rows, so nothing was sent."
    of_all = f"of {many(rows, 'row')}"
    sent, accepted = counts.get("sent", 0), counts.get("accepted", 0)
    said = []
    if "planned" in counts:
        said.append(f"Planned: {counts['planned']:,} {of_all} would get a message.")
    if sent:
        more = f"; {accepted:,} more were accepted by the service" if accepted else ""
        said.append(f"Sent: {sent:,} {of_all}{more}.")
    elif accepted:
        said.append(f"Accepted by the service: {accepted:,} {of_all}.")
    elif "planned" not in counts:
        said.append(f"Accepted or sent: none {of_all}.")
    out = _without(summary)
    if out:
        said.append(f"Without a message: {out:,}.")
    if HELD_OUT in summary.held:
        said.append(f"Held out, to compare with: {summary.held[HELD_OUT]:,}.")
    if "unknown" in counts:
        said.append(f"Not known whether they went out: {counts['unknown']:,}.")
    return " ".join(said)


def _without(summary: Summary) -> int:
    """Return how many rows have no message that was to go out; a holdout is to have none."""
    out = sum(summary.counts.get(name, 0) for name in NOT_OUT)
    return out - summary.held.get(HELD_OUT, 0)


def _moment(at: pd.Timestamp) -> str:
    """Return a time as people write it; it is in UTC."""
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _second(seconds: float) -> str:
    """Return a time in seconds since 1970 as people write it."""
    return _moment(pd.Timestamp(seconds, unit="s", tz="UTC"))


def _when(summary: Summary) -> str:
    """Return from when to when messages were accepted."""
    first, last = summary.first_at, summary.last_at
    if first is None or last is None:
        return "nothing was accepted yet"
    if _moment(first) == _moment(last):
        return _moment(first)
    end = f"{last:%H:%M} UTC" if first.date() == last.date() else _moment(last)
    return f"{_moment(first).removesuffix(' UTC')} to {end}"


# -- parts


def _glance(facts: Facts) -> list[Html]:
    """Return the totals, and when and by whom it was."""
    summary = facts.summary
    counts = summary.counts
    figures = {"Rows": f"{summary.rows:,}"}
    if "planned" in counts:
        figures["Would go out"] = f"{counts['planned']:,}"
    figures["Accepted or sent"] = f"{sum(counts.get(name, 0) for name in BILLED):,}"
    figures["To how many people"] = f"{facts.people:,}"
    figures["Without a message"] = f"{_without(summary):,}"
    if HELD_OUT in summary.held:
        figures["Held out"] = f"{summary.held[HELD_OUT]:,}"
    figures["Not known"] = f"{counts.get('unknown', 0):,}"
    costs = summary._costs  # noqa: SLF001 - shown with what it is made of
    if costs is not None:
        name = "Cost, so far known" if summary.segments_unknown else "Cost"
        figures[name] = "not known" if costs.total is None else money(costs.total)
    boxes = [tag("div", tag("dt", name), tag("dd", value)) for name, value in figures.items()]
    who = {run.sender for run in facts.runs} - {""}
    senders = ", ".join(shown(one) for one in sorted(who)) or "not known"
    told = {"When": _when(summary), "By whom": senders}
    programs = {shown(run.program) for run in facts.runs}
    if programs:
        told["SMS program"] = ", ".join(sorted(programs))
    lines = [one for name, text in told.items() for one in (tag("dt", name), tag("dd", text))]
    parts = [tag("dl", *boxes, class_="figures"), tag("dl", *lines, class_="facts")]
    if facts.repeated:
        one = "row of the table repeats a message of another row and is not counted."
        several = "rows of the table repeat messages of other rows and are not counted."
        parts.append(tag("p", many(facts.repeated, one, several), class_="soft"))
    if len(facts.runs) == 1 and facts.runs[0].rows > summary.rows:
        part = f"This report is about {summary.rows:,} of the {facts.runs[0].rows:,} rows of a run."
        parts.append(tag("p", part))
    return parts


def _texts(facts: Facts, written: Sequence[tuple[str | None, str]]) -> list[Html]:
    """Return the text of each run as it was written, its tags not filled; of several, each."""
    parts: list[Html] = []
    for name, text in written[:MOST_TEXTS]:
        if name is not None:
            parts.append(tag("h3", f"{shown(name)}: {_had(facts, name)}", class_="which"))
        parts.append(tag("blockquote", text, class_="text"))
    if len(written) > MOST_TEXTS:
        parts.append(tag("p", f"The first {MOST_TEXTS} of {len(written):,} texts.", class_="soft"))
    if any("%%" in text for _, text in written):
        told = "What stands between %% and %% was replaced for each person. "
        parts.append(tag("p", f"{told}Phone numbers in the text are hidden here.", class_="soft"))
    if facts.not_here:
        told = "The journal of this computer does not know all runs: their text and sender are "
        parts.append(tag("p", f"{told}not known here."))
    elif not facts.runs:
        parts.append(tag("p", "The text is kept when it is sent. Nothing of this was sent yet."))
    return parts


def _texts_of(run: RunRecord) -> list[tuple[str | None, str]]:
    """Return the texts of a run, each with its name where there are several."""
    several = {} if run.forgotten else texts_of(run)
    if not several:
        return [(None, _text(run))]
    return [(name, shown(text, len(text) + 1)) for name, text in several.items()]


def _had(facts: Facts, name: str) -> str:
    """Say how many rows have a text by name, and what became of them."""
    counts = facts.variants
    if counts is None or name not in counts.index:
        cut = counts is not None and OTHERS in counts.index
        return f"counted in “{OTHERS}” below" if cut else "no rows here"
    line = counts.index.get_loc(name)
    numbers = dict(zip(counts.columns, counts.to_numpy()[line].tolist(), strict=True))
    told = [f"{n:,} {words_of(s)}" for s in STATUS_COLOURS if (n := numbers.get(s, 0))]
    rows = sum(numbers.values())
    return f"{many(rows, 'row')} ({', '.join(told)})"


def _text(run: RunRecord) -> str:
    """Return the text of a run."""
    if run.forgotten:
        return "(The text was removed from the journal.)"
    if run.content is None:
        return f"(Message {shown(run.content_id or '')}, which is kept by the service.)"
    return shown(run.content, len(run.content) + 1)


def _outcomes(summary: Summary) -> list[Html]:
    """Return the outcomes as one bar and as a table."""
    counts = {name: summary.counts[name] for name in STATUS_COLOURS if name in summary.counts}
    if not counts:
        return [tag("p", "There is nothing to show.")]
    rows = [
        _row(
            joined(_swatch(name), _under(STATUS_MEANINGS[name])),
            f"{number:,}",
            percent(number / summary.rows),
        )
        for name, number in counts.items()
    ]
    return [
        _bar(counts, sum(counts.values()), large=True),
        _table("What became of each row.", ("Outcome", "*Rows", "*Share"), rows),
    ]


def _reasons(summary: Summary) -> list[Html]:
    """Return the reasons, the commonest first."""
    table = summary.to_frame().dropna(subset=["code"])
    settled = (table["code"] == "resolved") & (table["status"] == "accepted")
    table = table[~settled].sort_values("rows", ascending=False, kind="stable")
    if table.empty:
        return [tag("p", NO_REASON)]
    most = int(table["rows"].max())
    first = table.head(MOST_REASONS)
    rows = []
    for status, code, number in first[["status", "code", "rows"]].itertuples(index=False):
        words = shown(reason_words(code))
        remark = _under(_swatch(status), " · ", tag("code", code))
        sentence = joined(words[:1].upper() + words[1:], remark)
        rows.append(_row(sentence, _picture({status: number}, most), f"{number:,}"))
    caption = "Why rows have no message, or why it is not known. The small word is for programs."
    if len(table) > MOST_REASONS:
        left = int(table["rows"].iloc[MOST_REASONS:].sum())
        more = many(len(table) - MOST_REASONS, "more reason")
        caption += f" {more}, of {many(left, 'row')}, are left out."
    return [_table(caption, ("Reason", "Picture", "*Rows"), rows)]


def _groups(counts: pd.DataFrame, kind: str, caption: str) -> list[Html]:
    """Return rows by group as bars and numbers."""
    if counts.empty:
        return [tag("p", "There is nothing to show.")]
    names = [name for name in STATUS_COLOURS if name in counts.columns]
    names = [name for name in names if counts[name].any()]
    totals = counts.sum(axis=1).tolist()
    most = max(totals)
    rows = []
    for place, (label, total) in enumerate(zip(counts.index, totals, strict=True)):
        numbers = {name: int(counts[name].iloc[place]) for name in names}
        figures = [f"{number:,}" for number in (*numbers.values(), int(total))]
        rows.append(_row(shown(str(label)), _picture(numbers, most), *figures))
    columns = (kind.capitalize(), "Picture", *(f"*{name}" for name in names), "*All")
    return [_table(caption, columns, rows)]


def _cost(summary: Summary) -> list[Html]:
    """Return segments and cost."""
    counted = f"{summary.segments:,} SMS segments of messages that are accepted or sent"
    unsure = f", and {summary.segments_unknown:,} of messages that may have gone out"
    told = f"{counted}{unsure if summary.segments_unknown else ''}. "
    told += "A long text takes several segments, and each is paid for."
    costs = summary._costs  # noqa: SLF001 - shown with what it is made of
    if costs is None:
        return [tag("p", told), tag("p", "No price was given, so no cost is shown.")]
    parts = [tag("p", told), tag("p", "Cost: ", tag("strong", costs.line), ".")]
    by_country = summary.cost_by_country
    if len(by_country) > 1:
        rows = [
            _row(country, "not known: no price" if cost is None else money(cost))
            for country, cost in by_country.items()
        ]
        parts.append(_table("Cost by country.", ("Country", "*Cost"), rows))
    remark = "In the currency of the price that was given for a segment; the bill may differ."
    return [*parts, tag("p", remark, class_="soft")]


def _open(summary: Summary) -> list[Html]:
    """Return what is not known, or not done, and what to do about it."""
    counts, items = summary.counts, []

    def add(number: int, title: str, *parts: str) -> None:
        """Add what is open of so many."""
        if number:
            items.append(tag("div", tag("h3", title), tag("p", *parts), class_="open"))

    unknown, accepted = counts.get("unknown", 0), counts.get("accepted", 0)
    again = counts.get("rejected", 0) + counts.get("not_attempted", 0)
    again -= summary.held.get(HELD_OUT, 0)
    invalid, planned = counts.get("invalid", 0), counts.get("planned", 0)
    add(
        unknown,
        f"{many(unknown, 'message')} may or may not have gone out",
        "The answer of the service was lost, so nobody on this side can know. Nothing of this is "
        "sent again unasked, so that nobody gets the text twice. The product can export the event "
        "“Been Sent a Message From SMS Program”; ",
        tag("code", "results.sms.reconcile(export)"),
        " reads it and settles them. Without an export, somebody has to decide: ",
        tag("code", "results.sms.resolve(...)"),
        ".",
    )
    add(
        accepted,
        f"{many(accepted, 'message')} accepted, which is not yet “sent”",
        "The service checks consent after it has taken a message. ",
        tag("code", "results.sms.refresh()"),
        " in Python, or ",
        tag("code", "smsframe status RUN"),
        " at a shell, asks what became of them; then write this report again.",
    )
    add(
        again,
        f"{many(again, 'message')} refused, held back or not reached",
        "Nothing went out for them. The reasons above say why. When that is put right, run the "
        "same send again: it sends what is left, and nobody gets the text twice.",
    )
    add(
        invalid,
        f"{many(invalid, 'row')} to be corrected",
        "Nothing went out for them. Correct these rows (",
        tag("code", "results.sms.failed"),
        " lists them with what to do) and run the same send again.",
    )
    dry = "This was a dry run: nothing has been sent for them."
    add(planned, f"{many(planned, 'message')} would go out", dry)
    return items or [tag("p", "Nothing is open.")]


def _footer(facts: Facts) -> list[Html]:
    """Return which runs these are, and what the page leaves out."""
    lines: list[Html] = []
    for run in facts.runs[:MOST_RUNS]:
        test = "test " if run.is_test else ""
        ending = ENDINGS.get(run.ending, run.ending)
        started = _second(run.started_at)
        # The id's digits do not stand side by side in the page's bytes.
        name = tag("code", joined(run.run_id[:4], Html("<wbr>"), run.run_id[4:]))
        told = joined(f"Run ({test}of {started}, {ending}): ", name)
        lines.append(tag("p", told))
    if len(facts.runs) > MOST_RUNS:
        lines.append(tag("p", f"and {many(len(facts.runs) - MOST_RUNS, 'more run')}."))
    made = f"Written on {_second(facts.made_at)}."
    kept = "This page holds no phone numbers, no names of recipients and no values of their rows."
    return [tag("h2", "About this report"), *lines, tag("p", f"{made} {kept}")]


# -- pieces


def _table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Html]]) -> Html:
    """Return a table that may scroll; a column that begins with a star is of numbers."""
    heads = [
        tag(
            "th",
            _swatch(name.lstrip("*")) if name.lstrip("*") in STATUS_COLOURS else name.lstrip("*"),
            scope="col",
            class_="n" if name.startswith("*") else None,
        )
        for name in columns
    ]
    body = tag("tbody", *(tag("tr", *cells) for cells in rows))
    made = tag("table", tag("caption", tag("span", caption)), tag("thead", tag("tr", *heads)), body)
    return tag("div", made, class_="box", role="group", tabindex="0", aria_label=caption)


def _row(name: str, *cells: str) -> tuple[Html, ...]:
    """Return the cells of a row: its name, then pictures and figures."""
    made = [cell if isinstance(cell, Html) else tag("td", cell, class_="n") for cell in cells]
    return (tag("th", name, scope="row"), *made)


def _picture(counts: dict[str, int], most: int) -> Html:
    """Return counts as the cell of a bar."""
    return tag("td", _bar(counts, most), class_="draw")


def _swatch(status: str) -> Html:
    """Return a status behind a small square in its colour."""
    square = tag("span", class_="sw", style=f"background:{STATUS_COLOURS[status]}")
    return tag("span", square, words_of(status), class_="status")


def _under(*parts: str) -> Html:
    """Return a remark under the name of a row."""
    return tag("div", *parts, class_="under")


def _bar(counts: dict[str, int], most: int, *, large: bool = False) -> Html:
    """Return counts as one bar whose whole width is ``most``, with numbers where they fit."""
    parts = []
    for status, number in counts.items():
        if not number:
            continue
        share, text = number / most, f"{number:,}"
        least = len(text) * (LARGE_WRITTEN_ON if large else WRITTEN_ON)
        parts.append(
            tag(
                "i",
                text if share >= least else "",
                class_="dark" if status in DARK else None,
                style=f"width:{share:.2%};background:{STATUS_COLOURS[status]}",
            )
        )
    return tag("div", *parts, class_="bar large" if large else "bar", aria_hidden="true")
