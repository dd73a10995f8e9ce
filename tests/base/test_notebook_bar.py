"""What a bar leaves in a notebook that is saved, opened again or exported."""

from __future__ import annotations

from pathlib import Path

import nbclient
import nbformat
import pytest

pytest.importorskip("ipywidgets")
nbconvert = pytest.importorskip("nbconvert")

TESTS = Path(__file__).parents[1]
BEGIN = """import warnings; warnings.simplefilter("ignore")
from samples import make_people
import smsframe
sandbox = smsframe.Sandbox(anyone=True).__enter__()
client = smsframe.connect(sandbox)"""
SEND = 'results = make_people(2412).sms.send("Hello", program="148372", phone="mobile")'
STOPPED = """from smsframe._base.progress import Bar, Progress
with Bar(True) as bar:
    bar.update(Progress(total=5, accepted=2, rejected=0, unknown=1))"""
END = "client.close(); sandbox.__exit__(None, None, None)"
CELLS = (BEGIN, SEND, STOPPED, END)


@pytest.fixture
def executed(own_folder, tmp_path, monkeypatch):
    """Run a notebook that sends, and return it as it is saved."""
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "journal.sqlite3"))
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(made, timeout=90, store_widget_state=False).execute()
    return made


def test_bar__reads_as_finished_in_what_is_saved(executed):
    """The output is text, in an export too: no widget, no bar at 0; a stopped one is not full."""
    saved = nbformat.writes(executed)
    assert "widget-view" not in saved
    assert "0/2" not in saved
    (shown,) = [out for out in executed.cells[1].outputs if out.output_type == "display_data"]
    said = shown.data["text/plain"]
    assert said.startswith("2,412 of 2,412 · 2,412 accepted · 0 rejected · 0 unknown · ")
    assert "value='2412'" in shown.data["text/html"]
    html, _ = nbconvert.HTMLExporter().from_notebook_node(executed)
    assert "2,412 of 2,412 · 2,412 accepted" in html
    assert "Error displaying widget" not in html

    (stopped,) = [out for out in executed.cells[2].outputs if out.output_type == "display_data"]
    assert stopped.data["text/plain"].startswith("3 of 5 · 2 accepted · 0 rejected · 1 unknown")
    assert "value='3'" in stopped.data["text/html"]
