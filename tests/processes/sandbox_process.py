"""A sandbox in a process of its own; prints its address and ends when its standard input does."""

from __future__ import annotations

import sys

from smsframe.sandbox import Sandbox

if __name__ == "__main__":
    with Sandbox(anyone=True, latency_s=float(sys.argv[1]), retry_after=0) as sandbox:
        print(sandbox.base_url, flush=True)
        sys.stdin.read()
