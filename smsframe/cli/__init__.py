"""The command line: ``smsframe demo | sandbox | plan | send | runs | status``."""

from __future__ import annotations

from smsframe.cli.commands import main

__all__ = ["main"]
