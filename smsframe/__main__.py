"""``python -m smsframe`` is the command ``smsframe``."""

from __future__ import annotations

import sys

from smsframe.cli import main

if __name__ == "__main__":
    sys.exit(main())
