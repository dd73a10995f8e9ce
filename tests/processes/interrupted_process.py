"""Sends with its own slow sandbox, is interrupted from outside, and tells what it has then.

The argument is JSON for the fault that strikes every send call. It prints ``go`` when the first
batch is accepted or, where a fault keeps that from happening, when calls are under way.
"""

from __future__ import annotations

import json
import sys
import threading
import time

from samples import make_people

import smsframe
from smsframe._base.send_settings import SendSettings


def report(sandbox, ending):
    """Print what is left of the send."""
    results = smsframe.last_results()
    told = {
        "ending": ending,
        "rows": len(results),
        "statuses": results["sms_status"].value_counts()[lambda counts: counts > 0].to_dict(),
        "reasons": sorted(results["sms_code"].dropna().unique()),
        "without a reason": int((results["sms_status"] != "accepted").sum())
        - int(results["sms_code"].count()),
        "outbox": len(sandbox.outbox()),
        "repeats": int(sandbox.outbox()["to"].duplicated().sum()),
        "threads": [
            thread.name
            for thread in threading.enumerate()
            if thread.name.startswith("smsframe-") and thread.name != "smsframe-sandbox"
        ],
    }
    print(json.dumps(told), flush=True)


def main():
    """Send until interrupted."""
    fault = json.loads(sys.argv[1])
    with smsframe.Sandbox(anyone=True, latency_s=0.1) as sandbox:
        if fault:
            sandbox.faults.add(**fault)
        client = smsframe.connect(sandbox, max_in_flight=4)
        client.settings = SendSettings(batch_size=5)
        began = time.perf_counter()

        def progress(done):
            if (done.done == 0 and fault) or done.done == 5:
                print("go", flush=True)

        ending = "done"
        try:
            smsframe.send(
                make_people(500),
                "Hi %%FirstName%%.",
                program="148372",
                phone="mobile",
                progress=progress,
            )
        except KeyboardInterrupt as stop:
            ending = str(stop)
        print(f"after {time.perf_counter() - began:.1f} s", flush=True)
        report(sandbox, ending)


if __name__ == "__main__":
    main()
