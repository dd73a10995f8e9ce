"""Nothing that people read names an argument as mere text: a shell and the screen have others."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import smsframe
from smsframe._base.sentences import OPTIONS

SOURCES = Path(smsframe.__file__).parent
ARGUMENT = re.compile(rf"(?<![\w.%-])({'|'.join(OPTIONS)})=")
WORDED = ("arg", "words", "Part", "connect_with")


def texts(node):
    """Yield the texts below a node, but for docstrings and what is worded for each place."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in WORDED:
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    for child in ast.iter_child_nodes(node):
        yield from texts(child)


def test_sources__arguments_are_parts_of_sentences():
    """No text outside the sandbox holds an argument's name and a ``=``."""
    found = [
        f"{path.relative_to(SOURCES)}:{line}: {text}"
        for path in SOURCES.rglob("*.py")
        if "sandbox" not in path.parts
        for line, text in texts(ast.parse(path.read_text(encoding="utf-8")))
        if ARGUMENT.search(text)
    ]
    assert found == []
