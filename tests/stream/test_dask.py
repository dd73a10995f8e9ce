"""Frames of Dask: real worker processes prepare, this process sends, and nobody is texted twice."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
from samples import TEXT, make_people
from samples import send as send_frame

import smsframe
from smsframe.errors import InputError

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
dd = pytest.importorskip("dask.dataframe")

pytestmark = [
    pytest.mark.filterwarnings("ignore:::distributed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
OPTIONS = {"program": "148372", "phone": "mobile", "progress": False}


@pytest.fixture(scope="module")
def cluster():
    """Run two workers, processes of their own."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as running,
        distributed.Client(running) as connected,
    ):
        yield connected


def slowly(part, started):
    """Take a while, and tell which process has begun."""
    Path(started, str(os.getpid())).touch()
    time.sleep(0.5)
    return part


def test_dask__sends_once(cluster, client, sandbox, tmp_path):
    """Planned on workers, sent from here; looking at the results, twice, sends nothing."""
    import smsframe.dask  # noqa: F401, PLC0415 - what is tested

    people = make_people(20)
    frame = dd.from_pandas(people, npartitions=4)
    made = frame.sms.plan(TEXT, stage=tmp_path / "stage", **OPTIONS)
    assert made.plan.recipients == 20
    assert len(sandbox.outbox()) == 0
    results = made.send(confirm=20)
    assert len(results) == 20
    assert results.compute()["sms_status"].tolist() == ["accepted"] * 20
    assert len(sandbox.outbox()) == 20
    shuffled = frame.sample(frac=1.0, random_state=1).repartition(npartitions=3)
    again = shuffled.sms.plan(TEXT, stage=tmp_path / "stage", **OPTIONS)
    assert again.plan.counts == {"accepted": 20}
    assert len(again.send(out=tmp_path / "more")) == 20
    send_frame(people)
    assert len(sandbox.outbox()) == 20


@pytest.mark.full
def test_dask__when_a_worker_is_killed(cluster, client, sandbox, tmp_path):
    """A worker that dies while rows are read, or after, changes nothing."""
    import smsframe.dask  # noqa: F401, PLC0415 - what is tested

    started = tmp_path / "started"
    started.mkdir()
    people = make_people(20)
    plain = dd.from_pandas(people, npartitions=4)
    frame = plain.map_partitions(slowly, str(started), meta=people.iloc[:0])
    killed = []

    def kill(stop):
        while not stop.wait(0.05) and not killed:
            for path in started.iterdir():
                os.kill(int(path.name), signal.SIGKILL)
                killed.append(path.name)
                break

    stop = threading.Event()
    killer = threading.Thread(target=kill, args=(stop,))
    killer.start()
    try:
        made = frame.sms.plan(TEXT, stage=tmp_path / "stage", **OPTIONS)
    finally:
        stop.set()
        killer.join(timeout=30)
    assert killed
    pids = list(cluster.run(os.getpid).values())
    os.kill(pids[0], signal.SIGKILL)
    results = made.send(confirm=20)
    assert len(results) == 20
    assert len(sandbox.outbox()) == 20


def test_dask__without_the_import_says_what_works(client):
    """A lazy frame is no frame to send; a client is not sent to workers."""
    frame = dd.from_pandas(pd.DataFrame({"mobile": ["+12015550123"]}), npartitions=1)
    with pytest.raises(InputError, match=r"A lazy send is a double send\. After 'import smsframe"):
        smsframe.send(frame, "Hi", program="148372")
    with pytest.raises(TypeError, match="cannot go to another process"):
        pickle.dumps(client)


def test_dask__refuses_a_stage_that_holds_something_else(client, tmp_path):
    """Only a stage of ours is written anew."""
    import smsframe.dask  # noqa: F401, PLC0415 - what is tested

    (tmp_path / "notes.txt").write_text("mine")
    frame = dd.from_pandas(make_people(2), npartitions=1)
    with pytest.raises(InputError, match="stage= holds something else"):
        frame.sms.plan(TEXT, stage=tmp_path, **OPTIONS)
