"""``smsframe sandbox``: the API on this machine, until it is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsframe.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Serve a sandbox until it is stopped."""
    from smsframe.sandbox import serve  # noqa: PLC0415 - brings Flask, for rehearsals only

    try:
        serve(
            arguments.port,
            arguments.contacts,
            arguments.anyone,
            arguments.world,
            calling_code=arguments.calling_code,
        )
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The sandbox cannot start: {error}") from error
    return 0
