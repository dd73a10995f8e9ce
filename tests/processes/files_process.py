"""A process that sends files, to be killed: a line when it begins, a line when it is at its end."""

from __future__ import annotations

import json
import sys
import warnings
from dataclasses import replace

from samples import QUICK

import smsframe

if __name__ == "__main__":
    credentials, folder, out, text, journal = sys.argv[1:]
    client = smsframe.connect(**json.loads(credentials), journal=journal)
    client.settings = replace(QUICK, batch_size=20, portion_rows=64)
    warnings.simplefilter("ignore")
    import smsframe._stream.send_files  # what takes long to import is there before it begins

    print("begun", flush=True)
    sent = smsframe.send_files(folder, text, program="148372", out=out, progress=False)
    print(json.dumps(sent.counts), flush=True)
