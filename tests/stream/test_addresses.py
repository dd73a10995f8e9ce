"""Files in a store elsewhere are sent from there, as those of this machine are."""

from __future__ import annotations

import importlib
from pathlib import Path

import pandas as pd
import pytest
from list_files import parts, send_files
from samples import TEXT, make_people

import smsframe
from smsframe._send.confirm import Confirmable
from smsframe.cli import main
from smsframe.errors import ConfigurationError, InputError

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def store(tmp_path):
    """Keep files in the memory of this process, below a folder of the test's own."""
    files, place = fsspec.filesystem("memory"), f"/{tmp_path.name}"
    yield files, place
    if files.exists(place):
        files.rm(place, recursive=True)


def put(store, folder, tmp_path):
    """Copy a folder of this machine to the store; return its address."""
    files, place = store
    for path in sorted((tmp_path / folder).rglob("*")):
        if path.is_file():
            name = path.relative_to(tmp_path / folder).as_posix()
            files.pipe_file(f"{place}/{folder}/{name}", path.read_bytes())
    return f"memory://{place.removeprefix('/')}/{folder}"


@pytest.mark.parametrize("which", ["", "/*.parquet", "/part-*"])
def test_addresses__are_sent_as_files(which, client, sandbox, store, tmp_path):
    """A folder and a pattern; notes of other programs are left out; it is known as files."""
    folder = parts(tmp_path / "people", make_people(20))
    (folder / "_notes").mkdir()
    (folder / "_notes" / "made.txt").write_text("by a test")
    address = put(store, "people", tmp_path)
    made = smsframe.plan_files(address + which, TEXT, program="148372", progress=False)
    assert (made.rows, made.recipients) == (20, 20)
    sent = send_files(address + which, tmp_path / "results", confirm=20)
    assert sent.counts == {"accepted": 20}
    assert sorted(path.name for path in sent.files) == [f"part-{n}.parquet" for n in range(3)]
    assert sent.to_frame()["FirstName"].tolist() == make_people(20)["FirstName"].tolist()
    calls = len(sandbox.requests())
    assert send_files(folder, tmp_path / "here").counts == {"accepted": 20}
    assert send_files(address, tmp_path / "results").counts == {"accepted": 20}
    assert len(sandbox.requests()) == calls


@pytest.mark.parametrize("ending", ["csv", "arrow", "parquet"])
def test_addresses__of_one_file(ending, client, sandbox, store, tmp_path):
    """Of each kind."""
    (tmp_path / "people").mkdir()
    people = make_people(20)
    path = tmp_path / "people" / f"people.{ending}"
    if ending == "csv":
        people.to_csv(path, index=False)
    elif ending == "arrow":
        people.to_feather(path)
    else:
        people.to_parquet(path, index=False)
    address = put(store, "people", tmp_path)
    sent = send_files(f"{address}/people.{ending}", tmp_path / "results")
    assert sent.counts == {"accepted": 20}
    assert len(sandbox.outbox()) == 20


def test_addresses__of_a_file_that_changes(client, sandbox, store, tmp_path, monkeypatch):
    """A file that is not what was checked is not sent."""
    parts(tmp_path / "people", make_people(20))
    address = put(store, "people", tmp_path)
    check = Confirmable.refuse_others

    def change(*told):
        check(*told)
        parts(tmp_path / "people", make_people(20, start=50))
        put(store, "people", tmp_path)

    with monkeypatch.context() as patch:
        patch.setattr(Confirmable, "refuse_others", change)
        with pytest.raises(InputError, match="has changed since it was checked"):
            send_files(address, tmp_path / "results")
    assert len(sandbox.outbox()) == 0


def test_addresses__that_cannot_be_read(client, tmp_path, store, monkeypatch):
    """What is missing is said, and the address itself is not, which may have a password in it."""
    with pytest.raises(InputError, match="There is no file at that address"):
        send_files("memory://nowhere/at-all", tmp_path / "results")
    with pytest.raises(InputError, match="nostore:// is no store that is known"):
        send_files("nostore://bucket/people", tmp_path / "results")
    files, place = store
    files.pipe_file(f"{place}/people/list.xlsx", b"no")
    with pytest.raises(InputError, match=r"list\.xlsx is none of"):
        send_files(f"memory:/{place}/people", tmp_path / "results")
    found = importlib.import_module

    def without(name, *more):
        if name == "fsspec":
            raise ImportError("No module named 'fsspec'")
        return found(name, *more)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(ConfigurationError, match="read by fsspec and a package for that store"):
        send_files("s3://user:secret@bucket/people", tmp_path / "results")


def test_addresses__at_a_shell(sending, sandbox, store, own_folder, tmp_path, capsys):
    """An address is taken as a folder is."""
    parts(tmp_path / "people", make_people(6), (3, 3))
    address = put(store, "people", tmp_path)
    assert main([*sending(address, TEXT), "--out", "results", "--confirm", "6"]) == 0
    assert "6 accepted in 2 files" in capsys.readouterr().out
    assert len(pd.read_parquet(Path("results") / "part-1.parquet")) == 3
    assert main([*sending(address, TEXT), "--out", "memory://results", "--confirm", "6"]) == 2
    assert "--out is a folder of this machine" in capsys.readouterr().err
