"""Where the command line writes: looked at first, over nothing that is there, by any name."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from samples import make_people, without_library, written

from smsframe._files import read, write
from smsframe.cli import commands
from smsframe.errors import InputError

A = "+12015550100"

pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.fixture
def sent_to(sending, sandbox, monkeypatch, capsys):
    """Return what a command says of where its results go, having seen that it sends nothing."""
    without_library(monkeypatch, "openpyxl")
    make_people(1).to_csv("people.csv", index=False)
    Path("folder.csv").mkdir()

    def try_it(verb: str, out: str) -> str:
        confirmed = ["--confirm", "1"] if verb == "send" else []
        words = sending("people.csv", "Hi", "--out", out)[1:]
        assert commands.main([verb, *words, *confirmed]) == commands.USAGE
        assert len(sandbox.requests()) == 0
        return capsys.readouterr().err

    return try_it


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        pytest.param("no/such/place.csv", "there is no folder", id="no folder"),
        pytest.param("folder.csv", "it is a folder", id="a folder"),
        pytest.param(".", "--out . cannot be written: it is a folder", id="this folder"),
        pytest.param("out.xls", "Name it .xlsx", id="only read"),
        pytest.param("out.xlsx", "and is not installed: pip install openpyxl", id="no library"),
        pytest.param("people.csv", "is the file itself", id="the file itself"),
        pytest.param("x" * 300 + ".csv", "File name too long", id="too long"),
        pytest.param("out.json", "one of .csv, .txt, .tsv, .xlsx, .parquet, .pq.", id="json"),
    ],
)
@pytest.mark.parametrize("verb", ["send", "plan"])
def test_out__looked_at_first(sent_to, verb, out, sentence):
    """Where results could not be written, nothing is sent."""
    assert sentence in sent_to(verb, out)


@pytest.mark.parametrize("out", ["other/../people.csv", "symlink.csv", "hardlink.csv"])
@pytest.mark.parametrize("verb", ["send", "plan"])
def test_out__the_file_by_another_name(sent_to, verb, out):
    """The file that is read is not written over, however its name is spelt."""
    Path("other").mkdir()
    Path("symlink.csv").symlink_to("people.csv")
    Path("hardlink.csv").hardlink_to("people.csv")
    before = Path("people.csv").read_bytes()
    assert "is the file itself" in sent_to(verb, out)
    assert Path("people.csv").read_bytes() == before


@pytest.mark.parametrize("verb", ["send", "plan"])
def test_out__not_over_what_is_there(sending, sandbox, capsys, verb):
    """A file that --out names and that is there is not written over, and nothing is sent."""
    make_people(1).to_csv("people.csv", index=False)
    written("mine.csv", "precious")
    words = sending(
        "people.csv", "Hi", "--out", "mine.csv", *["--confirm", "1"][: 2 * (verb == "send")]
    )
    assert commands.main([verb, *words[1:]]) == commands.USAGE
    assert "mine.csv is there already. Name another file; --overwrite" in capsys.readouterr().err
    assert Path("mine.csv").read_text(encoding="utf-8") == "precious"
    assert len(sandbox.requests()) == 0
    assert commands.main([verb, *words[1:], "--overwrite"]) == commands.ALL_ACCEPTED
    assert "sms_status" in Path("mine.csv").read_text(encoding="utf-8")


def test_out__usual_name_is_taken(sending, sandbox, capsys):
    """The usual file of results is left as it is; the next free name is taken, and told."""
    make_people(1).to_csv("people.csv", index=False)
    written("people-results.csv", "precious")
    words = sending("people.csv", "Hi", "--confirm", "1")
    assert commands.main(words) == commands.ALL_ACCEPTED
    assert Path("people-results.csv").read_text(encoding="utf-8") == "precious"
    assert "people-results-2.csv" in capsys.readouterr().out
    assert commands.main(words) == commands.ALL_ACCEPTED  # renewed in its place
    assert not Path("people-results-3.csv").exists()
    assert commands.main([*words, "--overwrite"]) == commands.ALL_ACCEPTED
    assert "sms_status" in Path("people-results.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("out", ["people-results.csv", "o.csv", "o.xlsx", "o.parquet"])
def test_out__earlier_results_are_renewed(sending, sandbox, out):
    """The same command again renews its own table; with a remark in it, it is left alone."""
    make_people(2).to_csv("people.csv", index=False)
    named = [] if out == "people-results.csv" else ["--out", out]
    words = sending("people.csv", "Hi", "--confirm", "2", *named)
    assert [commands.main(words), commands.main(words)] == [commands.ALL_ACCEPTED] * 2
    assert not Path("people-results-2.csv").exists()
    remarked = read.read_cells(Path(out)).assign(remark="called")
    write.write_frame(remarked, Path(out), overwrite=True)
    assert commands.main(words) == (commands.USAGE if named else commands.ALL_ACCEPTED)
    assert "remark" in read.read_cells(Path(out))


def test_demo__from_another_folder(capsys):
    """The sample comes along, and a results.csv that is there is left alone."""
    written("results.csv", "precious")
    assert commands.main(["demo", "--fast"]) == commands.ALL_ACCEPTED
    assert "2,600 rows" in capsys.readouterr().out
    assert Path("results.csv").read_text(encoding="utf-8") == "precious"
    assert len(pd.read_csv("results-2.csv")) == 2600


def test_demo__its_results_as_its_file(capsys):
    """The demonstration does not write over the file it is given."""
    written("results.csv", f"mobile,FirstName,order_no,total\n{A},Ann,1,2\n")
    assert commands.main(["demo", "./results.csv", "--fast"]) == commands.USAGE
    assert "rename it" in capsys.readouterr().err
    assert "sms_status" not in Path("results.csv").read_text(encoding="utf-8")


def test_out__of_status_looked_at_first(sandbox, capsys):
    """``status`` asks nothing either."""
    assert commands.main(["status", "any", "--out", "no/such/place.csv"]) == commands.USAGE
    assert "there is no folder" in capsys.readouterr().err


def test_out__no_right_to_write(sending, sandbox, monkeypatch, capsys):
    """A folder that is not ours to write in is said before anything is sent."""
    monkeypatch.setattr("os.access", lambda *_: False)
    make_people(1).to_csv("people.csv", index=False)
    assert commands.main(sending("people.csv", "Hi", "--confirm", "1")) == commands.USAGE
    assert "you may not write there" in capsys.readouterr().err
    assert len(sandbox.requests()) == 0


@pytest.mark.parametrize(
    ("cells", "out", "sentence"),
    [
        pytest.param(["a", 1], "o.parquet", "several kinds", id="kinds"),
        pytest.param(["a", "b\x0c"], "o.xlsx", "control characters", id="characters"),
    ],
)
def test_out__cells_do_not_fit(cells, out, sentence):
    """Cells that the kind of file cannot hold are found before there are results."""
    with pytest.raises(InputError, match=sentence):
        write.check_fits(pd.DataFrame({"x": cells}), Path(out))
    write.check_fits(pd.DataFrame({"x": cells}), Path("o.csv"))


def test_out__too_many_rows_for_a_sheet(monkeypatch):
    """A sheet that is too small is found before there are results."""
    monkeypatch.setattr(write, "EXCEL_ROWS", 2)
    write.check_fits(pd.DataFrame({"x": [1, 2]}), Path("o.xlsx"))
    with pytest.raises(InputError, match="a sheet holds 2 rows, and there are 3"):
        write.check_fits(pd.DataFrame({"x": [1, 2, 3]}), Path("o.xlsx"))


def test_out__fails_after_the_send(sending, sandbox, monkeypatch, capsys):
    """When writing fails all the same the messages are out: it says how to get the table."""

    def full(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    make_people(1).to_parquet("people.parquet", index=False)
    assert commands.main(sending("people.parquet", "Hi", "--confirm", "1")) == commands.SOME_NOT
    err = capsys.readouterr().err
    assert "No space left on device. Nothing is lost" in err
    assert len(sandbox.outbox()) == 1
