"""Notebooks and Chromium for the tests of the screens: real pages, nothing beyond this machine.

JupyterLab and Notebook 7 are two faces of one server; Voila has its own. `front_end` is each of
them in turn: JupyterLab always, the other two where tests are run in full.

Chromium is Debian's; a machine without it skips these tests, but not where CI is set: a browser
test that is silently left out tests nothing. The sandbox runs in the test's own process, so that
what went out is counted where the page cannot reach.

What a page is watched for, and would otherwise be shown to nobody: requests that leave the machine,
errors of the page, and exceptions of the kernel, which are read from the websocket's frames.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from browser.pages import FrontEnd
from playwright.sync_api import expect

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
TESTS = Path(__file__).parents[1]
CHROMIUM_ARGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # Every name but loopback fails at once, so a content network can neither help nor hang.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
LOCAL = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")
KERNEL_ERRORS = (b'"msg_type":"error"', b'"msg_type": "error"', b"Traceback (most recent")
OF_FRONT_ENDS = (
    "reading 'schema'",  # Notebook 7, of a setting that its JupyterLab no longer has
    "'filebrowser:open-path' not registered",  # Notebook 7, of a page that it has not
    "getter for the shared module",  # Voila, of extensions made for another JupyterLab
    *("Unsatisfied version", "No satisfying version"),  # Voila, of the JupyterLab it carries
)
"""Complaints of front ends about themselves, as they load."""
SETTINGS = {
    # The "Jupyter news?" question would lie over the page.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}

expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items):
    """Mark these tests; skip them without Chromium, or fail where it must be there."""
    ours = [item for item in items if Path(item.path).parent == Path(__file__).parent]
    missing = not Path(CHROMIUM).exists()
    if missing and ours and os.environ.get("CI"):
        raise pytest.UsageError(f"{CHROMIUM} is missing: apt-get install -y chromium")
    for item in ours:
        item.add_marker(pytest.mark.browser)
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"{CHROMIUM} is missing"))


class Lab:
    """A JupyterLab server that runs."""

    def __init__(self, process, port, token, root):
        self.process, self.token, self.root = process, token, root
        self.base = f"http://127.0.0.1:{port}"

    def call(self, method, path):
        """Call the server's API."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.base + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def close_kernels(self):
        """Shut every session and its kernel: a kernel outlives its page."""
        for session in self.call("GET", "/api/sessions"):
            with contextlib.suppress(urllib.error.HTTPError):
                self.call("DELETE", f"/api/sessions/{session['id']}")


def _free_port():
    """Return a port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def jupyter_env(tmp_path_factory):
    """Config, data and runtime folders of the tests' own."""
    home = tmp_path_factory.mktemp("jupyter")
    folder = home / "config/lab/user-settings/@jupyterlab"
    for name, value in SETTINGS.items():
        file = folder / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    return {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "config/lab/user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "config/lab/workspaces"),
        "PYTHONPATH": str(TESTS),
    }


@pytest.fixture(scope="session")
def lab(jupyter_env, tmp_path_factory):
    """Run JupyterLab over a folder of its own."""
    port, token, root = _free_port(), secrets.token_hex(16), tmp_path_factory.mktemp("notebooks")
    log = tmp_path_factory.mktemp("log") / "lab.log"
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"),
        *("--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"),
        *("--LabApp.news_url=None", "--JupyterNotebookApp.expose_app_in_browser=True"),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env={
                **jupyter_env,
                "JUPYTER_TOKEN": token,
            },  # not on the command line, where ps shows it
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        _wait_for(process, f"http://127.0.0.1:{port}/api/status?token={token}", log)
        yield Lab(process, port, token, root)
    finally:
        process.terminate()  # it shuts its kernels down
        process.wait(20)


@pytest.fixture(scope="session")
def voila(lab, jupyter_env, tmp_path_factory):
    """Run Voila over the same folder, without the fonts that its template fetches."""
    pytest.importorskip("voila")
    own = Path(jupyter_env["JUPYTER_DATA_DIR"]) / "voila/templates/offline"
    own.mkdir(parents=True, exist_ok=True)
    (own / "conf.json").write_text('{"base_template": "lab"}')
    fonts = "https://cdn.jsdelivr.net/npm/@fortawesome/fontawesome-free@^5/css/"
    (own / "index.html.j2").write_text(
        "{%- extends 'voila/templates/lab/index.html.j2' -%}{%- block notebook_css -%}{{ super()"
        f" | replace('{fonts}all.min.css', 'data:text/css,')"
        f" | replace('{fonts}v4-shims.min.css', 'data:text/css,')"
        " }}{%- endblock notebook_css -%}"
    )
    port, log = _free_port(), tmp_path_factory.mktemp("log") / "voila.log"
    command = [
        *(sys.executable, "-m", "voila", str(lab.root), "--no-browser", "--Voila.ip=127.0.0.1"),
        *(f"--port={port}", "--template=offline", "--MappingKernelManager.cull_interval=5"),
        "--MappingKernelManager.cull_idle_timeout=10",
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=jupyter_env, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
    try:
        _wait_for(process, f"http://127.0.0.1:{port}/", log)
        yield Lab(process, port, "", lab.root)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(
    params=[
        "lab",
        pytest.param("notebook", marks=pytest.mark.full),
        pytest.param("voila", marks=pytest.mark.full),
    ]
)
def front_end(request, lab):
    """Return a front end that opens a notebook and runs it."""
    server = request.getfixturevalue("voila") if request.param == "voila" else lab
    return FrontEnd(request.param, server)


def _wait_for(process, address, log):
    """Wait until a server answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(address, timeout=2).close()
            return
        time.sleep(0.05)
    raise RuntimeError("The server did not start:\n" + log.read_text()[-3000:])


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Use Debian's Chromium: the driver's own is a download."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_ARGS}


@pytest.fixture(scope="session")
def profile(browser, browser_context_args):
    """Keep one profile for all notebooks, which loads JupyterLab's own scripts once."""
    with contextlib.closing(browser.new_context(**browser_context_args)) as kept:
        yield kept


@pytest.fixture
def watched(profile):
    """Return a page; at the end nothing may have left the machine and nothing may have thrown."""
    page, outside, errors = profile.new_page(), [], []

    def frame(payload):
        data = payload.encode() if isinstance(payload, str) else payload
        if any(mark in data for mark in KERNEL_ERRORS):
            errors.append("kernel: " + data[-1500:].decode(errors="replace"))

    def failed(told):
        if not any(words in told for words in OF_FRONT_ENDS):
            errors.append(told)

    def opened(ws):
        if not ws.url.startswith(LOCAL):
            outside.append(ws.url)
        ws.on("framereceived", frame)

    page.set_default_timeout(15_000)
    page.on("request", lambda r: None if r.url.startswith(LOCAL) else outside.append(r.url))
    page.on("websocket", opened)
    page.on("pageerror", lambda e: failed(f"page: {e}"))
    page.on("console", lambda m: failed(m.text) if m.type == "error" else None)
    page.on("dialog", lambda d: d.accept())
    page.errors_seen = errors
    yield page
    page.close()
    assert outside == []
    assert errors == []


@pytest.fixture
def notebook(request, lab, sandbox, tmp_path):
    """Return a function that makes a notebook with a composer and opens it."""
    setup = f"""
import os
os.environ["SMSFRAME_JOURNAL"] = {str(tmp_path / "browser.sqlite3")!r}
os.environ["SMSFRAME_TEXTS"] = {str(tmp_path / "texts.json")!r}
import smsframe
from samples import make_people
client = smsframe.connect(base_url={sandbox.base_url!r}, **{dict(sandbox.credentials)!r})
"""

    def make(*cells, name=""):
        cells = [setup.strip(), *cells, "print('ALL' + '-DONE')"]
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        made.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        short = name or request.node.name.split("[")[0].removeprefix("test_")[:40]
        path = lab.root / f"{short}_{secrets.token_hex(3)}.ipynb"
        nbformat.write(made, path)
        return path

    yield make
    lab.close_kernels()


@pytest.fixture
def axe():
    """Return axe-core, which npm brings: AXE_JS=path, or node_modules here."""
    path = Path(os.environ.get("AXE_JS", "node_modules/axe-core/axe.min.js"))
    if not path.exists():
        assert "AXE_JS" not in os.environ, f"AXE_JS={path} is not there"
        pytest.skip("axe-core is not here: npm install axe-core, or set AXE_JS")
    return path.read_text(encoding="utf-8") + "\n;undefined"
