"""The fast road for CSV files: the same frames and the same complaints as line by line."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smsframe._files import csv_reader
from smsframe._files.plain_csv import is_plain as is_plain_file
from smsframe._files.plain_csv import plain_pieces, read_plain
from smsframe._files.read import read_cells as read_csv
from smsframe.errors import InputError

PLAIN = ["", " ", "a", "Zoë", "007", "N/A", "'=1+1", "'t Zand", "+1 201-555-0123", "null", "1.5"]
PLAIN += ["\x0b", "\u2028", "\x85", "'-5", "#N/A", "\ufeff", "nan", "'+12015550123"]
ODD = ['"q"', 'in"ch', '="007"', "x\ty", "\x00", "a,b", "a;b", "a\rb"]

HERE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def files(draw):
    """Make a file that is plain, or nearly so."""
    odd = draw(st.sampled_from(["", "", "cell", "width", "end", "names", "before"]))
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    width = draw(st.integers(1 if odd == "width" else 2, 4))
    end = draw(
        st.sampled_from(["\r", "\n\n", "\n \n", "\r\n\r\n"] if odd == "end" else ["\n", "\r\n"])
    )
    names = [f"c{n}" for n in range(width)]
    if odd == "names":
        names = draw(st.sampled_from([["x"] * width, ["", *names[1:]], ["x", *[""] * (width - 1)]]))
    rows = draw(
        st.lists(st.lists(st.sampled_from(PLAIN), min_size=width, max_size=width), max_size=5)
    )
    if odd == "cell" and rows:
        rows[draw(st.integers(0, len(rows) - 1))][-1] = draw(st.sampled_from(ODD))
    if odd == "width" and rows:
        rows[draw(st.integers(0, len(rows) - 1))][1:] = draw(st.lists(st.just("z"), max_size=4))
    lines = [separator.join(cells) for cells in [names, *rows]]
    odd_starts = ["\n", "Title\n", f'"sep={separator}"\n', " \n"]
    starts = odd_starts if odd == "before" else ["", "", "\ufeff", f"sep={separator}\n"]
    return (
        draw(st.sampled_from(starts)) + end.join(lines) + draw(st.sampled_from(["", end, end * 2]))
    )


def _outcome(path):
    """Return the frame of a file, or what is said of it."""
    try:
        return read_csv(path)
    except InputError as error:
        return str(error)


@settings(HERE)
@given(text=files())
def test_read_csv__is_the_same_on_both_roads(text, tmp_path_factory):
    """Whatever the file, the frame is the same, and so is the complaint with its line."""
    path = tmp_path_factory.getbasetemp() / "people.csv"
    path.write_bytes(text.encode())
    quick = _outcome(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_reader, "read_plain", lambda *_: None)
        slow = _outcome(path)
    if isinstance(slow, str):
        assert quick == slow
    else:
        pd.testing.assert_frame_equal(quick, slow)


@settings(HERE)
@given(text=files(), block_bytes=st.integers(1, 40))
def test_plain_pieces__are_the_rows_of_the_whole(text, block_bytes, tmp_path_factory):
    """Wherever a file is cut into pieces; what is wrong with it is left to the other reader."""
    path = tmp_path_factory.getbasetemp() / "pieces.csv"
    path.write_bytes(text.encode())
    whole = _outcome(path)
    if not is_plain_file(path, block_bytes=block_bytes):
        return
    pieces = list(plain_pieces(path, block_bytes=block_bytes))
    joined = pa.concat_tables(piece for piece, _ in pieces).to_pandas()
    assert not isinstance(whole, str)
    assert [line for _, lines in pieces for line in lines.tolist()] == whole.index.tolist()
    assert joined.fillna("-").to_numpy().tolist() == whole.fillna("-").to_numpy().tolist()
    assert list(joined.columns) == list(whole.columns)


@pytest.mark.full
@settings(HERE, max_examples=400)
@given(text=files(), block_bytes=st.integers(1, 40))
def test_plain_csv__many(text, block_bytes, tmp_path_factory):
    """Both, for many more files."""
    test_read_csv__is_the_same_on_both_roads.hypothesis.inner_test(text, tmp_path_factory)
    test_plain_pieces__are_the_rows_of_the_whole.hypothesis.inner_test(
        text, block_bytes, tmp_path_factory
    )


def test_plain_pieces__of_a_large_plain_file(tmp_path):
    """Plain files are read in pieces, also with a mark, a separator named and ends of Windows."""
    path = tmp_path / "people.csv"
    rows = [f"{n};'=x{n};Zoë" for n in range(500)]
    path.write_bytes("\ufeffsep=;\r\na;b;c\r\n".encode() + "\r\n".join(rows).encode() + b"\r\n")
    assert is_plain_file(path, block_bytes=100)
    pieces = list(plain_pieces(path, block_bytes=100))
    assert len(pieces) > 50
    joined = pa.concat_tables(piece for piece, _ in pieces).to_pandas()
    assert joined.to_numpy().tolist() == read_csv(path).to_numpy().tolist()
    path.write_bytes(path.read_bytes() + b'1;"2";3\n')
    assert not is_plain_file(path, block_bytes=100)


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        pytest.param(b"a,b\n1,2\n", True, id="plain"),
        pytest.param(b"a,b\r\n1,2\r\n\r\n", True, id="ends of Windows"),
        pytest.param(b"\xef\xbb\xbfa;b\n1;\n", True, id="mark of UTF-8"),
        pytest.param(b"sep=;\na;b\n1;2\n", True, id="declared"),
        pytest.param(b'a,b\n"1",2\n', False, id="quoted"),
        pytest.param(b"a,b\n1,2,3\n", False, id="one field more"),
        pytest.param(b"a,b\n1\n", False, id="one field less"),
        pytest.param(b"a,b\n1,2\n\n3,4\n", False, id="blank line"),
        pytest.param(b"a,b\n1,\x00\n", False, id="zero byte"),
        pytest.param(b"a,b\r1,2\r", False, id="old ends"),
        pytest.param(b"a,b\n1,\xff\n", False, id="not UTF-8"),
        pytest.param(b"a,a\n1,2\n", False, id="one name twice"),
        pytest.param(b"a\n1\n", False, id="one column"),
        pytest.param(b"a,b", False, id="no rows"),
        pytest.param(b"", False, id="empty"),
    ],
)
def test_read_plain__leaves_what_is_not_plain(text, is_plain, tmp_path):
    """Only what every reader reads alike is read here."""
    path = tmp_path / "people.csv"
    path.write_bytes(text)
    assert (read_plain(path) is not None) == is_plain


def test_read_csv__names_lines_beyond_a_million(tmp_path):
    """A line's number is no phone, and is shown whole."""
    path = tmp_path / "some.csv"
    path.write_text("a,b\n" + "1,2\n" * 1_000_000 + "1,2,3\n")
    with pytest.raises(InputError, match="line 1,000,002 has 3 fields"):
        read_csv(path)


def test_read_plain__of_a_line_longer_than_a_block(tmp_path):
    """A cell may be as long as it likes."""
    path = tmp_path / "people.csv"
    path.write_text(f"a,b\n{'x' * 20_000_000},2\n1,2\n")
    assert read_csv(path)["b"].tolist() == ["2", "2"]


def test_csv_pieces__of_a_file_with_quotes(tmp_path, monkeypatch):
    """A list of any length is read in pieces; a line that is wrong is refused where it comes."""
    monkeypatch.setattr(csv_reader, "PIECE_ROWS", 100)
    path = tmp_path / "people.csv"
    path.write_text("a,b\n" + '"x\ny",2\n\n' * 250)
    pieces = list(csv_reader.csv_pieces(path))
    assert [table.num_rows for table, _ in pieces] == [100, 100, 50]
    whole = read_csv(path)
    lines = [line for _, some in pieces for line in some.tolist()]
    assert lines == whole.index.tolist() == list(range(2, 752, 3))
    assert pa.concat_tables(t for t, _ in pieces).to_pandas().to_numpy().tolist() == (
        whole.to_numpy().tolist()
    )
    path.write_text(path.read_text() + '"1",2,3\n')
    pieces = csv_reader.csv_pieces(path)
    assert next(pieces)[0].num_rows == 100
    with pytest.raises(InputError, match="line 752 has 3 fields"):
        list(pieces)
