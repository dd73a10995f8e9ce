"""The wheel: built without a network, installed where nothing of the checkout is seen, and used.

What is depended on is not installed again: a ``.pth`` file leads to the libraries of this
environment, while the package itself comes from the wheel.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import smsframe

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "smsframe"
SEND = """
import pandas as pd, smsframe, sys
from pathlib import Path
assert Path(smsframe.__file__).is_relative_to(sys.prefix), smsframe.__file__
people = pd.DataFrame({"mobile": ["+1 201-555-0123"], "Name": ["Ann"]})
with smsframe.Sandbox(anyone=True) as sandbox, smsframe.connect(sandbox):
    results = people.sms.send("Hi %%Name%%", program="148372", progress=False)
    print(results["sms_status"].item(), sandbox.outbox()["text"].item())
composer = people.sms.compose("Hi %%Name%%", program="148372")
print(composer.plan.recipients, smsframe.__version__)
"""


def run(*command, **options):
    """Run a command and return what it printed; its errors are shown when it fails."""
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=120, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel with the backend at hand."""
    pytest.importorskip("hatchling")
    out = tmp_path_factory.mktemp("dist")
    code = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    run(sys.executable, "-c", code, out, cwd=ROOT)
    return next(out.glob("smsframe-*.whl"))


def test_wheel__has_every_file(wheel):
    """All modules, style sheets and scripts of the package are inside, and nothing else."""
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == package
    assert {Path(name).suffix for name in package} >= {".py", ".css", ".js"}
    assert "smsframe/py.typed" in package


def test_wheel__says_what_it_is(wheel):
    """Name, version, python, readme and command are those of the project."""
    files = zipfile.ZipFile(wheel)
    info = next(name for name in files.namelist() if name.endswith(".dist-info/METADATA"))
    told = Parser().parsestr(files.read(info).decode())
    assert (told["Name"], told["Version"]) == ("smsframe", smsframe.__version__)
    assert told["Requires-Python"] == ">=3.11"
    assert told.get_payload().startswith((ROOT / "README.md").read_text()[:40])
    commands = files.read(info.replace("METADATA", "entry_points.txt")).decode()
    assert "smsframe = smsframe.cli:main" in commands


def test_wheel__installed_elsewhere(wheel, tmp_path):
    """Installed into a bare environment it imports, sends to a sandbox, and has its command."""
    home = tmp_path / "bare"
    venv.create(home, with_pip=False, symlinks=True)
    bin_ = home / ("Scripts" if os.name == "nt" else "bin")
    python = bin_ / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = Path(run(python, "-c", code).strip())
    run(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index",
        "--disable-pip-version-check", "--quiet", wheel, cwd=tmp_path,
    )  # fmt: skip
    (place / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV_"))}
    options = {"cwd": tmp_path, "env": {**environment, "SMSFRAME_JOURNAL": str(tmp_path / "j.db")}}
    told = run(python, "-c", SEND, **options)
    assert told.splitlines() == ["accepted Hi Ann", f"1 {smsframe.__version__}"]
    assert run(bin_ / "smsframe", "--help", **options).startswith("usage: smsframe")
