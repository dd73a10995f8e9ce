"""Sends a plan in a child process for each line it reads, and tells when it begins and has ended.

It imports and plans once and forks for each send, so that a child does nothing but send. A line is
the name of the campaign and, behind a tab, the time for a send with a gap of a day; a name that
begins with "arms" has three texts and a holdout. The answers are the child's process id, once it
begins to send, then a JSON line with the status of each row by contact (with several texts, status
and text), null when the child was killed.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback

from samples import make_people

import smsframe
from smsframe._base.send_settings import SendSettings
from smsframe.sandbox.room import CREDENTIALS

BATCHES, BATCH_SIZE = 20, 5
ARMS = ("A", "B", "C")


def send(plan, base_url, out, clock):
    """Send in the child and write what became of each row."""
    client = smsframe.connect(base_url=base_url, max_in_flight=4, **CREDENTIALS)
    client.settings = SendSettings(batch_size=BATCH_SIZE, clock=clock)
    print(os.getpid(), flush=True)
    results = plan.send(client=client, progress=False)
    told = dict(zip(results["sms_contact"], results["sms_status"], strict=True))
    if "sms_variant" in results:
        told = {
            contact: [status, variant]
            for contact, status, variant in zip(
                results["sms_contact"],
                results["sms_status"],
                results["sms_variant"].astype(object),
                strict=True,
            )
        }
    with os.fdopen(out, "w", encoding="utf-8") as file:
        json.dump(told, file)


def fork(plan, base_url, clock):
    """Send in a child; returns what it told, None when it was killed."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        try:
            send(plan, base_url, write, clock)
        except BaseException:  # noqa: BLE001 - the child must not go on as the parent
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as file:
        told = file.read()
    os.waitpid(child, 0)
    return json.loads(told) if told else None


def main():
    """Answer line by line."""
    people = make_people(BATCHES * BATCH_SIZE)
    for line in sys.stdin:
        campaign, _, now = line.strip().partition("\t")
        # Texts that differ in a word alone would be nearly the same.
        words = " ".join(f"{campaign.replace(' ', '')}{n}" for n in range(6))
        text = f"Hi %%FirstName%%, {words}, this is {campaign}."
        given = {"campaign": campaign, "min_gap": "24h"} if now else {}
        if campaign.startswith("arms"):
            text = {arm: f"{arm}: {text}" for arm in ARMS}
            given |= {"campaign": campaign, "holdout": 0.1}
        plan = smsframe.plan(people, text, program="148372", phone="mobile", **given)
        clock = (lambda at=float(now): at) if now else time.time
        print(json.dumps(fork(plan, sys.argv[1], clock)), flush=True)


if __name__ == "__main__":
    main()
