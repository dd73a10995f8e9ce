"""The developer's door stays true: what it names exists, and the house it draws is whole."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
HOUSE = GUIDE.split("```")[1]


def test_contributing__names_what_exists():
    """Every path that it names is there, and every name in capitals is in the file beside it."""
    paths = re.findall(r"`((?:smsframe|tests)/[\w/.]*|[A-Z]+\.md)`", GUIDE)
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []
    for name, path in re.findall(r"`([A-Z_]{4,})`[^|`]* (?:in|of) `([\w/]+\.py)`", GUIDE):
        assert re.search(rf"^{name}\b", (ROOT / path).read_text(), re.MULTILINE), name


def test_contributing__house_has_every_file():
    """Every module and package has its place in the drawing, and nothing else has one."""
    package = ROOT / "smsframe"
    modules = {path.stem for path in package.glob("*.py")} - {"__main__"}
    modules |= {path.stem for path in (package / "acoustic").glob("[a-z]*.py")}
    packages = {path.parent.name for path in package.glob("*/__init__.py")}
    drawn = set(re.findall(r"[\w_]+", HOUSE))
    assert modules | packages <= drawn


def test_contributing__targets_exist():
    """Every target of make that it names is one."""
    named = {word for line in re.findall(r"make ([a-z ]+)", GUIDE) for word in line.split()}
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"test", "lint", "types", "lowest", "soak", "bench"} <= named & targets


def test_lowest__is_what_the_project_claims():
    """The oldest versions that are tested satisfy what the wheel asks for, library by library."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {
        need.name: need
        for need in map(
            Requirement, project["dependencies"] + project["optional-dependencies"]["plot"]
        )
    }
    lines = [line for line in (ROOT / "lowest.txt").read_text().splitlines() if "==" in line]
    pinned = dict(line.split("==") for line in lines)
    assert set(asked) <= set(pinned)
    for name, need in asked.items():
        assert need.specifier.contains(pinned[name]), name
        least = str(need.specifier).removeprefix(">=")
        assert pinned[name].startswith(least), f"{name}: {least} is claimed, {pinned[name]} tested"
