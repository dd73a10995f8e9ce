"""What a send writes down before anything leaves: of the run, and of each batch beside its call.

The same for rows of a frame and for a portion of files: what tells messages apart, and whom a batch
goes to, may not depend on where its rows came from.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from smsframe._acoustic.send_request import SendRequest, encode_contacts
from smsframe._journal import payloads
from smsframe._journal.holder import user_name
from smsframe._journal.records import Claim, RunRecord
from smsframe._plan import campaign_names

if TYPE_CHECKING:
    from smsframe._acoustic.client import Client
    from smsframe._base.arrow import Positions
    from smsframe._plan.data import PlanData
    from smsframe._send.keys_ahead import Identities


def claim_and_call(
    plan: PlanData,
    rows: Positions,
    identities: Identities,
    *,
    scope: bytes,
    run_id: str,
    number: int,
    stands: bytes | None = None,
) -> tuple[Claim, SendRequest]:
    """Make the claim and the call of a batch.

    Parameters
    ----------
    plan : PlanData
    rows : array of int64
        Positions in the plan; all have the same text.
    identities : Identities
        Of these rows.
    scope : bytes
        The campaign, 16 bytes.
    run_id, number : str, int
        The run, and which of its batches it is.
    stands : bytes, optional
        What the journal keeps in place of recipients and values: where rows of files stand.
    """
    batch, message = plan.slice(rows), plan.texts.of(rows).message
    batch_id = f"{run_id}:{number:04d}"
    is_test = campaign_names.is_test(plan.options.campaign)
    source = " ".join(filter(None, [message.source, f"smsframe:{batch_id}"]))
    claim = Claim(
        batch_id=batch_id,
        run_id=run_id,
        scope=scope,
        keys=identities.keys.tobytes(),
        recipients=b"" if is_test else identities.recipients.tobytes(),
        loose=b"" if is_test else identities.loose_bytes,
        size=len(rows),
        payload=payloads.pack_recipients(batch) if stands is None else stands,
        source=source,
        variant=plan.variant_of(rows),
    )
    request = SendRequest(
        message=replace(message, source=source),
        contacts=encode_contacts(
            len(rows),
            contact_ids=batch.contact_ids,
            lookups=batch.lookups,
            personalization=batch.personalization,
        ),
        size=len(rows),
    )
    return claim, request


def record_of(
    plan: PlanData, client: Client, *, run_id: str, scope: bytes, rows: int, rest: bytes
) -> RunRecord:
    """Return what the journal keeps of a run itself, which begins now."""
    message, options = plan.message, plan.options
    return RunRecord(
        run_id=run_id,
        scope=scope,
        service=client.service,
        program=message.program,
        campaign=options.campaign,
        content=plan.texts.told,
        content_id=message.content_id,
        near=plan.messages.near_bytes,
        is_test=campaign_names.is_test(options.campaign),
        settings=_settings_of(plan),
        tags=plan.tags,
        rows=rows,
        started_at=client.settings.clock(),
        user=user_name(),
        host=socket.gethostname(),
        pid=os.getpid(),
        rest=rest,
        variants="" if options.several is None else options.several.pinned,
    )


def _settings_of(made: PlanData) -> str:
    """Return the arguments of a run as JSON, functions by their name."""
    columns, options = made.columns, made.options
    kept = {
        "phone": columns.phone,
        "lookup": columns.lookup,
        "personalize": columns.personalize,
        "defaults": made.message.defaults,
        "formats": {
            str(k): v if isinstance(v, str) else "function" for k, v in columns.formats.items()
        },
        "region": columns.region,
        "region_from": columns.region_from,
        "limit": options.limit,
        "duplicates": options.duplicates,
        "resend_unknown": options.resend_unknown,
        "min_gap_s": options.min_gap_s,
        "check_consent": options.check_consent,
    }
    if made.texts.lengths:
        kept["texts"] = made.texts.lengths
    return json.dumps(kept, default=str)
