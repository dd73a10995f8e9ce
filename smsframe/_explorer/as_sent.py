"""The text of one row as it was sent, put together from what the journal keeps of its batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from smsframe._journal import payloads
from smsframe._results.open_journal import reading_journal
from smsframe._results.run_texts import texts_of
from smsframe._text.template import Template, fill_one

if TYPE_CHECKING:
    from smsframe._base.journal_address import JournalAddress
    from smsframe._base.result_rows import ResultRows
    from smsframe._journal.store import Journal

NOT_SENT = "There is no text: no message of this row was sent."
NOT_HERE = "The text cannot be shown: the journal in use does not have this message."
FORGOTTEN = "The text cannot be shown: what this run sent was forgotten."
SEVERAL = "The text is not shown: this send had several. sms_variant says which one this row had."
PUBLISHED = "A message that was written in Acoustic Campaign; its text is not known here."


def text_as_sent(rows: ResultRows, place: int, path: JournalAddress) -> tuple[str | None, str]:
    """Return the text of the row at a position, or None and why there is none."""
    batch, contact = rows.batch[place].as_py(), rows.contact[place].as_py()
    if batch is None or contact is None:
        return None, NOT_SENT
    with reading_journal(path) as journal:
        return (None, NOT_HERE) if journal is None else _text(journal, batch, contact)


def _text(journal: Journal, batch: str, contact: str) -> tuple[str | None, str]:
    """Return the text that went to a contact in a batch."""
    found = journal.find_batches([batch])
    if not found:
        return None, NOT_HERE
    run = journal.run(found[0].run_id)
    if run.forgotten:
        return None, FORGOTTEN
    content = texts_of(run).get(found[0].variant) if found[0].variant else run.content
    if content is None:
        return None, PUBLISHED if run.content is None else SEVERAL
    blob = journal.payloads([batch]).get(batch)
    if blob is None:
        return None, FORGOTTEN
    table = payloads.unpack(blob)
    at = pc.index(payloads.recipients(table).cast(pa.string()), contact).as_py()
    if at < 0:
        return None, "The text cannot be shown: this call went to nobody of this number."
    template = Template.parse(content)
    values = {tag: f"%%{tag}%%" for tag in template.tags}  # those that the database fills stay
    for name in table.column_names:
        if name.startswith(payloads.VALUE):
            values[name.removeprefix(payloads.VALUE)] = table[name][at].as_py() or ""
    return fill_one(template, values), ""
