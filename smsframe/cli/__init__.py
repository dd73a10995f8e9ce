"""The command line: ``smsframe send`` and the other commands, a file each."""

from __future__ import annotations

from smsframe.cli.commands import main

__all__ = ["main"]
