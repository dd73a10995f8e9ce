"""Several texts on the command line: a TOML file of them, weights, a holdout, a column."""

from __future__ import annotations

import pandas as pd
import pytest
from samples import fictional_phones, written

from smsframe.cli import texts
from smsframe.cli.commands import main
from smsframe.errors import InputError

pytestmark = pytest.mark.usefixtures("own_folder")
PEOPLE = "mobile,language\n" + "".join(
    f"{phone},{'de' if n % 2 else 'fr'}\n" for n, phone in enumerate(fictional_phones(40))
)
TWO = 'A = "Hi, it has shipped."\nB = """\nGood day, it is on its way.\n"""\n'


def command(sending, *more, content=TWO, name="texts.toml"):
    """Return the command that sends the texts of a file."""
    written("people.csv", PEOPLE)
    written(name, content)
    words = sending("people.csv", "x")
    place = words.index("--text")
    return [*words[:place], *words[place + 2 :], "--text-file", name, "--campaign", "t", *more]


def test_send__two_texts_and_a_holdout(sending, capsys):
    """Everybody's text is in the results; a holdout is no failure, and the run is listed."""
    given = command(sending, "--split", "A=1", "--split", "B=2", "--holdout", "0.2")
    rows = dry(given)
    planned = int((rows["sms_status"] == "planned").sum())
    assert main([*given, "--confirm", str(planned)]) == 0
    assert "held out" in capsys.readouterr().out
    results = pd.read_csv("people-results.csv")
    assert set(results["sms_variant"]) == {"A", "B", "holdout"}
    assert (results["sms_status"] == "accepted").sum() == planned
    assert main([*given, "--confirm", str(planned)]) == 0
    assert "Nothing was sent" in capsys.readouterr().out


def dry(given):
    """Return what a plan would do with each row."""
    assert main(["plan", *given[1:], "--out", "planned.csv"]) == 0
    return pd.read_csv("planned.csv")


def test_send__by_a_column(sending):
    """The column names the text."""
    content = 'de = "Hallo, es ist da."\n"*" = "Hello, it is here."\n'
    rows = dry(command(sending, "--by", "language", content=content))
    assert rows["sms_variant"].tolist() == ["*", "de"] * 20


def test_send__another_split_is_refused_in_the_words_of_a_shell(sending, capsys):
    """With the option that leaves people out."""
    given = command(sending)
    assert main([*given, "--confirm", "40"]) == 0
    assert main([*given, "--holdout", "0.3", "--confirm", "1"]) == 2
    told = capsys.readouterr().err
    assert "has begun with A 0.5, B 0.5" in told
    assert "--exclude" in told


def test_plan__a_value_without_a_text(sending, capsys):
    """Names the star of the file."""
    given = command(sending, "--by", "language", content='de = "Hallo"\n')
    assert main(["plan", *given[1:]]) == 1
    assert '"*" in --text-file' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "word"),
    [
        pytest.param("A = 1\n", "'A' is no text", id="number"),
        pytest.param("[A]\ntext = 'x'\n", "'A' is no text", id="table"),
        pytest.param("", "names none", id="empty"),
        pytest.param("A = 'x'\nA = 'y'\n", "line 2.*Write one a line", id="twice"),
        pytest.param("Hi %%x%%\n", "line 1.*Write one a line", id="plain text"),
        pytest.param("A = \u201cHi\u201d\n", "straight quotes", id="quotes of a letter"),
        pytest.param("* = 'Hi'\n", "stands in quotes too", id="star"),
    ],
)
def test_text_file__refused(tmp_path, content, word):
    """What is no mapping of names to texts."""
    path = tmp_path / "texts.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=word):
        texts.text_of(None, path)


@pytest.mark.parametrize("given", [[("A", "x")], [("A", "1"), ("A", "2")]])
def test_split__refused(given):
    """A weight that is no number, and a text with two."""
    with pytest.raises(InputError, match="split"):
        texts.split_of(given)


def test_plan__of_another_split_exits_as_for_any_other_problem(sending, capsys):
    """What a send would refuse is no plan that went well, with one file as with a folder."""
    given = command(sending)
    assert main([*given, "--confirm", "40"]) == 0
    assert main(["plan", *given[1:]]) == 0
    assert main(["plan", *given[1:], "--holdout", "0.3"]) == 1
    assert "has begun with A 0.5, B 0.5" in " ".join(capsys.readouterr().out.split())
