"""In which encoding a text file is written: UTF-8, or what the caller says.

Nothing is guessed. The encodings of one region read each other's bytes as other letters without an
error, so a name would go out misspelt and nobody would see it. What can be told for certain is told
in the refusal: UTF-16 by its mark or its zero bytes, and for the others how the first odd word
would read in each.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from typing import TYPE_CHECKING, Final

from smsframe._base.sentences import Sentence, arg, joined
from smsframe._files.unclear import unclear
from smsframe.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
KINDS: Final = (
    (b"pk\x03\x04", "an Excel file or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"bzh91ay&s", "a bzip2 archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\xfd7zxz", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"par1\x15", "a Parquet file"),
    (b"arrow1\x00", "an Arrow file"),
    (b"%pdf-", "a PDF"),
    *((begin, "JSON") for begin in (b'[{"', b'["', b'[["', b'{"')),
    (b"sqlitefor", "a database"),
    (b"{\\rtf", "a text of a word processor"),
    (b"<html", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<table", "a web page"),
    (b"<?xml", "an XML file"),
)
"""How files of other kinds begin, in small letters and without blanks."""
COMMON: Final = (
    "cp1252", "mac_roman", "gb18030", "shift_jis", "cp1250", "cp1251", "big5", "euc_kr",
)  # fmt: skip
WIDE: Final = ("utf-16", "utf-32")
SAMPLE_BYTES: Final = 4096
SHOWN_READINGS: Final = 5
UTF8: Final = "utf-8-sig"

_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_CONTROL = re.compile("[\x80-\x9f]")


def encoding_of(path: Path, asked: str | None) -> str:
    """Return the codec to read a file with.

    Raises
    ------
    InputError
        There is no such encoding, or the bytes say plainly that it is another.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    _refuse_no_text(path, head)
    wide = _wide(head)
    if asked is None:
        if wide:
            fact = f"{path.name} is in {wide.upper()}, not in UTF-8."
            raise unclear(fact, arg("encoding", wide), " reads it.")
        return UTF8
    codec = _codec(asked)
    if wide and not codec.startswith(WIDE):
        raise unclear(f"{path.name} is not in {asked}:", arg("encoding", wide), " reads it.")
    if codec == "utf-8":
        return UTF8
    if codec.startswith(("cp", "iso8859", "mac", "koi8", "latin")):
        _refuse_other_letters(path, asked, codec)
    return codec


def kind_of_bytes(head: bytes) -> str | None:
    """Return what kind of file begins so, where it is no plain text."""
    begin = b"".join(head.removeprefix(codecs.BOM_UTF8).split())[:9].lower()
    return next((kind for mark, kind in KINDS if begin.startswith(mark)), None)


def _refuse_no_text(path: Path, head: bytes) -> None:
    """Refuse a file of another kind under the name of a text."""
    found = kind_of_bytes(head)
    if found is not None:
        raise InputError(
            f"{path.name} cannot be read: it is no CSV but {found} under another name. "
            "Open it in the program that it is of, and save what is meant as a CSV in UTF-8, or "
            "give it its own ending."
        )


def not_decoded(path: Path, encoding: str) -> InputError:
    """Return what to say of a file that has bytes which its encoding does not know."""
    data = path.read_bytes()
    if encoding.startswith(WIDE) and _wide(data[:SAMPLE_BYTES]):
        return InputError(
            f"{path.name} is damaged: a character of it is not whole. Take it from its source "
            "again."
        )
    if encoding != UTF8 and _is_utf8(data):
        return InputError(_in_utf8(path, encoding))
    line, word = _first_odd_word(data, encoding)
    name = "UTF-8" if encoding == UTF8 else encoding
    readings = [
        Sentence(f"{text!r} with ", arg("encoding", codec)) for codec, text in _readings(data, word)
    ]
    how = Sentence(f" Line {line:,} would read ", joined(", ", readings), ".") if readings else ""
    return unclear(
        f"{path.name} is not in {name} (line {line:,}).",
        Sentence("Say with ", arg("encoding"), " what it is in.", how),
        " Excel writes cp1252 in western Europe and America, or save it as 'CSV UTF-8'.",
    )


def _in_utf8(path: Path, encoding: str) -> Sentence:
    """Say that a file is in UTF-8."""
    return Sentence(f"{path.name} is in UTF-8, not in {encoding}. Leave ", arg("encoding"), " out.")


def _codec(asked: str) -> str:
    """Return the name of an encoding of texts; InputError for what is none."""
    name = None
    with contextlib.suppress(LookupError, ValueError):
        found = codecs.lookup(asked)
        name = found.name if found._is_text_encoding else None  # noqa: SLF001 - as open() asks
    if name is None:
        raise InputError(
            arg("encoding", asked), " is unknown. Write one such as utf-8, cp1252 or utf-16."
        )
    return name


def _wide(head: bytes) -> str | None:
    """Return which encoding of two or four bytes a character a file has; None for others."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    even, odd = head[::2].count(0), head[1::2].count(0)
    is_wide = max(even, odd) > len(head) // 8 and min(even, odd) < len(head) // 16
    return ("utf-16-le" if odd > even else "utf-16-be") if is_wide else None


def _is_utf8(data: bytes) -> bool:
    """Tell whether bytes can be read as UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refuse_other_letters(path: Path, asked: str, codec: str) -> None:
    """Refuse an encoding of one byte a character for a file that is plainly in another."""
    data = path.read_bytes()
    if data.isascii():
        return
    if _is_utf8(data):
        raise InputError(_in_utf8(path, asked))
    if codec.startswith(("iso8859", "latin")) and _CONTROL.search(data.decode(codec, "replace")):
        raise InputError(
            f"{path.name} has bytes that are control characters in {asked} and letters or "
            "quotes in cp1252, which is often called so. ",
            arg("encoding", "cp1252"),
            " reads it.",
        )


def _first_odd_word(data: bytes, encoding: str) -> tuple[int, bytes]:
    """Return the first word that cannot be decoded, and its line."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        start = error.start
        found = next((w for w in _WORD.finditer(data) if w.end() > start), None)
        before = data[:start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return before.count(b"\n") + 1, found[0] if found else b""
    return 1, b""


def _readings(data: bytes, word: bytes) -> list[tuple[str, str]]:
    """Return how a word reads in the common encodings in which it is one, each reading once."""
    found: dict[str, str] = {}
    for codec in COMMON:
        try:
            text = word.decode(codec)
            data.decode(codec)
        except UnicodeDecodeError:
            continue
        if text.isprintable():
            found.setdefault(text, codec.replace("_", "-"))
    return [(codec, text) for text, codec in found.items()][:SHOWN_READINGS]
