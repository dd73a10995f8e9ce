"""The sandbox is an island: a wrong belief about the API cannot agree with itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import smsframe.sandbox

FILES = sorted(Path(smsframe.sandbox.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])
def test_import__stays_on_the_island(path):
    """No file of the sandbox imports anything else of smsframe, at any level or depth."""
    strays = [name for name in imported(path.read_text("utf-8")) if leaves_island(name)]
    assert strays == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import smsframe", id="package"),
        pytest.param("import smsframe.errors as e", id="module"),
        pytest.param("from smsframe import errors", id="name"),
        pytest.param(
            "def f():\n    from smsframe._acoustic.credentials import mask_phone", id="lazy"
        ),
        pytest.param("from ..errors import ApiError", id="relative"),
        pytest.param("from smsframe.sandboxes import x", id="similar-name"),
    ],
)
def test_import__strays_are_seen(source):
    """The check above would see every way to leave."""
    assert any(leaves_island(name) for name in imported(source))


def imported(source: str) -> list[str]:
    """Return every module a source imports; relative ones as they are seen from the sandbox."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ["", "smsframe.sandbox.", "smsframe."][min(node.level, 2)]
            names.append(f"{base}{node.module or ''}")
    return names


def leaves_island(name: str) -> bool:
    """Tell whether a module is ours and not the sandbox's."""
    steps = name.split(".")
    return steps[0] == "smsframe" and steps[:2] != ["smsframe", "sandbox"]
