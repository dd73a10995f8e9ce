"""A process that sends files, to be killed: a line when it begins, a line when it is at its end.

With ``at``, a moment in seconds since 1970, it goes by a clock that begins there.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from dataclasses import replace

from samples import QUICK

import smsframe

if __name__ == "__main__":
    credentials, folder, out, text, journal, rules = sys.argv[1:]
    given = json.loads(rules)
    client = smsframe.connect(**json.loads(credentials), journal=journal)
    client.settings = replace(QUICK, batch_size=20, portion_rows=64)
    if "at" in given:
        at, began = given.pop("at"), time.monotonic()
        client.settings = replace(client.settings, clock=lambda: at + time.monotonic() - began)
    warnings.simplefilter("ignore")
    import smsframe._stream.send_files  # what takes long to import is there before it begins

    print("begun", flush=True)
    sent = smsframe.send_files(folder, text, program="148372", out=out, progress=False, **given)
    print(json.dumps(sent.counts), flush=True)
