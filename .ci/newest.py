"""Print the path of the newest Python on this machine, those that pyenv keeps included.

Where that is too old for the newest libraries, this is said on the error stream.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

NEWEST_LIBRARIES_NEED = (3, 12)  # numpy 2.5
TOO_OLD = """
########################################################################################
  The newest Python found here is {found}: {python}
  The newest libraries need Python {need} or newer, so they are NOT tested here.
  Install one (pyenv install 3.13) and run this again.
########################################################################################
"""
ASK = "import ensurepip, sys, venv; print(sys.version_info[:3])"


def candidates() -> set[Path]:
    """List what is called like a Python 3, on the search path and where pyenv keeps its own."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    pyenv = os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv"
    folders += sorted(Path(pyenv).glob("versions/*/bin"))
    found = {file for folder in folders for file in folder.glob("python3*")}
    named = {file for file in found if re.fullmatch(r"python3(\.\d+)?(\.exe)?", file.name)}
    return named | {Path(sys.executable)}


def version(python: Path) -> tuple[int, ...]:
    """Ask a Python for its version; nothing for one that cannot make environments."""
    try:
        done = subprocess.run(  # noqa: S603 - found on this machine
            [python, "-c", ASK], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", done.stdout))


if __name__ == "__main__":
    newest = max(candidates(), key=version)
    if version(newest) < NEWEST_LIBRARIES_NEED:
        found, need = (".".join(map(str, v)) for v in (version(newest), NEWEST_LIBRARIES_NEED))
        sys.stderr.write(TOO_OLD.format(found=found, python=newest, need=need))
    print(newest)  # noqa: T201 - its whole purpose
