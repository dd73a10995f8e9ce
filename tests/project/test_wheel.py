"""The wheel: built without a network, installed where nothing of the checkout is seen, and used.

How that is done, and what of this environment is seen there, is told in ``wheels.py``. That the
notebooks run on it is tested with the notebooks.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import wheels

import smsframe

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "smsframe"
SEND = """
import importlib.util, pandas as pd, smsframe, sys
from pathlib import Path
assert Path(smsframe.__file__).is_relative_to(sys.prefix), smsframe.__file__
assert importlib.util.find_spec("matplotlib") is None  # not asked for without an extra
people = pd.DataFrame({"mobile": ["+1 201-555-0123"], "Name": ["Ann"]})
with smsframe.Sandbox(anyone=True) as sandbox, smsframe.connect(sandbox):
    results = people.sms.send("Hi %%Name%%", program="148372", progress=False)
    print(results["sms_status"].item(), sandbox.outbox()["text"].item())
composer = people.sms.compose("Hi %%Name%%", program="148372")
print(composer.plan.recipients, smsframe.__version__)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build archive and wheel."""
    pytest.importorskip("hatchling", reason="what builds the wheel is not installed")
    return wheels.build(tmp_path_factory.mktemp("dist"))


def test_wheel__has_every_file(built):
    """Modules, style sheets and scripts of the package are inside, the sample, nothing else."""
    names = set(zipfile.ZipFile(built.wheel).namelist())
    package = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == package | {"smsframe/samples/orders.csv"}
    assert {Path(name).suffix for name in package} >= {".py", ".css", ".js"}
    assert "smsframe/py.typed" in package


def test_wheel__says_what_it_is(built):
    """Name, version, python, readme and command are those of the project."""
    told = built.metadata
    assert (told["Name"], told["Version"]) == ("smsframe", smsframe.__version__)
    assert told["Requires-Python"] == ">=3.11"
    assert told.get_payload().startswith((ROOT / "README.md").read_text()[:40])
    assert "smsframe = smsframe.cli:main" in built.read("entry_points.txt")


def test_archive__has_what_the_readme_needs(built):
    """Who has the source archive has docs, notebooks, their data, the samples and the Makefile."""
    kinds = {".ipynb", ".csv", ".md", ".png"}
    for name in ("docs", "notebooks", "data"):
        here = {path.name for path in (ROOT / name).iterdir() if path.suffix in kinds}
        assert here
        assert here - {"results.csv"} <= {path.name for path in (built.source / name).iterdir()}
    assert (built.source / "Makefile").is_file()


def test_wheel__installed_elsewhere(built, tmp_path):
    """Installed into a bare environment it imports, sends to a sandbox, and has its command."""
    bin_ = wheels.install(built, tmp_path / "bare")
    options = {"cwd": tmp_path, "env": wheels.clean_environment(tmp_path / "j.db")}
    told = wheels.run(bin_ / "python", "-c", SEND, **options)
    assert told.splitlines() == ["accepted Hi Ann", f"1 {smsframe.__version__}"]
    assert wheels.run(bin_ / "smsframe", "--help", **options).startswith("usage: smsframe")
    assert "2,600 rows" in wheels.run(bin_ / "smsframe", "demo", "--fast", **options)
    assert (tmp_path / "results.csv").is_file()
