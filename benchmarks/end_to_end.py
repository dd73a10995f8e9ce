"""Send a million rows to a server that answers at once, beside the ways it is done today.

(a) ``df.sms.send`` with phone check, segments and journal. (b) elasticsearch-py's ``parallel_bulk``
from the same frame to the same kind of server, 1000 rows a call and 10 threads, without checks or
journal. (c) The loop an analyst writes, on fewer rows. (d) The floor: the same bodies, made
beforehand, through the same connections.
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import phonenumbers
import requests
from measuring import OPTIONS, TEXT, stub, timed

import smsframe
from smsframe._acoustic.outcomes import Outcome
from smsframe._acoustic.send_request import SendRequest, encode_contacts
from smsframe._base.message import Message

CREDENTIALS = {"client_id": "c", "client_secret": "s", "refresh_token": "r"}
LOOP_ROWS = 5_000


def connect(base_url: str, folder: str) -> smsframe.Client:
    """Connect to the stub, with a journal of its own."""
    return smsframe.connect(
        base_url=base_url, journal=Path(folder) / "journal.sqlite3", **CREDENTIALS
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """Seconds of a send and of its parts."""

    whole: float
    first_post: float  # from the call of send until the first POST
    last_answer: float  # from the call of send until the last answer
    again: float  # the same send a second time


def ours(frame: pd.DataFrame, *, latency_s: float = 0.0, again: bool = True) -> Sent:
    """Send the frame, and where asked the same frame once more, which makes no call."""
    with stub(latency_s) as base_url, tempfile.TemporaryDirectory() as folder:
        client = connect(base_url, folder)
        posts: list[float] = []
        answers: list[float] = []
        post = client.send

        def noted(request: SendRequest, **options: Any) -> Outcome:
            posts.append(time.perf_counter())
            outcome = post(request, **options)
            answers.append(time.perf_counter())
            return outcome

        client.send = noted  # type: ignore[method-assign]
        start = time.perf_counter()
        results = frame.sms.send(TEXT, client=client, progress=False, **OPTIONS)
        whole = time.perf_counter() - start
        assert (results["sms_status"] == "accepted").all()
        calls, last, repeated = len(posts), max(answers), 0.0
        if again:
            repeated, second = timed(
                lambda: frame.sms.send(TEXT, client=client, progress=False, **OPTIONS)
            )
            assert len(posts) == calls
            pd.testing.assert_frame_equal(results, second)
        client.close()
    return Sent(whole, posts[0] - start, last - start, repeated)


def bulk(frame: pd.DataFrame) -> float:
    """Send the frame with elasticsearch-py's parallel_bulk; return the seconds."""
    from elasticsearch import Elasticsearch  # noqa: PLC0415 - only for this comparison
    from elasticsearch.helpers import parallel_bulk  # noqa: PLC0415 - as above

    def work(base_url: str) -> int:
        client = Elasticsearch(base_url)
        actions = (
            {"_index": "sms", "contactId": m, "personalization": {"FirstName": f, "Order": o}}
            for m, f, o in zip(
                frame["mobile"], frame["FirstName"].fillna("Customer"), frame["Order"], strict=True
            )
        )
        calls = parallel_bulk(client, actions, thread_count=10, chunk_size=1000)
        return sum(done for done, _ in calls)

    with stub() as base_url:
        seconds, done = timed(lambda: work(base_url))
    assert done == len(frame)
    return seconds


def loop(frame: pd.DataFrame) -> float:
    """Send with the loop an analyst writes, a call a person; return the seconds a row."""

    def work(base_url: str) -> None:
        for _, row in frame.iterrows():
            number = phonenumbers.parse("+" + row["mobile"])
            if not phonenumbers.is_valid_number(number):
                continue
            body: dict[str, Any] = {
                "content": TEXT,
                "channelQualifier": "148372",
                "contacts": [
                    {
                        "contactId": row["mobile"],
                        "personalization": {"FirstName": row["FirstName"], "Order": row["Order"]},
                    }
                ],
            }
            requests.post(f"{base_url}/rest/channels/sms/sends", json=body, timeout=10)

    frame = frame.fillna("Customer")
    with stub() as base_url:
        seconds, _ = timed(lambda: work(base_url))
    return seconds / len(frame)


def floor(frame: pd.DataFrame, *, latency_s: float = 0.0) -> float:
    """Post ready-made bodies through the same connections, the first alone; return the seconds."""
    first, *others = ready_made(frame)
    with stub(latency_s) as base_url, tempfile.TemporaryDirectory() as folder:
        client = connect(base_url, folder)
        with ThreadPoolExecutor(10) as pool:
            seconds, outcomes = timed(lambda: [client.send(first), *pool.map(client.send, others)])
        client.close()
    assert all(outcome.kind == "accepted" for outcome in outcomes)
    return seconds


def ready_made(frame: pd.DataFrame) -> list[SendRequest]:
    """Return the calls that the frame takes, with their bodies made."""
    made = smsframe.plan(frame, TEXT, **OPTIONS).data
    calls = []
    for rows in made.batch_rows(made.ready, size=1000):
        batch = made.slice(rows)
        calls.append(
            SendRequest(
                message=Message(program="148372", content=TEXT),
                size=len(rows),
                contacts=encode_contacts(
                    len(rows),
                    contact_ids=batch.contact_ids,
                    personalization=batch.personalization,
                ),
            )
        )
    return calls


__all__ = ["LOOP_ROWS", "Sent", "bulk", "floor", "loop", "ours"]
