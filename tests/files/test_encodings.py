"""CSV files in other encodings: the refusal says which option reads them; nothing is guessed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import smsframe
from smsframe.errors import InputError

pytestmark = pytest.mark.usefixtures("own_folder")

PEOPLE = "mobile;name\n+12015550100;{name}\n"


def written(name: str, encoding: str) -> Path:
    """Write a file of one person in an encoding."""
    Path("some.csv").write_bytes(PEOPLE.format(name=name).encode(encoding))
    return Path("some.csv")


@pytest.mark.parametrize(
    ("name", "encoding", "told"),
    [
        ("Zoë", "cp1252", "'Zoë' with encoding='cp1252'"),
        ("Zoë", "latin-1", "'Zoë' with encoding='cp1252'"),
        ("Zoë", "mac-roman", "'Zoë' with encoding='mac-roman'"),
        ("Łukasz", "cp1250", "'Łukasz' with encoding='cp1250'"),
        ("Анна", "cp1251", "'Анна' with encoding='cp1251'"),
        ("张三", "gb18030", "'张三' with encoding='gb18030'"),
        ("山田", "shift-jis", "'山田' with encoding='shift-jis'"),
        ("Zoë", "utf-16", "is in UTF-16, not in UTF-8. encoding='utf-16' reads it"),
        ("Zoë", "utf-16-le", "encoding='utf-16-le' reads it"),
        ("张三", "utf-16-be", "encoding='utf-16-be' reads it"),
        ("Zoë", "utf-32", "encoding='utf-32' reads it"),
    ],
)
def test_encoding__refused_and_read(name, encoding, told):
    """Without the option a file is refused, and the option that it names reads it."""
    path = written(name, encoding)
    with pytest.raises(InputError) as caught:
        smsframe.read(path)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert smsframe.read(path, encoding=encoding)["name"].tolist() == [name]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_encoding__utf8_with_and_without_mark(encoding):
    """UTF-8 needs no option; its mark is no part of the first name."""
    frame = smsframe.read(written("Zoë", encoding))
    assert list(frame) == ["mobile", "name"]
    assert smsframe.read("some.csv", encoding="UTF8").equals(frame)


@pytest.mark.parametrize("wrong", ["cp1252", "latin-1", "mac-roman", "ascii", "utf-16"])
def test_encoding__another_for_utf8(wrong):
    """Letters of UTF-8 are not read as pairs of odd ones."""
    with pytest.raises(InputError, match=r"is in UTF-8, not in .* Leave encoding= out"):
        smsframe.read(written("Zoë", "utf-8"), encoding=wrong)


def test_encoding__latin1_that_is_none():
    """Quotes of cp1252 are control characters in latin-1, so the caller meant the former."""
    path = written("‘Zoë’", "cp1252")
    with pytest.raises(InputError, match="encoding='cp1252' reads it"):
        smsframe.read(path, encoding="latin-1")


@pytest.mark.parametrize("encoding", [None, "cp1252"])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(gzip.compress(b"mobile\n"), "a gzip archive", id="gzip"),
        pytest.param(b"PK\x03\x04rest", "an Excel file or a zip archive", id="xlsx"),
        pytest.param(b"\xd0\xcf\x11\xe0" + bytes(600), "an old Excel file", id="xls"),
        pytest.param(b"\xef\xbb\xbf<!DOCTYPE html><p>", "a web page", id="html"),
        pytest.param(b'[{"mobile": "+12015550101"}]', "JSON", id="json"),
        pytest.param(b'{"mobile": "+12015550101"}\n', "JSON", id="json lines"),
        pytest.param(b'[\n  {\n    "mobile": 1}]', "JSON", id="json over several lines"),
        pytest.param(b'{\r\n "mobile": {"0": 1}}', "JSON", id="json by column"),
        pytest.param(b'[["Ann", "+12015550101"]]', "JSON", id="json lists"),
        pytest.param(b"SQLite format 3\0", "a database", id="sqlite"),
        pytest.param(b"PAR1\x15rest", "a Parquet file", id="parquet"),
    ],
)
def test_encoding__of_no_text(content, kind, encoding):
    """A file of another kind has no encoding, and none is proposed."""
    Path("some.csv").write_bytes(content)
    with pytest.raises(
        InputError, match=f"some.csv cannot be read: it is no CSV but {kind} under another name"
    ):
        smsframe.read("some.csv", encoding=encoding)


@pytest.mark.parametrize("name", ["Par1", "BZH", "Arrow1", "[{name}]", "{name}", "[1]"])
def test_encoding__header_like_another_kind(name):
    """Letters with which files of other kinds begin may begin the name of a column."""
    Path("some.csv").write_text(f"{name},mobile\n1,2\n", encoding="utf-8")
    assert list(smsframe.read("some.csv").columns) == [name, "mobile"]


@pytest.mark.parametrize("name", ["nope", "hex", "rot13", "a\0b"])
def test_encoding__unknown(name):
    """What is no encoding of texts is refused by name."""
    with pytest.raises(InputError, match="is unknown"):
        smsframe.read(written("Ann", "utf-8"), encoding=name)


@pytest.mark.parametrize("data", [b"mob\0ile;n\n1;2\n", b"mobile;n\n1;a\0b\n"])
def test_encoding__zero_bytes(data):
    """A single zero byte is damage, told with its line."""
    Path("some.csv").write_bytes(data)
    with pytest.raises(InputError, match=r"line \d holds a zero byte"):
        smsframe.read("some.csv")
