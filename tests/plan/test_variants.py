"""Who gets which of several texts: stable for good, by person, as the weights say."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import smsframe
from smsframe._plan.variants import arms_at, places
from smsframe.errors import InputError

NUMBERS = [f"1201555{n:04d}" for n in range(100, 200)]
PEOPLE = pd.DataFrame(
    {
        "mobile": ["+" + number for number in NUMBERS],
        "Name": [f"N{n}" for n in range(100)],
        "language": ["de", " FR ", None, "it"] * 25,
    }
)
TWO = {"A": "Hi %%Name%%", "B": "Good day %%Name%%, it is on its way"}
LANGUAGES = {"de": "Hallo %%Name%%", "fr": "Bonjour %%Name%%", "*": "Hello %%Name%%"}


def planned(text=TWO, frame=PEOPLE, **options):
    """Plan a test; its campaign is named as it always is here."""
    given = {"program": "148372", "phone": "mobile", "campaign": "nov-test", **options}
    return smsframe.plan(frame, text, **given)


def arms(made):
    """Return the arm of each row of a plan, by the labels of its frame."""
    return made.to_frame()["sms_variant"].astype(object)


def test_places__pinned_for_good():
    """Whatever else changes: other places would put people into the arm that they were not in."""
    assert (places("nov-test", pa.array(NUMBERS[:3])) * 2**53).astype(np.int64).tolist() == [
        8_768_228_457_624_725,
        1_905_304_120_715_193,
        2_312_295_792_094_333,
    ]
    assert (
        "".join(arms(planned(holdout=0.1))[:40].str[0])
        == "BAABABBBABABBABAABBBAhABAAAABABAhABABBhB"
    )


def test_places__by_campaign_alone():
    """In another campaign the same people stand elsewhere; the program and the text are no part."""
    one, other = (places(name, pa.array(NUMBERS)) for name in ("nov-test", "dec-test"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.3
    same = planned({"A": "Other", "B": "words"}, program="1")
    assert arms(same).tolist() == arms(planned()).tolist()


def test_arms__of_a_million_people():
    """Split within 0.2 % of the weights, the holdout too, in about a second."""
    people = pa.array(np.char.add("1202", np.arange(10**6, 2 * 10**6).astype(str)).tolist())
    weights = {"A": 0.5, "B": 0.3, "C": 0.2}
    began = time.process_time()
    number = arms_at(places("nov-test", people), weights, 0.1)
    assert time.process_time() - began < 10  # one or two on a quiet machine
    shares = np.bincount(number) / len(people)
    expected = [weight * 0.9 for weight in weights.values()] + [0.1]
    assert np.abs(shares - expected).max() < 0.002


def test_arms__the_holdout_does_not_move():
    """Whatever becomes of the texts, who gets nothing is the same people."""
    place = np.random.default_rng(1).random(10_000)
    two, three = (
        arms_at(place, dict.fromkeys(names, 1 / len(names)), 0.2) for names in ("AB", "ABC")
    )
    assert ((two == 2) == (three == 3)).all()


def test_arms__from_another_process_and_among_other_people():
    """Hash seeds, order and who else is there change nothing."""
    expected = dict(zip(PEOPLE["mobile"], arms(planned(holdout=0.2)), strict=True))
    others = pd.concat([PEOPLE.iloc[::-1].head(60), pd.DataFrame({"mobile": ["+12025550111"]})])
    again = planned(frame=others.assign(Name="x"), holdout=0.2)
    for mobile, arm in zip(others["mobile"], arms(again), strict=True):
        assert expected.get(mobile, arm) == arm
    code = (
        "import json, smsframe, pandas as pd;"
        f"people = pd.DataFrame({{'mobile': {PEOPLE['mobile'].tolist()}}});"
        "made = smsframe.plan(people, {'B': 'x', 'A': 'y'}, program='1', campaign='nov-test',"
        "holdout=0.2);"
        "print(json.dumps(made.to_frame()['sms_variant'].tolist()))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert json.loads(told.stdout) == list(expected.values())


def test_arms__from_other_libraries():
    """Frames of polars, DuckDB and pyarrow, and the parts of one of Dask, have the same arms."""
    polars, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    dask = pytest.importorskip("dask.dataframe")
    expected = dict(zip(PEOPLE["mobile"], arms(planned(holdout=0.2)), strict=True))
    table = pa.Table.from_pandas(PEOPLE)
    frames = {
        "polars": [polars.from_pandas(PEOPLE).reverse()],
        "duckdb": [duckdb.from_arrow(table)],
        "pyarrow": [table],
        "chunks": [pa.concat_tables([table.slice(60), table.slice(0, 60)])],
        "categories": [PEOPLE.astype({"mobile": "category"})],
        "dask": [part.compute() for part in dask.from_pandas(PEOPLE, npartitions=7).partitions],
    }
    for name, parts in frames.items():
        found: dict[str, str] = {}
        for part in parts:
            rows = planned(frame=part, holdout=0.2).to_frame()
            found |= dict(zip(rows["mobile"].astype(str), rows["sms_variant"], strict=True))
        assert found == expected, name


def test_arms__by_a_column_of_numbers_do_not_depend_on_other_people():
    """One is one, whether or not another row of the column has a fraction."""
    texts = {1: "one", 2: "two", "*": "x"}
    alone = arms(planned(texts, PEOPLE.head(3).assign(group=[1.0, 2.0, np.nan]), by="group"))
    others = arms(planned(texts, PEOPLE.head(4).assign(group=[1.0, 2.0, np.nan, 2.5]), by="group"))
    assert alone.tolist() == ["1", "2", "*"]
    assert others.tolist() == ["1", "2", "*", "*"]


def test_arms__however_a_number_is_written():
    """The person counts, not the cell; two rows of one person have one arm."""
    spelled = PEOPLE.assign(mobile=PEOPLE["mobile"].str.replace("+1201", "(201) "))
    assert arms(planned(frame=spelled, region="US")).tolist() == arms(planned()).tolist()
    twice = pd.concat([PEOPLE, PEOPLE.assign(Name="other")], ignore_index=True)
    found = arms(planned(frame=twice))
    assert found[:100].tolist() == found[100:].tolist()


def test_arms__with_lookup():
    """People who are looked up are split by the values that they are looked up by."""
    frame = PEOPLE.assign(account=[f"a{n}" for n in range(99)] + [None])
    made = planned(frame=frame, phone=None, lookup={"key": "account"})
    found = arms(made)
    assert set(found[:99]) == {"A", "B"}
    assert pd.isna(found[99])


def test_arms__of_nobody():
    """A row whose person is not known is in no arm, and has its own problem."""
    made = planned(frame=PEOPLE.assign(mobile=["n/a", *PEOPLE["mobile"][1:]]))
    assert pd.isna(arms(made)[0])
    assert arms(made)[1:].notna().all()


def test_by__a_column_names_the_text():
    """Capitals and blanks do not count, and the star is for all others, blank ones too."""
    made = planned(LANGUAGES, by="language")
    assert arms(made).tolist() == ["de", "fr", "*", "*"] * 25
    assert made.texts(4).tolist() == ["Hallo N0", "Bonjour N1", "Hello N2", "Hello N3"]


def test_by__a_value_without_a_text():
    """Is an error of its row: blank, or a value that nobody wrote a text for."""
    made = planned({"de": "Hallo", "fr": "Bonjour"}, by="language")
    assert made.recipients == 50
    assert made.problem_counts["variant_missing"] == 50
    sentences = made.problems.query("code == 'variant_missing'")["sentence"].unique()
    assert len(sentences) == 2
    assert all('text={"*"' in text or "text={'*'" in text for text in sentences)


def test_by__a_text_that_no_row_names():
    """Is a warning that names it, its column and what to do; the star, and no rows, have none."""
    texts = {"fr": "Bonjour", "it": "Ciao", "IS": "Hallo", "*": "Hello"}
    made = planned(texts, PEOPLE.assign(language=["FR", "*"] * 50), by="language")
    told = made.problems[made.problems["code"] == "variant_unused"]
    assert told["column"].tolist() == ["IS", "it"]
    assert told["severity"].eq("warning").all()
    assert "No row has 'it' in column 'language', so nobody gets" in told["sentence"].iloc[1]
    assert "2 variant_unused" in repr(made)
    none = PEOPLE.head(0).assign(language=pd.Series(dtype="string"))
    for frame in (PEOPLE.assign(language=["fr", "it", "is", None] * 25), none):
        assert "variant_unused" not in planned(texts, frame, by="language").problem_counts


@pytest.mark.parametrize("cell", ["FR", " fr", "fr\u200b", "\u00a0Fr ", "\uff46\uff52"])
def test_by__however_the_value_is_written(cell):
    """Capitals, blanks and invisible signs do not count; letters that look otherwise do."""
    expected = "*" if cell == "\uff46\uff52" else "fr"
    made = planned({"fr": "Bonjour", "*": "Hello"}, PEOPLE.assign(language=cell), by="language")
    assert set(arms(made)) == {expected}
    composed = {"e\u0301": "x", "*": "y"}
    made = planned(composed, PEOPLE.assign(language="\u00c9"), by="language")
    assert set(arms(made)) == {"\u00e9"}


def test_by__columns_of_other_kinds():
    """Categories, numbers with gaps and truth values name texts as they are written."""
    categories = PEOPLE.assign(language=pd.Categorical(["de", None] * 50))
    made = planned({"de": "Hallo", "*": "Hello"}, categories, by="language")
    assert arms(made).tolist() == ["de", "*"] * 50
    gaps = PEOPLE.assign(group=[1.0, np.nan] * 50)
    assert arms(planned({1: "one", "*": "x"}, gaps, by="group")).tolist() == ["1", "*"] * 50
    truths = PEOPLE.assign(member=[True, False] * 50)
    made = planned({"True": "one", "False": "two"}, truths, by="member")
    assert arms(made).tolist() == ["True", "False"] * 50


def test_weights__huge_ones():
    """Are weights all the same: nothing overflows."""
    assert arms(planned(split={"A": 1e308, "B": 1e308})).tolist() == arms(planned()).tolist()


def test_by__numbers():
    """A column of numbers names texts too."""
    made = planned({1: "one", 2: "two"}, frame=PEOPLE.assign(group=[1, 2] * 50), by="group")
    assert made.texts(2).tolist() == ["one", "two"]


def test_plan__says_each_text_by_itself():
    """Counts, segments and the first message of each; the holdout beside them."""
    made = planned(holdout=0.1, price_per_segment=0.01)
    counts = arms(made).value_counts()
    shown = repr(made)
    for name in TWO:
        assert f"text {name}: {counts[name]} messages" in shown
    assert f"held out: {counts['holdout']}" in shown
    html = made._repr_html_()
    assert "(A)" in html
    assert "(B)" in html
    assert made.recipients == counts["A"] + counts["B"]
    assert set(made.preview(10)["variant"]) == {"A", "B"}


def test_plan__holdout_rows():
    """Are not attempted, with their code; ``limit`` does not count them."""
    rows = planned(holdout=0.3, limit=20).to_frame()
    held = rows[rows["sms_variant"] == "holdout"]
    assert (held["sms_status"] == "not_attempted").all()
    assert (held["sms_code"] == "held_out").all()
    assert (rows["sms_status"] == "planned").sum() == 20


def test_plan__values_count_where_the_text_uses_them():
    """Who gets the other text needs no value, and a bad cell stops nobody there."""
    frame = PEOPLE.assign(code=[None, ["x"]] * 50)
    made = planned({"A": "Hi", "B": "Your code: %%code%%"}, frame=frame)
    rows = made.to_frame()
    assert (rows.loc[rows["sms_variant"] == "A", "sms_status"] == "planned").all()
    assert (rows.loc[rows["sms_variant"] == "B", "sms_status"] == "invalid").all()
    assert set(rows["sms_code"].dropna()) == {"value_missing", "value_unreadable"}


def test_plan__what_is_wrong_with_a_text_names_it():
    """And what all texts share is said once."""
    made = planned({"A": "Hi %%Nmae%%", "B": "Hi %%Nmae%% "})
    assert made.problem_counts["tag_near_miss"] == 1
    assert "Text" not in made.problems["sentence"][0][:5]
    one = planned({"A": "Hi %%", "B": "Hi"})
    assert one.recipients == 0
    assert one.problems["sentence"][0].startswith("Text 'A': ")
    empty = planned({"A": "", "B": "Hi"})
    assert empty.problem_counts["text_missing"] == 1
    assert empty.problems["sentence"][0].startswith("Text 'A': ")


def test_plan__arguments_that_one_text_alone_uses():
    """Are not called unused; those that none uses are."""
    made = planned({"A": "Hi", "B": "%%Name%%"}, defaults={"Name": "you"})
    assert "default_unused" not in made.problem_counts
    assert planned(defaults={"Nmae": "you"}).problem_counts["default_unused"] == 1


def test_plan__too_long_for_some():
    """Each row is measured by its own text."""
    made = planned({"A": "x" * 790 + "%%Name%%", "B": "short"}, defaults={"Name": "y" * 30})
    assert made.problem_counts.get("text_too_long", 0) == 0
    long = planned(
        {"A": "x" * 790 + "%%long%%", "B": "%%Name%%"}, frame=PEOPLE.assign(long="y" * 99)
    )
    rows = long.to_frame()
    assert set(rows.loc[rows["sms_code"] == "text_too_long", "sms_variant"]) == {"A"}
    assert (rows.loc[rows["sms_variant"] == "B", "sms_segments"] == 1).all()


@pytest.mark.parametrize(
    ("text", "options", "word"),
    [
        pytest.param(TWO, {"campaign": None}, "campaign=", id="no campaign"),
        pytest.param(TWO, {"split": {"A": 1, "B": 1}, "by": "language"}, "not both", id="both"),
        pytest.param(TWO, {"split": {"A": 1}}, "the texts are 'A', 'B'", id="a name less"),
        pytest.param(TWO, {"split": {"A": 8, "B": 1, "holdout": 1}}, "holdout=0.1", id="holdout"),
        pytest.param(TWO, {"split": {"A": 1, "B": 0}}, "Leave the text out", id="weight 0"),
        pytest.param(TWO, {"split": {"A": 1, "B": "2"}}, "weight", id="weight as text"),
        pytest.param(TWO, {"split": [1, 1]}, "split", id="a list"),
        pytest.param(TWO, {"holdout": 1}, "holdout=1", id="nobody"),
        pytest.param(TWO, {"holdout": -0.1}, "holdout", id="below 0"),
        pytest.param(TWO, {"holdout": "10 %"}, "holdout", id="holdout as text"),
        pytest.param(TWO, {"by": "tongue"}, "names column 'tongue'", id="no column"),
        pytest.param(TWO, {"content_id": "c-1"}, "content_id=", id="content id"),
        pytest.param(TWO, {"split": {"A": 1, "B": float("nan")}}, "above 0", id="weight NaN"),
        pytest.param(TWO, {"split": {"A": 1, "B": -1}}, "above 0", id="weight below 0"),
        pytest.param(TWO, {"split": {"A": 1, "B": float("inf")}}, "above 0", id="weight inf"),
        pytest.param(TWO, {"split": {"A": 1, "B": 1e308}}, "next to nothing", id="weight huge"),
        pytest.param(TWO, {"split": {"A": 1, " A": 2, "B": 1}}, "twice", id="weight twice"),
        pytest.param(TWO, {"holdout": float("nan")}, "holdout", id="holdout NaN"),
        pytest.param({"nan": "x", "B": "y"}, {}, "for nothing", id="a word for nothing"),
        pytest.param({"None": "x", "B": "y"}, {}, "for nothing", id="None as a word"),
        pytest.param({"\u00e9": "x", "e\u0301": "y"}, {}, "Two texts", id="one letter in two ways"),
        pytest.param({"\u202eA": "x", "B": "y"}, {}, "can be seen", id="a sign nobody sees"),
        pytest.param({}, {}, "is empty", id="no texts"),
        pytest.param({"A": None, "B": "x"}, {}, "text", id="no text"),
        pytest.param({"A": 1, "B": "x"}, {}, "text", id="a number"),
        pytest.param({"": "x"}, {}, "a name of text", id="no name"),
        pytest.param({"Holdout": "x", "B": "y"}, {}, "cannot be called", id="holdout"),
        pytest.param({"de": "x", "DE": "y"}, {"by": "language"}, "same value", id="alike"),
        pytest.param({"A": "x", " A": "y"}, {}, "Two texts", id="twice"),
        pytest.param("Hi", {"split": {"A": 1}}, "texts with names", id="split of one text"),
        pytest.param("Hi", {"holdout": 0.1}, "texts with names", id="holdout of one text"),
        pytest.param("Hi", {"by": "language"}, "texts with names", id="by of one text"),
        pytest.param(["Hi", "Ho"], {}, "mapping of names to texts", id="list of texts"),
    ],
)
def test_arguments__refused(text, options, word):
    """Before anything else, with what is meant instead."""
    with pytest.raises(InputError, match=word):
        planned(text, **options)
