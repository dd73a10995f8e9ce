"""The same rows have the same keys, whichever way they come: sent one way, known the others."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from samples import make_people

import smsframe

dask = pytest.importorskip("dask")
dd = pytest.importorskip("dask.dataframe")
duckdb = pytest.importorskip("duckdb")
polars = pytest.importorskip("polars")

TEXT = "Hi %%FirstName%%, order %%Order%% of %%Day%% costs %%Total%%, see you %%Where%%."
OPTIONS = {
    "program": "148372",
    "phone": "mobile",
    "defaults": {"Order": "of yours"},
    "progress": False,
}
ROWS = 13
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")  # Dask's, of pandas 3.1


@pytest.fixture
def people():
    """Make people with values of several kinds, some of them missing."""
    made = make_people(ROWS)
    made["Order"] = pd.array([None if n == 4 else 10**15 + n for n in range(ROWS)], dtype="Int64")
    made["Day"] = [dt.date(2026, 11, 1 + n) for n in range(ROWS)]
    made["Total"] = [n + 0.25 for n in range(ROWS)]
    made["Where"] = ["Zürich", "São Paulo", "here "] * 4 + ["there"]
    return made


def _as_pandas(people, place):
    results = smsframe.send(people, TEXT, **OPTIONS)
    return results["sms_status"].astype(str).tolist()


def _as_polars(people, place):
    frame = polars.from_pandas(people)
    results = smsframe.send(frame, TEXT, **OPTIONS)
    return results["sms_status"].astype(str).tolist()


def _as_duckdb(people, place):
    with duckdb.connect() as connection:
        relation = connection.from_df(people)
        results = smsframe.send(relation, TEXT, **OPTIONS)
    return results["sms_status"].astype(str).tolist()


def _as_files(people, place):
    folder = place / "people"
    folder.mkdir(parents=True)
    people.iloc[:5].to_parquet(folder / "part-0.parquet", index=False)
    people.iloc[5:].to_parquet(folder / "part-1.parquet", index=False)
    sent = smsframe.send_files(folder, TEXT, out=place / "out", **OPTIONS)
    return sent.to_frame()["sms_status"].astype(str).tolist()


def _as_dask(people, place):
    import smsframe.dask  # noqa: F401, PLC0415 - what is tested

    place.mkdir(parents=True)
    with dask.config.set(scheduler="synchronous"):
        frame = dd.from_pandas(people, npartitions=3)
        made = frame.sms.plan(TEXT, stage=place / "stage", **OPTIONS)
        return made.send().compute()["sms_status"].astype(str).tolist()


WAYS = {
    "pandas": _as_pandas,
    "polars": _as_polars,
    "duckdb": _as_duckdb,
    "files": _as_files,
    "dask": _as_dask,
}


@pytest.mark.parametrize("first", list(WAYS))
def test_rows__sent_one_way_are_known_the_others(first, people, client, sandbox, tmp_path):
    """Every way after every other: no call, and the same rows accepted."""
    assert WAYS[first](people, tmp_path / "first") == ["accepted"] * ROWS
    outbox = len(sandbox.outbox())
    calls = len(sandbox.requests())
    assert outbox == ROWS
    for way, send in WAYS.items():
        assert send(people, tmp_path / f"then-{way}") == ["accepted"] * ROWS, way
        assert len(sandbox.requests()) == calls, way
    assert len(sandbox.outbox()) == outbox
