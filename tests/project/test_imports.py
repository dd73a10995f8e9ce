"""The import law: the contracts of pyproject.toml hold, and the import of the package is cheap.

The contracts name each package of the house and those below it; import-linter walks all imports,
lazy ones and those for typing included.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "smsframe"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]

FORBIDDEN_AT_IMPORT = (
    "requests", "urllib3", "flask", "werkzeug", "phonenumbers", "tqdm", "sqlite3", "ipywidgets",
    "anywidget", "orjson", "filelock", "platformdirs", "matplotlib",
)  # fmt: skip
LINT = "import sys, importlinter.cli as it; sys.exit(it.lint_imports(no_cache=True))"


def test_import_law(monkeypatch):
    """Every file imports only what the contract of its package lets it."""
    linter = pytest.importorskip("importlinter.cli", reason="the import linter is not installed")
    monkeypatch.chdir(ROOT)
    assert linter.lint_imports(no_cache=True) == linter.EXIT_STATUS_SUCCESS


def test_import_law__every_room_has_a_floor():
    """What lies at the top of the package, but for the sandbox, is in a layer."""
    (floors,) = [contract for contract in CONTRACTS if contract["type"] == "layers"]
    placed = {name.strip() for floor in floors["layers"] for name in floor.split("|")}
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert there - {"__init__", "__pycache__", "samples"} == placed | {"sandbox"}


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        pytest.param("_base/arrow.py", "from smsframe._text import values", "Floors", id="up"),
        pytest.param("_text/gsm7.py", "from smsframe._phones import read", "Floors", id="beside"),
        pytest.param("_plan/tags.py", "from smsframe import _connect", "A plan", id="plan"),
        pytest.param("_send/run.py", "import requests", "requests", id="library"),
        pytest.param("_plan/tags.py", "from smsframe.sandbox import serve", "socket", id="sandbox"),
    ],
)
def test_import_law__would_notice(file, line, broken, tmp_path):
    """An import of a function that leads up breaks the contract that forbids it."""
    pytest.importorskip("importlinter", reason="the import linter is not installed")
    shutil.copytree(PACKAGE, tmp_path / "smsframe", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "smsframe" / file).open("a", encoding="utf-8") as sample:
        sample.write(f"def sample():\n    {line}\n")
    told = subprocess.run(
        [sys.executable, "-c", LINT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert re.search(rf"{broken}.* BROKEN", told.stdout)


def test_import__brings_nothing_heavy():
    """``import smsframe`` loads a few small modules of ours, nothing heavy."""
    code = "import sys, pandas; a = set(sys.modules); import smsframe; print(*set(sys.modules) - a)"
    new = set(_python("-c", code).stdout.split())
    assert {name for name in new if name.startswith("smsframe")} == {
        "smsframe", "smsframe._accessor", "smsframe.errors", "smsframe._base",
        "smsframe._base.forks", "smsframe._base.lazy", "smsframe._base.tracebacks",
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
