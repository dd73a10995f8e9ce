"""What runs this code: IPython's shell, and a notebook's kernel below it. Neither is imported."""

from __future__ import annotations

import sys
from typing import Any


def shell() -> Any:
    """Return IPython's shell; None where nothing runs in one."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


def kernel() -> Any:
    """Return the kernel of a notebook; None on a terminal and in a program."""
    return getattr(shell(), "kernel", None)


def kernel_loop() -> Any:
    """Return the loop of the kernel, on its main thread; None where there is no kernel."""
    return getattr(kernel(), "io_loop", None)
