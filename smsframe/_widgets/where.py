"""Where a screen would stand: in a notebook, in a page whose kernel ends with it, or nowhere."""

from __future__ import annotations

import os
import sys

from smsframe._base.notebook import kernel


def has_screen() -> bool:
    """Tell whether a notebook is there to show widgets: not a console, a script or marimo."""
    marimo = sys.modules.get("marimo")
    if marimo is not None and marimo.running_in_notebook():
        return False
    return kernel() is not None


def ends_with_page() -> bool:
    """Tell whether the kernel ends when its page is closed or loaded again, as under Voila."""
    return os.environ.get("SERVER_SOFTWARE", "").lower().startswith("voila")
