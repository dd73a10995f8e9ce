"""What the options of a command say, as the public functions take it."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final, cast

import smsframe
from smsframe._acoustic import address
from smsframe._base.validation import refuse
from smsframe._files import read as files
from smsframe._files.way import Way
from smsframe._journal import location
from smsframe._plan import value_problems
from smsframe.cli import hours, texts
from smsframe.cli.options import OPTIONS
from smsframe.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._base.journal_address import JournalAddress
    from smsframe._plan.options import SendOptions
    from smsframe._send.plan import Plan


def options_of(arguments: argparse.Namespace) -> SendOptions:
    """Return the arguments of ``plan`` that the command line gives."""
    of_the_command = ("confirm", "dry_run")
    given = {name: value for name, value in vars(arguments).items() if name in OPTIONS}
    read = {
        name: _READ[name](value) if name in _READ else value
        for name, value in given.items()
        if name not in of_the_command
    }
    left_out: tuple[object, ...] = ([], {})
    return cast("SendOptions", {n: None if v in left_out else v for n, v in read.items()})


def said(arguments: argparse.Namespace) -> str | dict[str, str] | None:
    """Return the text, or the texts by name, from the command line or a file."""
    return texts.text_of(arguments.text, arguments.text_file)


def made_of(arguments: argparse.Namespace) -> tuple[Plan, pd.DataFrame]:
    """Return the plan that the command line asks for, and the cells of the file as they are."""
    faults: list[str] = []
    way = Way(**{field.name: getattr(arguments, field.name) for field in fields(Way)})
    way.check(faults)
    refuse(faults)
    cells = files.read_cells(arguments.file, way)
    files.check_header(cells, _columns_named(arguments), arguments.file.name)
    frame = files.prepared(cells, dict(arguments.formats), arguments.decimal)
    made = smsframe.plan(frame, said(arguments), **options_of(arguments))
    return _with_words(made, cells), cells


def _columns_named(arguments: argparse.Namespace) -> list[str]:
    """Return the columns that the command line names."""
    of_tags = [column for _, column in (*arguments.lookup, *arguments.personalize)]
    formatted = [column for column, _ in arguments.formats]
    return [name for name in (arguments.phone, arguments.by, *of_tags, *formatted) if name]


def _with_words(made: Plan, cells: pd.DataFrame) -> Plan:
    """Return a plan that warns of words that count as blank in the columns it takes values from."""
    found = made.data.problems_with(None)
    for name in made.data.read_columns if cells.index.name == "line" else ():
        rows = files.are_words(cells[name]).nonzero()[0]
        value_problems.note_words(found, name, cells[name], rows, file=True)
    return made.of(replace(made.data, problems=found))


def is_named(arguments: argparse.Namespace) -> bool:
    """Return whether the command line or the environment says where to send."""
    pod = arguments.pod or os.environ.get("SMSFRAME_POD", "").strip()
    return bool(arguments.sandbox or arguments.base_url or pod)


def connect(arguments: argparse.Namespace) -> Client:
    """Connect to the sandbox of this machine or to the service."""
    if arguments.sandbox:
        return smsframe.connect("sandbox", journal=arguments.journal)
    return smsframe.connect(
        pod=arguments.pod, base_url=arguments.base_url, journal=arguments.journal
    )


def journal_of(arguments: argparse.Namespace) -> JournalAddress:
    """Return the journal that a connection to this place would use."""
    rehearsal = arguments.sandbox or address.is_loopback(arguments.base_url or "")
    return location.journal_path(arguments.journal, rehearsal=rehearsal)


def prices(given: Sequence[tuple[str, float]]) -> float | dict[str, float] | None:
    """Return what ``--price-per-segment`` says: one price, or those of countries."""
    alone = [price for country, price in given if not country]
    if alone and len(given) > 1:
        raise InputError(
            "Give one --price-per-segment, or one for each country, with * for the others: "
            "--price-per-segment US=0.0079 --price-per-segment '*=0.05'."
        )
    if len({country.upper() for country, _ in given}) < len(given):
        raise InputError("--price-per-segment names a country twice. Keep one.")
    return alone[0] if alone else dict(given) or None


def _columns_of_tags(given: Sequence[tuple[str, str]]) -> dict[str, str | None]:
    """Return what ``--tag`` names; nothing behind the ``=`` is the database's."""
    columns: dict[str, str | None] = {}
    for tag, column in given:
        if columns.get(tag, column or None) != (column or None):
            raise InputError(f"--tag {tag} is given twice, with different columns. Keep one.")
        columns[tag] = column or None
    return columns


_READ: Final[Mapping[str, Callable[[Any], object]]] = {
    "personalize": _columns_of_tags,
    "lookup": dict,
    "defaults": dict,
    "formats": dict,
    "split": texts.split_of,
    "sending_hours": hours.sending_hours,
    "character_swap": {"on": True, "off": False}.get,
    "price_per_segment": prices,
}
"""How the value of an option becomes that of its argument, where it is not taken as it is."""
