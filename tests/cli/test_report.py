"""``smsframe report``: a run as a page, from a shell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from samples import make_people

import smsframe
from smsframe.cli import commands

pytestmark = pytest.mark.usefixtures("own_folder")
TEXT = "Hi %%FirstName%%, your order has shipped."


@pytest.fixture
def sent(sending, capsys):
    """Send to two people, and return the options of the place they were sent to."""
    make_people(2).to_csv("people.csv", index=False)
    words = sending("people.csv", TEXT, "--confirm", "2")
    assert commands.main(words) == 0
    capsys.readouterr()
    return words[words.index("--base-url") :][:2]


def only_run() -> str:
    """Return the id of the one run in the journal."""
    (run,) = smsframe.runs().index
    return run


def test_report__of_a_run(sent, capsys):
    """A run is written as a page; a second time beside it, and over it where that is asked for."""
    run = only_run()
    command = ["report", run, *sent, "--price-per-segment", "0.01"]
    assert commands.main(command) == 0
    page = Path(f"{run}-report.html")
    assert str(page) in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    assert "Cost: <strong>0.02</strong>" in text
    assert "Hi %%FirstName%%" in text
    assert not re.search(r"\d{7}", text)
    assert commands.main(command) == 0
    assert Path(f"{run}-report-2.html").exists()
    assert commands.main([*command, "--overwrite"]) == 0
    assert len(list(Path().glob("*.html"))) == 2


def test_report__writes_over_nothing_unasked(sent, capsys):
    """What lies at --out is left, and the sentence names the option that writes over it."""
    Path("page.html").write_text("precious")
    command = ["report", only_run(), *sent, "--out", "page.html"]
    assert commands.main(command) == commands.USAGE
    err = capsys.readouterr().err
    assert "page.html is there already" in err
    assert "--overwrite" in err
    assert Path("page.html").read_text() == "precious"
    assert commands.main([*command, "--overwrite"]) == 0
    assert "SMS report" in Path("page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param(["--out", "nowhere/page.html"], "there is no folder", id="folder"),
        pytest.param(["--out", "page.csv"], "the ending must be .html", id="ending"),
        pytest.param(["--price-per-segment", "-1"], "--price-per-segment", id="price"),
    ],
)
def test_report__refusals(sent, capsys, more, said):
    """What cannot be used is a sentence and exit code 2, and nothing is written."""
    assert commands.main(["report", only_run(), *sent, *more]) == commands.USAGE
    assert said in capsys.readouterr().err
    assert list(Path().glob("**/page*")) == []


def test_report__no_such_run(sent, capsys):
    """A run that the journal does not have is named."""
    assert commands.main(["report", "20260101-000000-aaaaaa", *sent]) == commands.USAGE
    assert "has no run '20260101-000000-aaaaaa'" in capsys.readouterr().err
