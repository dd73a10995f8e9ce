"""The folder of a list: gone at the end, and where its process was killed, with the next list."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import pytest

from smsframe._stream.private_folder import private_folder

KILLED = """
import os, signal
from smsframe._stream.private_folder import private_folder
with private_folder():
    os.kill(os.getpid(), signal.SIGKILL)
"""


def list_folders(place):
    """Return the folders of lists, made older than a process needs to lock its own."""
    folders = sorted(place.glob("smsframe-list-*"))
    for folder in folders:
        os.utime(folder / "in-use", (0, time.time() - 7200))
    return folders


@pytest.mark.skipif(os.name != "posix", reason="needs kill -9")
def test_private_folder__of_a_killed_process(tmp_path, monkeypatch):
    """What it has left is removed; the folder of a living one, however old, is not."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    killed = subprocess.run([sys.executable, "-c", KILLED], check=False, env=environment)
    assert killed.returncode == -9
    (left,) = list_folders(tmp_path)
    with private_folder():
        assert not left.exists()
        (living,) = list_folders(tmp_path)
        with private_folder():
            assert living.exists()
            assert len(list_folders(tmp_path)) == 2
    assert list_folders(tmp_path) == []
