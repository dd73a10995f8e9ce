"""The developer's door stays true: what it names exists, its house is whole, code is short."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
import wheels
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HOUSE = GUIDE.split("```")[1]


def test_contributing__names_what_exists():
    """Every path that it names is there, and every name in capitals is in the file beside it."""
    paths = re.findall(r"`((?:smsframe|tests)/[\w/.]*|[A-Z]+\.md)`", GUIDE)
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []
    for name, path in re.findall(r"`([A-Z_]{4,})`[^|`]* (?:in|of) `([\w/]+\.py)`", GUIDE):
        assert re.search(rf"^{name}\b", (ROOT / path).read_text(), re.MULTILINE), name


def test_contributing__house_has_every_room():
    """What lies at the top of the package is in the drawing, and nothing else is."""
    there = {path.stem for path in (ROOT / "smsframe").iterdir() if "__" not in path.name}
    drawn = re.findall(r"^(\w+)/?(?:  (\w+)/?)?  ", HOUSE, re.MULTILINE)
    rooms = {name for line in drawn for name in line if name}
    assert rooms == there - {"py", "samples"}


def test_contributing__targets_exist():
    """Every target of make that it names is one."""
    named = {word for line in re.findall(r"make ([a-z ]+)", GUIDE) for word in line.split()}
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"test", "lint", "types", "lowest", "soak", "bench"} <= named & targets


def test_lowest__is_what_the_project_claims():
    """The oldest versions that are tested satisfy what the wheel asks for, library by library."""
    asked = {
        need.name: need
        for need in map(
            Requirement, PROJECT["dependencies"] + PROJECT["optional-dependencies"]["plot"]
        )
    }
    lines = [line for line in (ROOT / "lowest.txt").read_text().splitlines() if "==" in line]
    pinned = dict(line.split("==") for line in lines)
    assert set(asked) <= set(pinned)
    for name, need in asked.items():
        assert need.specifier.contains(pinned[name]), name
        least = str(need.specifier).removeprefix(">=")
        assert pinned[name].startswith(least), f"{name}: {least} is claimed, {pinned[name]} tested"


def test_constraints__pin_everything():
    """What a fresh clone installs for its tests and notebooks is pinned, to the last library."""
    pytest.importorskip("papermill", reason="the oldest libraries have a list of their own")
    extras = PROJECT["optional-dependencies"]
    asked = [*PROJECT["dependencies"], *extras["test"], *extras["notebooks"]]
    lines = (ROOT / "constraints.txt").read_text().split()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines}
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    assert wheels.needs([line for line in asked if "smsframe" not in line]) - pinned == set()
    compared = {canonicalize_name(Requirement(line).name) for line in extras["bench"]}
    assert compared <= pinned  # they are not installed here, so what they need is not walked


LINES_OF_A_FILE, LINES_OF_A_FUNCTION, LINES_OF_A_DUPLICATE = 600, 50, 3
CODE = sorted(
    path
    for name in ("smsframe", "tests", "benchmarks", "data")
    for path in (ROOT / name).rglob("*.py")
)
FUNCTIONS = [
    (path.relative_to(ROOT).as_posix(), node)
    for path in CODE
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
]


def _without_docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """Return what a function does."""
    return function.body[ast.get_docstring(function) is not None :]


def test_code__files_are_short():
    """No file is longer than it may be; docstrings do not count: they are to be read."""
    lengths = {path.relative_to(ROOT).as_posix(): _lines(path) for path in CODE}
    assert len(lengths) > 100
    assert [name for name, lines in lengths.items() if lines > LINES_OF_A_FILE] == []


def _lines(path: Path) -> int:
    """Return the number of lines of a file without its docstrings."""
    text = path.read_text(encoding="utf-8")
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    told = [
        node.body[0].end_lineno - node.body[0].lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, documented) and ast.get_docstring(node) is not None
    ]
    return len(text.splitlines()) - sum(told)


def test_code__functions_are_short():
    """No function is longer than it may be; a docstring does not count: it is to be read."""
    long = []
    for path, function in FUNCTIONS:
        body = _without_docstring(function)
        signature = function.body[0].lineno - function.lineno
        length = signature + (body[-1].end_lineno - body[0].lineno + 1 if body else 0)
        long += [f"{path}: {function.name}"] * (length > LINES_OF_A_FUNCTION)
    assert len(FUNCTIONS) > 1000
    assert long == []


def test_code__is_written_once():
    """No two functions of the package do the same in the same words."""
    seen: dict[str, str] = {}
    for path, function in FUNCTIONS:
        text = "\n".join(map(ast.unparse, _without_docstring(function)))
        if path.startswith("smsframe/") and text.count("\n") >= LINES_OF_A_DUPLICATE:
            place = f"{path}: {function.name}"
            assert text not in seen, f"{place} does what {seen[text]} does"
            seen[text] = place
    assert len(seen) > 300


def test_contributing__is_one_page():
    """The guide is read in one go."""
    assert len(GUIDE.splitlines()) <= 85
