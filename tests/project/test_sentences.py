"""Nothing that people read names an argument as mere text: a shell and the screen have others."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pandas as pd
import pytest
from list_files import send_files

import smsframe
from smsframe._base.sentences import OPTIONS
from smsframe._send.report import warn

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


NOUNS = "rows|messages|files|people|problems|segments|fields"
PLURAL = re.compile(rf"\b1 (?:[a-z]+ ){{0,2}}(?:{NOUNS})\b")


def refusal(function, *args, **options):
    """Return what a call is refused with."""
    with pytest.raises(smsframe.InputError) as caught:
        function(*args, **options)
    return str(caught.value)


def test_sentences__of_one(client, tmp_path):
    """What is counted may be one: no sentence says "1 messages"."""
    options = {"program": "148372", "phone": "mobile", "progress": False}
    good, bad = pd.DataFrame({"mobile": ["+12015550101"]}), pd.DataFrame({"mobile": ["12"]})
    files, short = tmp_path / "one.parquet", tmp_path / "short.csv"
    good.to_parquet(files)
    short.write_text("mobile,name\n+12015550101\n")
    told = [
        repr(smsframe.plan_files(files, "Hi", **options)),
        refusal(send_files, files, tmp_path / "out", "Hi", phone="mobile", confirm=2),
        refusal(smsframe.send, good, "Hi", **options, confirm=2),
        refusal(smsframe.send, bad, "Hi", **options, problems="raise"),
        refusal(smsframe.read, short),
    ]
    for counts, why in (({"unknown": 1}, ""), ({"rejected": 1}, "It stopped.")):
        with pytest.warns(smsframe.SmsframeWarning) as warned:
            warn(counts, why)
        told.append(str(warned[0].message))
    assert [text for text in told if PLURAL.search(text) or "1 " not in text] == []
