"""A folder or pattern in place of a file: shown, confirmed, sent, and written as files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from samples import make_people

import smsframe
from smsframe.cli import main

pytestmark = pytest.mark.usefixtures("own_folder")
TEXT = "Hi %%FirstName%%, your order has shipped."


@pytest.fixture
def folder():
    """Write two files of people."""
    made = Path("people")
    made.mkdir()
    for number in range(2):
        make_people(3, 3 * number).to_csv(made / f"part-{number}.csv", index=False)
    return "people"


@pytest.mark.parametrize("name", ["people", "people/*.csv"])
def test_send__of_a_folder(name, folder, sending, sandbox, capsys):
    """Without --confirm it is shown; with it, it is sent; again, nothing is."""
    assert main([*sending(name, TEXT), "--out", "results"]) == 2
    told = capsys.readouterr()
    assert "rows: 6 in 2 files (6 ready)" in told.out
    assert "run it again with --confirm 6" in told.err
    assert len(sandbox.outbox()) == 0
    assert main([*sending(name, TEXT), "--out", "results", "--confirm", "6"]) == 0
    assert "SentFiles: 6 accepted in 2 files in 'results'" in capsys.readouterr().out
    assert main([*sending(name, TEXT), "--out", "results", "--confirm", "6"]) == 0
    assert len(sandbox.outbox()) == 6
    assert smsframe.SentFiles("results").counts == {"accepted": 6}


def test_plan__of_a_folder(folder, sending, capsys):
    """The problems are shown with the first row that has each."""
    Path("people/part-2.csv").write_text("mobile,FirstName\n+12015550188,Ann\nn/a,Bob\n")
    arguments = ["plan", *sending(folder, TEXT)[1:]]
    assert main(arguments) == 1
    assert "1 phone_missing (first in part-2.csv, line 3)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param([], "Give --out FOLDER", id="no out"),
        pytest.param(["--out", "results", "--sheet", "a"], "--sheet is for one file", id="sheet"),
        pytest.param(["--out", "people/results"], "--out lies among the files", id="among"),
    ],
)
def test_send__refuses_what_does_not_fit(more, said, folder, sending, capsys):
    """Options for one file, and results among people."""
    assert main([*sending(folder, TEXT), *more, "--confirm", "6"]) == 2
    assert said in capsys.readouterr().err


def test_exit_codes__are_those_of_one_file(folder, sending, sandbox, capsys):
    """Rows that are not to be sent are no fault; what is left unconfirmed is usage."""
    Path("left-out.txt").write_text("+12015550100\n")
    arguments = sending(folder, TEXT, "--exclude", "left-out.txt", "--out", "results")
    one = sending("people/part-0.csv", TEXT, "--exclude", "left-out.txt")
    for of in (arguments, one):
        plan = [word for word in of if word not in ("--out", "results")]
        assert main(["plan", *plan[1:]]) == 0
        left = 5 if of is arguments else 0
        assert main(of) == 2
        assert f"run it again with --confirm {left}" in capsys.readouterr().err
        assert main([*of, "--confirm", str(left)]) == 0
    run = smsframe.SentFiles("results").run
    base_url = sending(folder, TEXT)[-2:]
    assert main(["status", run, *base_url, "--out", "some.csv", "--wait", "0"]) == 0
    assert len(smsframe.read("some.csv")) == sum(smsframe.SentFiles("results").counts.values())


def test_plan__of_csv_files_with_a_format(folder, sending, capsys):
    """Columns with a format are read as of one file; what is wrong names file and row."""
    Path("people/part-2.csv").write_text("mobile,FirstName,total\n+12015550188,Ann,1234.5\n")
    for part in ("people/part-0.csv", "people/part-1.csv"):
        lines = Path(part).read_text().splitlines()
        Path(part).write_text("\n".join([f"{lines[0]},total", *(f"{row},7" for row in lines[1:])]))
    arguments = ["plan", *sending(folder, "You owe %%total%%", "--format", "total=,.2f")[1:]]
    assert main(arguments) == 0
    Path("people/part-2.csv").write_text("mobile,total\n+12015550188,7\n+12015550189,$9\n")
    assert main(arguments) == 2
    said = "part-2.csv: Column 'total', line 3: '$9' is no number, as --format 'total=,.2f' needs"
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("out", "said"),
    [
        pytest.param("people/results", "--out lies among the files", id="among"),
        pytest.param("file/results", "--out cannot be made: Not a dir", id="below a file"),
        pytest.param("file", "--out is a file", id="a file"),
        pytest.param("people/..", "--out is a folder with files to send in it", id="above"),
        pytest.param("x" * 300, "--out cannot be made: File name too long", id="too long"),
        pytest.param("full", "--out holds mine.txt, which is no result", id="not empty"),
    ],
)
def test_send__looks_at_the_folder_first(out, said, folder, sending, capsys):
    """Nobody is asked to confirm what would be refused then."""
    Path("file").write_text("mine")
    Path("full").mkdir()
    Path("full/mine.txt").write_text("mine")
    assert main([*sending(folder, TEXT), "--out", out]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert "--confirm" not in told.out + told.err


def test_plan__of_a_name_too_long(sending, capsys):
    """A text in the place of a file is a sentence."""
    for command in ("plan", "send"):
        assert main([command, *sending("word " * 80, TEXT)[1:]]) == 2
        assert "cannot be read: File name too long" in capsys.readouterr().err


def test_status__of_a_run_from_files(folder, sending, sandbox, capsys):
    """It is asked for, and the files say what was learned."""
    assert main([*sending(folder, TEXT), "--out", "results", "--confirm", "6"]) == 0
    run = smsframe.SentFiles("results").run
    capsys.readouterr()
    base_url = sending(folder, TEXT)[-2:]
    assert main(["status", run, *base_url, "--wait", "20"]) == 0
    assert "SentFiles: 6 sent in 2 files" in capsys.readouterr().out
    assert smsframe.SentFiles("results").counts == {"sent": 6}
    assert main(["status", run, *base_url, "--out", "had.csv"]) == 0
    assert smsframe.read("had.csv", quiet=True)["sms_status"].tolist() == ["sent"] * 6
    nearly = sending(folder, TEXT + "!")
    assert main([*nearly, "--out", "again", "--exclude", "results"]) == 2
    assert "it is a folder. Name a file; of a run from files" in capsys.readouterr().err
    assert main([*nearly, "--out", "again", "--exclude", "had.csv", "--confirm", "0"]) == 0
    assert len(sandbox.outbox()) == 6
    smsframe.SentFiles("results").files[0].unlink()
    assert main(["status", run, *base_url, "--out", "had.csv"]) == 2
    assert "1 of the files of these results is gone" in capsys.readouterr().err


def test_send__of_a_folder_by_rules(folder, sending, sandbox, capsys):
    """Rules have the names of options, in the plan, in what is said and in the table."""
    text = Path("people/part-1.csv").read_text().splitlines()
    Path("people/part-1.csv").write_text("\n".join([*text, text[1].replace("Name3", "Bob")]))
    more = ["--out", "results", "--min-gap", "24h", "--duplicates", "send", "--wait", "0"]
    arguments = sending(folder, TEXT, *more, "--sending-hours", "00:00-24:00")
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert "rows: 7 in 2 files (6 ready, 1 too soon)" in told.out
    assert "Goes now: 6" in told.out
    assert main([*arguments, "--confirm", "7"]) == 2
    assert "--confirm 7, but 6 messages would go out now" in capsys.readouterr().err
    assert main([*arguments, "--confirm", "6"]) == 1
    told = capsys.readouterr()
    assert "too_soon" in told.out
    assert "had a message within --min-gap; the same command" in told.out
    assert "min_gap=" not in told.out + told.err
    assert main([*arguments, "--confirm", "6"]) == 1
    assert "Nothing was sent: 6 accepted · 1 not attempted (1 too soon)" in capsys.readouterr().out
    assert len(sandbox.outbox()) == 6


def test_plan__of_a_folder_names_options(folder, sending, capsys):
    """What is to be done is said in options of the command."""
    text = Path("people/part-1.csv").read_text().splitlines()
    Path("people/part-1.csv").write_text("\n".join([*text, text[1], text[2]]))
    assert main(["plan", *sending(folder, TEXT)[1:]]) == 0  # as of one file
    told = capsys.readouterr().out
    assert "--duplicates send sends the 2 rows that repeat one too" in told
    assert "duplicates=" not in told


def test_send__dry_run_of_a_folder(folder, sending, sandbox, capsys):
    """What would be is written, and nothing sent."""
    assert main([*sending(folder, TEXT), "--out", "dry", "--dry-run"]) == 0
    assert "6 planned in 2 files" in capsys.readouterr().out
    assert len(sandbox.outbox()) == 0


def test_send__of_a_folder_with_several_texts(folder, sending, sandbox, capsys):
    """--text-file, --split and --holdout are for folders too."""
    Path("texts.toml").write_text('A = "Hi %%FirstName%%, one."\nB = "Hi %%FirstName%%, two."\n')
    arguments = sending(folder, TEXT, "--campaign", "two", "--out", "results")
    at = arguments.index("--text")
    arguments[at : at + 2] = ["--text-file", "texts.toml"]
    assert main([*arguments, "--split", "A=1", "--split", "B=1", "--confirm", "6"]) == 0
    arms = smsframe.SentFiles("results").to_frame()["sms_variant"]
    outbox = sandbox.outbox()
    assert len(outbox) == 6
    assert arms.isin(["A", "B"]).all()


def test_send__of_a_pattern_that_the_shell_has_expanded(folder, sending, sandbox, capsys):
    """What is left over is no riddle: the pattern has to stand in quotes."""
    with pytest.raises(SystemExit) as ended:
        main([*sending("people/part-0.csv", TEXT), "people/part-1.csv", "--confirm", "3"])
    assert ended.value.code == 2
    assert "part-1.csv. One file, folder or pattern is taken; a pat" in capsys.readouterr().err
    assert len(sandbox.outbox()) == 0


@pytest.mark.parametrize("given", [["runs", "x"], ["status", "a", "b"], ["demo", "a", "b"]])
def test_left_over__where_no_pattern_is_taken(given, capsys):
    """Commands that take no list do not speak of patterns."""
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert f"unrecognized arguments: {given[-1]}\n" in told


@pytest.mark.parametrize("option", ["file", "--out", "--exclude", "--journal", "--text-file"])
def test_send__a_blank_path_is_no_folder(option, folder, sending, sandbox, capsys):
    """A variable of the shell that is not set names nothing: not the folder that one is in."""
    given = sending("" if option == "file" else folder, TEXT)
    with pytest.raises(SystemExit) as ended:
        main([*given, *([] if option == "file" else [option, " "]), "--confirm", "6"])
    assert ended.value.code == 2
    assert "it is blank, where a file should be named" in capsys.readouterr().err
    assert len(sandbox.outbox()) == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [("_notes.csv", "nothing to send in the folder 'none'"), ("a.zip", r"a.zip is packed. Unpack")],
)
def test_plan__of_a_folder_without_people(name, said, sending, capsys):
    """What is there and is left out is said."""
    Path("none").mkdir()
    Path("none", name).write_bytes(b"x")
    assert main([*sending("none", TEXT), "--out", "results"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("ann", ["Ann", '"Ann\nLee"'], ids=["plain", "quoted"])
@pytest.mark.parametrize("name", ["people", "people/b.csv"], ids=["folder", "file"])
def test_plan__names_lines_as_an_editor_shows_them(name, ann, sending, capsys):
    """Of one file and of a folder alike, also behind a cell of two lines."""
    Path("people").mkdir()
    Path("people/a.csv").write_text("mobile,FirstName\n+12015550101,Bob\n")
    Path("people/b.csv").write_text(f"mobile,FirstName\n+12015550102,{ann}\n12,Zoe\n")
    line = 4 if "\n" in ann else 3
    assert main(["plan", *sending(name, TEXT)[1:]]) == 1
    told = capsys.readouterr().out
    if name == "people":
        assert f"(first in b.csv, line {line})" in told
        made = smsframe.plan_files("people", TEXT, program="148372", phone="mobile")
        short = made.problems.set_index("code").loc["phone_too_short"]
        assert (short["file"], short["row"], short["line"]) == ("b.csv", 1, line)
    else:
        assert re.search(rf"^ +1 +{line} +••", told, re.MULTILINE)
