"""The import law: a file imports only from files below it, and the import of the package is cheap.

The house stands here as data, from the roof down. A file that is in no storey fails, so whoever
adds one decides where it belongs; a package that is one storey orders its own files. Imports for
type checking alone are free: they tie nothing at run time.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "smsframe"

HOUSE: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("demo",),  # stands on the public names, as any script would
    ("console",),
    ("__init__",),
    ("accessor",),
    ("composer",),
    ("composing",),
    ("verbs", "followup", "lookback", "result_files"),
    ("reconciling",),
    ("export_checks",),
    ("exports",),
    ("sending", "refreshing", "plotting", "summing"),
    ("places", "rebuilding"),
    ("remembered", "nearly_same"),
    ("keysahead", "matching", "plan_warnings", "progress", "polling", "interrupts"),
    ("tally", "delivery", "workers"),
    ("flights",),
    ("statuses",),
    ("records",),
    ("planning",),
    ("planview", "leftovers", "verdicts", "exclusion", "trial"),
    ("draft", "resultrows", "display_summary"),
    ("display", "message_keys", "row_countries"),
    ("files",),
    ("workbooks",),
    ("csv_cells", "typed_cells"),
    ("encodings", "formula_cells", "number_formats", "tags", "value_problems"),
    ("frames", "arguments", "problems", "slices"),
    ("journal",),
    ("journal_reader", "whichjournal"),
    ("journal_ledger",),
    ("journal_schema", "journal_records"),
    ("journal_place",),
    ("campaign_lock",),
    ("acoustic", "acoustic.client"),
    ("acoustic.calls",),
    ("acoustic.auth", "acoustic.in_flight"),
    ("acoustic.outcomes", "acoustic.transport", "acoustic.token_file"),
    ("acoustic.wire", "acoustic.watchdog", "acoustic.reasons"),
    ("excluded_numbers",),
    ("phones",),
    ("phone_damage", "phone_guess"),
    ("phone_ways", "phone_owners"),
    ("phone_columns", "phone_reading"),
    ("phone_walk", "phone_cells"),
    ("phone_numbers",),
    ("phone_states",),
    ("phone_patterns", "phone_codes", "phone_bytes"),
    ("near_texts",),
    ("sendkeys", "loose_values"),
    ("canonical", "text_hashes"),
    ("segmentation",),
    ("characters",),
    ("gsm7",),
    ("values", "templates"),
    ("text_columns",),
    (
        *("cells", "cli_options", "colours", "countries", "country_names", "shellwords"),
        *("telling", "text_bytes"),
    ),
    ("config", "campaign_names", "format_specs"),
    ("checks", "tracebacks"),
    ("errors", "forks"),
    ("consent_columns",),
    ("masking", "no_value_words"),
)
STOREY = {name: number for number, names in enumerate(HOUSE) for name in names}


def storey_of(name: str) -> str:
    """Return the entry of the house that a file belongs to: its own, else its package's."""
    return name if name in STOREY else name.split(".", maxsplit=1)[0]


# Who may know the sandbox; everybody else meets it over a socket.
MAY_IMPORT_SANDBOX = {"__init__", "cli", "acoustic.client"}

FORBIDDEN_AT_IMPORT = (
    "requests", "urllib3", "flask", "werkzeug", "phonenumbers", "tqdm", "sqlite3", "ipywidgets",
    "anywidget", "orjson", "filelock", "platformdirs", "matplotlib",
)  # fmt: skip


def name_of(path: Path) -> str:
    """Return the dotted name of a file inside the package."""
    name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    return name if name == "__init__" else name.removesuffix(".__init__")


FILES = {
    name_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if "sandbox" not in path.parts
}


def imports_of(path: Path) -> list[tuple[str, int]]:
    """Return what a file imports from the package at run time, with the line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [(_module(name), node.lineno) for name in names]
    return [(_inside(name), line) for name, line in found if name.split(".")[0] == "smsframe"]


def _module(name: str) -> str:
    """Return the module that ``from x import y`` loads: ``x.y`` if that is one, else ``x``."""
    place = PACKAGE.joinpath(*_inside(name).split("."))
    is_module = place.is_dir() or place.with_suffix(".py").is_file()
    return name if is_module else name.rpartition(".")[0]


def _inside(name: str) -> str:
    """Return a dotted name without the name of the package."""
    return name.removeprefix("smsframe").lstrip(".") or "__init__"


@pytest.mark.parametrize("name", FILES)
def test_import_law(name):
    """A file imports only from storeys below its own."""
    own = storey_of(name)
    assert own in STOREY, f"{name} is new: give it a storey in HOUSE"
    for imported, line in imports_of(FILES[name]):
        where = f"{name}, line {line}, imports {imported}"
        if imported.split(".")[0] == "sandbox":
            assert name in MAY_IMPORT_SANDBOX, where
            continue
        other = storey_of(imported)
        assert other in STOREY, f"{imported} is new: give it a storey in HOUSE"
        inside = other == own and "." in imported and "." in name
        assert inside or STOREY[other] > STOREY[own], where


@pytest.mark.parametrize("path", sorted((PACKAGE / "sandbox").glob("*.py")), ids=lambda p: p.stem)
def test_import_law__sandbox_is_an_island(path):
    """The sandbox imports nothing else of the package, so no belief about the API is shared."""
    for imported, line in imports_of(path):
        assert imported.split(".")[0] == "sandbox", f"{path.name}, line {line}: {imported}"


def test_import_law__would_notice(tmp_path):
    """The reader of imports sees plain, aliased, nested and from-package imports, not typing's."""
    file = tmp_path / "sample.py"
    file.write_text(
        "import smsframe._send.run\nfrom smsframe import config as c, phones\n"
        "def f():\n    from smsframe._journal.store import Journal\n"
        "if TYPE_CHECKING:\n    from smsframe.cli import main\n"
    )
    assert {name for name, _ in imports_of(file)} == {"sending", "config", "phones", "journal"}


def test_import__brings_nothing_heavy():
    """``import smsframe`` loads a few small modules of ours, nothing heavy."""
    code = "import sys, pandas; a = set(sys.modules); import smsframe; print(*set(sys.modules) - a)"
    new = set(_python("-c", code).stdout.split())
    assert {name for name in new if name.startswith("smsframe")} == {
        "smsframe", "smsframe._accessor", "smsframe.errors", "smsframe._base.forks", "smsframe._base.masking",
        "smsframe._base.tracebacks",
    }  # fmt: skip
    assert not new & set(FORBIDDEN_AT_IMPORT)
    assert not any(name.startswith(("pyarrow.compute", "pyarrow._compute")) for name in new)


def test_import__is_quick():
    """``import smsframe`` costs at most 60 ms more than ``import pandas``."""
    assert any(_extra_ms() <= 60 for _ in range(3))  # a busy machine gets three tries


def _extra_ms() -> float:
    """Return the milliseconds that the import takes once pandas is there."""
    told = _python("-X", "importtime", "-c", "import pandas, smsframe").stderr
    found = re.search(r"^import time: +\d+ \| +(\d+) \| smsframe$", told, re.MULTILINE)
    assert found
    return int(found[1]) / 1000


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a new interpreter."""
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
