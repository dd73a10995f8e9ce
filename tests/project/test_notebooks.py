"""The notebooks, executed as a reader would: in order, and again, each time in a new kernel.

They share one journal and one sandbox, as on a reader's machine. The second time stands for
"restart the kernel and run all", the most natural thing to do and the one that must not text
anybody twice. Each on its own, in an empty place, they run under papermill.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
import wheels
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SENDS = re.compile(r"^(Nothing was sent|[\d,]+ accepted(?= now ·| ·))", re.MULTILINE)
WHENCE = "print('WHENCE', smsframe.__file__)"
OUTBOX = """
sent = smsframe.connect('sandbox').sandbox.outbox()
print('OUTBOX', len(sent), sent.duplicated(['to', 'text']).sum())
"""
HAPPENED = (
    " accepted", "\nKilled.\n", "OPTED-OUT 0", " accepted", "4 too soon", "in 3 files", "held out)"
)  # fmt: skip
NEXT_TIME = (
    *("0 of them left to send", "\nNot killed", "OPTED-OUT 0", "Nothing was sent"),
    "(1 opted out)",
    *("Nothing was sent", "Nothing was sent"),
)
CONSENT = """
out = results['consent'].eq('OPTED-OUT') & results['sms_status'].isin(['sent', 'accepted'])
print('OPTED-OUT', out.sum())
"""


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """Make a copy of notebooks and data, a journal and Jupyter folders of its own."""
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".ipynb_*"))
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "journal.sqlite3"))
    monkeypatch.setenv("PYTHONWARNINGS", "default")
    return tmp_path / "notebooks"


def run(path: Path) -> tuple[str, int, int]:
    """Execute a notebook; return what it wrote, the texts in the outbox, and repeats in there."""
    notebook = nbformat.read(path, as_version=4)
    probes = [CONSENT, OUTBOX] if path.stem.startswith("03") else [OUTBOX]
    notebook.cells += [nbformat.v4.new_code_cell(probe) for probe in probes]
    client = NotebookClient(
        notebook,
        timeout=120,
        iopub_timeout=120,  # by itself, 4 s after a cell nbclient gives up on its outputs, and
        raise_on_iopub_timeout=True,  # says so to nobody
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
    )
    client.execute(env=dict(os.environ))
    written = _written(notebook)
    sent, repeated = written.rsplit("OUTBOX ", 1)[1].split()[:2]
    return written, int(sent), int(repeated)


def _written(notebook: nbformat.NotebookNode) -> str:
    """Return what the cells printed and showed, as text.

    A kernel sends what is printed five times a second, so that a line may come in two outputs.
    """
    written, before = "", None
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            stream = output.get("name") and (number, output.name)
            written += "" if stream and stream == before else "\n"
            written += output.get("text") or output.get("data", {}).get("text/plain", "")
            before = stream
    return written


def test_notebook__first_and_again(workplace):
    """The first is run, and once more in a new kernel: that texts nobody."""
    first, texted, twice = run(workplace / NOTEBOOKS[0].name)
    again, now, _ = run(workplace / NOTEBOOKS[0].name)
    assert (now, twice) == (texted, 0)
    assert set(SENDS.findall(again)) == {"Nothing was sent"}
    assert len(SENDS.findall(again)) == len(SENDS.findall(first))
    assert (HAPPENED[0] in first, NEXT_TIME[0] in again) == (True, True)


@pytest.mark.full
def test_notebooks__in_order_and_again(workplace):
    """They run one after the other and, in new kernels, once more: that texts nobody."""
    first, texted = {}, 0
    for path in NOTEBOOKS:
        first[path.stem], now, twice = run(workplace / path.name)
        assert now > texted, f"{path.stem} is about sending"
        assert twice == 0, f"{path.stem} sends words that went to the same people before"
        texted = now
    for number in (2, 0, 1, 3, 4, 5, 6):
        stem = NOTEBOOKS[number].stem
        again, now, _ = run(workplace / NOTEBOOKS[number].name)
        assert now == texted, stem
        assert set(SENDS.findall(again)) == {"Nothing was sent"}, stem
        assert len(SENDS.findall(again)) == len(SENDS.findall(first[stem])), stem
        assert (HAPPENED[number] in first[stem], NEXT_TIME[number] in again) == (True, True), stem


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook__as_committed(path):
    """It is committed without outputs, counts and widget state, so nobody's data comes along."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert [cell.outputs for cell in code] == [[]] * len(code)
    assert [cell.execution_count for cell in code] == [None] * len(code)
    assert "widgets" not in notebook.metadata


def test_notebooks__one_story():
    """They are numbered in their names and titles; each names the next, but for the last."""
    assert [path.stem[:3] for path in NOTEBOOKS] == [f"0{number}_" for number in range(1, 8)]
    read = [nbformat.read(path, as_version=4) for path in NOTEBOOKS]
    for number, notebook in enumerate(read, start=1):
        assert notebook.cells[0].source.startswith(f"# {number}. ")
        for following in NOTEBOOKS[number : number + 1]:
            assert following.name in notebook.cells[-1].source


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Install the wheel with what notebooks need into a bare environment; return its source too."""
    home = tmp_path_factory.mktemp("bare")
    built = wheels.build(home)
    python = wheels.install(built, home / "env", "notebooks", "plot") / "python"
    kernel = home / "jupyter" / "kernels" / "bare"
    kernel.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    words = {"argv": argv, "display_name": "bare", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(words))
    return built.source, home / "jupyter"


@pytest.mark.full
@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_notebook__papermill_on_the_wheel(name, bare, tmp_path):
    """It runs where nobody looks too, on nothing but the wheel, its extras and the archive."""
    source, jupyter = bare
    environment = wheels.clean_environment(tmp_path / "journal.sqlite3")
    environment |= {"JUPYTER_PATH": str(jupyter), "IPYTHONDIR": str(tmp_path / "ipython")}
    place = shutil.copytree(source, tmp_path / "source") / "notebooks"
    probe = nbformat.read(place / name, as_version=4)
    probe.cells.append(nbformat.v4.new_code_cell(WHENCE))
    nbformat.write(probe, place / name)
    wheels.run(
        sys.executable, "-m", "papermill", "--no-progress-bar", "-k", "bare", name, "out.ipynb",
        cwd=place, env=environment,
    )  # fmt: skip
    written = _written(nbformat.read(place / "out.ipynb", as_version=4))
    assert re.search(r"^[\d,]+ accepted · ", written, re.MULTILINE)
    assert f"WHENCE {jupyter.parent}" in written
