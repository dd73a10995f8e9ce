"""The wheel as somebody gets it: from the source archive, installed where no checkout is seen.

Nothing is fetched. The libraries are those of this environment, linked one by one into a bare one:
exactly what the wheel's own metadata asks for, extras and all, and what that asks for in turn. Then
pip installs the wheel with its extras and finds every requirement met, or fails; and a library that
the code needs but the project does not name cannot be imported there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
BUILD = "import sys; from hatchling import build; getattr(build, sys.argv[1])(sys.argv[2])"


def run(*command, **options) -> str:
    """Run a command and return what it printed; its errors are shown when it fails."""
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=240, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Built:
    """What a release is made of: the source archive, unpacked, and the wheel built from it."""

    source: Path
    wheel: Path

    @property
    def metadata(self):
        """The wheel's own word on itself."""
        return Parser().parsestr(self.read("METADATA"))

    def read(self, name: str) -> str:
        """Return a file of the wheel's metadata."""
        files = zipfile.ZipFile(self.wheel)
        (found,) = [path for path in files.namelist() if path.endswith(f".dist-info/{name}")]
        return files.read(found).decode()


def build(into: Path) -> Built:
    """Build the source archive, and from it the wheel, with the backend at hand."""
    run(sys.executable, "-c", BUILD, "build_sdist", into, cwd=ROOT)
    (archive,) = into.glob("smsframe-*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(into, filter="data")
    source = into / archive.name.removesuffix(".tar.gz")
    run(sys.executable, "-c", BUILD, "build_wheel", into, cwd=source)
    (wheel,) = into.glob("smsframe-*.whl")
    return Built(source, wheel)


def needs(asked: list[str], *extras: str) -> set[str]:
    """Return the names of the distributions that requirements ask for, and of all below them."""
    found: set[tuple[str, str]] = set()
    left = [(line, extra) for line in asked for extra in ("", *extras)]
    while left:
        line, extra = left.pop()
        need = Requirement(line)
        if need.marker is not None and not need.marker.evaluate({"extra": extra}):
            continue
        for wanted in {"", *need.extras} - {chosen for name, chosen in found if name == need.name}:
            found.add((need.name, wanted))
            left += [(line, wanted) for line in distribution(need.name).requires or ()]
    return {canonicalize_name(name) for name, _ in found}


def install(built: Built, home: Path, *extras: str) -> Path:
    """Make a bare environment, install the wheel with extras there, return where commands are."""
    venv.create(home, with_pip=False, symlinks=True)
    bin_ = home / ("Scripts" if os.name == "nt" else "bin")
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = Path(run(bin_ / "python", "-c", code).strip())
    for name in needs(built.metadata.get_all("Requires-Dist"), *extras):
        _link(name, place)
    wanted = f"{built.wheel}[{','.join(extras)}]" if extras else built.wheel
    run(
        sys.executable, "-m", "pip", "--python", bin_ / "python", "install", "--no-index",
        "--disable-pip-version-check", "--quiet", wanted, cwd=home,
    )  # fmt: skip
    return bin_


def _link(name: str, place: Path) -> None:
    """Link the files of an installed library into another environment."""
    library = distribution(name)
    tops = {file.parts[0] for file in library.files or () if file.parts[0] != ".."}
    for top in tops - {"__pycache__"}:
        if not (place / top).exists():
            (place / top).symlink_to(Path(library.locate_file(top)))


def clean_environment(journal: Path) -> dict[str, str]:
    """Return the environment without what would lead back here, and with a journal of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV_"))}
    return {**kept, "SMSFRAME_JOURNAL": str(journal)}
