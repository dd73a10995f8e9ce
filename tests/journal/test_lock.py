"""One sender per campaign: the other is told who, and a dead one holds nobody up."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import getpass
import json
import os
import re
import socket
import stat
import subprocess
import sys
import textwrap
import threading
import time

import filelock
import pytest
from waiting import until

from smsframe._journal import holder as holders
from smsframe._journal import lock as module
from smsframe._journal.holder import Holder, user_name
from smsframe._journal.lock import campaign_lock
from smsframe.errors import CampaignBusyError, JournalError

SCOPE = b"0123456789abcdef"
OTHER_SCOPE = b"fedcba9876543210"
HOLDER = textwrap.dedent(f"""
    import os, sys, time
    from smsframe._journal.lock import campaign_lock
    with campaign_lock(sys.argv[1], {SCOPE!r}):
        print("held", flush=True)
        sys.stdin.readline()
    print("left", flush=True)
""")


@pytest.fixture
def path(tmp_path):
    """Name the journal beside which the locks stand."""
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def holder(path):
    """Run another process that holds the campaign until it reads a line, or is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def refusal(path, **options):
    """Give the error with which a second sender is refused."""
    with pytest.raises(CampaignBusyError) as caught, campaign_lock(path, SCOPE, **options):
        pytest.fail("two senders at once")
    return caught.value


def hold(path, **options):
    """Take the lock and give it back."""
    with campaign_lock(path, SCOPE, **options):
        pass


def sidecar(path):
    """Name the file that says who holds the lock."""
    return path.with_name(path.name + ".locks") / f"{SCOPE.hex()}.json"


def test_lock__refuses_another_process(path, holder):
    """It is told who sends, since when, and that it can wait or leave."""
    error = refusal(path)
    assert error.details["pid"] == holder.pid
    assert error.details["host"] == socket.gethostname()
    assert time.time() - 60 < error.details["since"] <= time.time()
    sentence = str(error)
    assert f"Process {holder.pid} on {socket.gethostname()} ({getpass.getuser()})" in sentence
    assert re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", sentence)
    assert "Wait" in sentence
    assert "or leave it" in sentence


def test_lock__dies_with_its_process(path, holder):
    """After kill -9 the campaign is free at once, and the dead one is named to nobody."""
    holder.kill()
    holder.wait()
    assert json.loads(sidecar(path).read_text())["pid"] == holder.pid
    with campaign_lock(path, SCOPE):
        assert json.loads(sidecar(path).read_text())["pid"] == os.getpid()
    assert not sidecar(path).exists()


@pytest.mark.skipif(
    int(filelock.version.split(".")[0]) < 4, reason="older filelocks let a forked child hold on"
)
def test_lock__is_not_kept_by_a_child_of_a_dead_sender(path):
    """A forked child does not hold the campaign after its parent was killed."""
    parent = textwrap.dedent(f"""
        import os, sys, time
        from smsframe._journal.lock import campaign_lock
        with campaign_lock(sys.argv[1], {SCOPE!r}):
            if not os.fork():
                print("forked", flush=True)
                sys.stdin.readline()
                os._exit(0)
            os.wait()
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", parent, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "forked\n"
    process.kill()
    process.wait()
    with contextlib.ExitStack() as stack:
        stack.callback(process.communicate, "end\n")
        stack.enter_context(campaign_lock(path, SCOPE))


def test_lock__is_waited_for(path, holder):
    """With wait_s the second sender goes on as soon as the first is done."""
    timer = threading.Timer(0.2, holder.kill)
    timer.start()
    start = time.monotonic()
    with campaign_lock(path, SCOPE, wait_s=20.0):
        waited = time.monotonic() - start
    timer.join()
    assert 0.1 < waited < 10.0


def test_lock__is_not_waited_for_longer_than_told(path, holder):
    """The wait ends, and the refusal is the same."""
    start = time.monotonic()
    assert refusal(path, wait_s=0.15).details["pid"] == holder.pid
    assert 0.1 < time.monotonic() - start < 5.0


def test_lock__keeps_threads_apart(path):
    """A queued second call in the same process is refused like any other, and can wait."""
    events = []

    def second():
        events.append(refusal(path).details["pid"])
        with campaign_lock(path, SCOPE, wait_s=20.0):
            events.append("second")

    with campaign_lock(path, SCOPE):
        assert refusal(path).details["pid"] == os.getpid()
        thread = threading.Thread(target=second)
        thread.start()
        until(lambda: events)
        events.append("first")
    thread.join(30)
    assert events == [os.getpid(), "first", "second"]


def test_lock__keeps_threads_apart_where_locks_hold_between_processes_only(path, monkeypatch):
    """On some network disks the system would give a process the same lock twice."""
    monkeypatch.setattr(filelock.FileLock, "acquire", lambda *_, **__: None)
    with campaign_lock(path, SCOPE):
        refusal(path)


def test_lock__knows_a_journal_by_another_name(tmp_path, path):
    """A link to the directory leads to the same lock."""
    (tmp_path / "link").symlink_to(tmp_path)
    with campaign_lock(path, SCOPE):
        refusal(tmp_path / "link" / path.name)


def test_lock__is_per_campaign_and_journal(tmp_path, path, holder):
    """Another campaign, or the same in another journal (the sandbox's), is free."""
    with campaign_lock(path, OTHER_SCOPE), campaign_lock(tmp_path / "rehearsal.sqlite3", SCOPE):
        pass


def test_lock__is_released_when_the_block_fails(path):
    """An error within passes through unchanged, and the campaign is free again."""
    with pytest.raises(filelock.Timeout), campaign_lock(path, SCOPE):
        raise filelock.Timeout("of the block")
    with campaign_lock(path, SCOPE):
        pass


def test_lock__files_are_for_this_user_alone(path):
    """Directory 0700, files 0600."""
    with campaign_lock(path, SCOPE):
        directory = path.with_name("journal.sqlite3.locks")
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        modes = {stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()}
    assert modes == {0o600}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param('{"pid":', id="half"),
        pytest.param("[1]", id="no mapping"),
        pytest.param('{"pid": "x", "since": "y"}', id="wrong types"),
        pytest.param('{"pid": 7}', id="incomplete"),
        pytest.param(None, id="missing"),
    ],
)
def test_lock__is_refused_also_when_nobody_is_named(path, content):
    """The sidecar only informs: whatever is in it, the lock holds and the sentence is whole."""
    with campaign_lock(path, SCOPE):
        sidecar(path).unlink()
        if content is not None:
            sidecar(path).write_text(content)
        error = refusal(path)
    assert str(error).startswith("Another process has been sending this campaign. ")
    assert error.details == {"pid": None, "host": None, "user": None, "since": None}


def test_lock__names_nobody_who_is_dead(path):
    """What a killed sender left is not told while its successor has not yet given its name."""
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    with campaign_lock(path, SCOPE):
        named = json.loads(sidecar(path).read_text()) | {"pid": dead.pid}
        sidecar(path).write_text(json.dumps(named))
        assert refusal(path).details["pid"] is None


def test_lock__holds_without_its_sidecar(path, monkeypatch):
    """A full disk may keep the name from being written, not the campaign from being locked."""

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.Holder, "written", full)
    with campaign_lock(path, SCOPE):
        assert refusal(path).details["pid"] is None


def test_lock__where_there_are_no_locks(path, monkeypatch):
    """A disk without locks is refused instead of sending unlocked."""

    def unlocked(*_, **__):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "acquire", unlocked)
    for _ in range(2):  # the second is not "busy" because of the first
        with pytest.raises(JournalError, match="SMSFRAME_JOURNAL") as caught:
            hold(path)
        assert "No locks available" in str(caught.value)


def test_lock__refuses_a_file_that_would_outlive_its_owner(path, monkeypatch):
    """What filelock falls back to where there are no locks does not die with its process."""
    monkeypatch.setattr(module.filelock, "FileLock", filelock.SoftFileLock)
    with pytest.raises(JournalError, match="no locks"):
        hold(path)
    assert not list(path.with_name("journal.sqlite3.locks").iterdir())


def test_lock__where_no_directory_can_be_made(tmp_path):
    """A file in the way of the directory is named."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(JournalError, match="cannot be locked"):
        hold(tmp_path / "file" / "journal.sqlite3")


def test_lock__is_free_after_an_interrupted_wait(path, monkeypatch):
    """Ctrl-C while waiting for another thread leaves nothing held."""

    def interrupted(_):
        raise KeyboardInterrupt

    with campaign_lock(path, SCOPE), monkeypatch.context() as patch:
        patch.setattr(module.time, "sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            hold(path, wait_s=5.0)
        refusal(path)
    hold(path)


@pytest.mark.parametrize("error", [OSError("no entry"), KeyError("getpwuid")])
def test_user_name__that_the_system_does_not_know(monkeypatch, error):
    """A container without users has senders all the same."""
    monkeypatch.setattr(getpass, "getuser", lambda: (_ for _ in ()).throw(error))
    assert user_name() == ""


@pytest.mark.parametrize(
    ("error", "is_dead"),
    [
        pytest.param(None, False, id="runs"),
        pytest.param(ProcessLookupError(), True, id="gone"),
        pytest.param(PermissionError(), False, id="somebody-elses"),
        pytest.param(OverflowError(), False, id="no-such-number"),
    ],
)
def test_holder__dead_or_alive(monkeypatch, error, is_dead):
    """Only a process that is surely gone counts as dead."""

    def kill(pid, signal):
        assert (pid, signal) == (7, 0)
        if error is not None:
            raise error

    monkeypatch.setattr(os, "kill", kill)
    # As on a system that does not tell when a process began.
    monkeypatch.setattr(holders, "_start_of", lambda _: "")
    here = dataclasses.replace(Holder.here(), pid=7)
    assert here.is_dead() is is_dead
    assert not dataclasses.replace(here, boot="elsewhere").is_dead()
