"""What the documentation says, done: the code of every page runs as printed, the doctests hold.

The pages are the README and those in ``docs/``. The python blocks of a page run in one namespace,
in order, in a folder that has the data of the repository, as somebody would who reads from top to
bottom. Blocks for a shell run in bash, with the port replaced by a free one. A block that no test
runs is an error; a drawing is a block of ``text``.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import inspect
import os
import pkgutil
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import smsframe
from smsframe._acoustic import outcomes
from smsframe._acoustic.address import base_url_for
from smsframe._base import result_columns
from smsframe._journal.postgres.kept_outcomes import NEVER_POSTED
from smsframe._phones import problems as phones
from smsframe._results import refresh, status_answers
from smsframe.cli import options as cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
README = PAGES["README.md"]
BLOCKS = {
    page: re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for page, text in PAGES.items()
}


def blocks_of(language: str) -> dict[str, list[str]]:
    """Return the blocks of a language, page by page; pages without any are left out."""
    found = {
        page: [code for name, code in blocks if name == language] for page, blocks in BLOCKS.items()
    }
    return {page: codes for page, codes in found.items() if codes}


PYTHON, SHELL = blocks_of("python"), blocks_of("sh")
MAKE, ENTER = SHELL["README.md"]
(EXPORTS,) = SHELL["docs/real-credentials.md"]
SERVE, CURL = SHELL["docs/sandbox.md"]
COMMANDS, LOOKING_BACK = SHELL["docs/command-line.md"]

TEAM = "docs/team-journal.md"

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(smsframe.__path__, "smsframe.")
    if not module.name.endswith("__main__")
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder that has nothing but the data of the repository."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def environment(tmp_path):
    """Return the environment of a shell with the command on its path and its own journal."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "SMSFRAME_JOURNAL": str(tmp_path / "journal.sqlite3")}


def bash(code: str, environment: dict[str, str], directory: Path = ROOT):
    """Run a block as printed; any command that fails ends it."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
        env=environment, cwd=directory, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def check_readme(told, out):
    """See that the quickstart needs three calls, and says whole sentences."""
    assert "messages in 3 calls" in out
    sentences = told["results"].sms.failed["sms_error"].unique().tolist()
    assert max(map(len, sentences)) > 50
    assert all(f"{sentence}\n" in out for sentence in sentences)


def check_results(told, _out):
    """See that answers come in, and that the one that was lost is settled by the export."""
    assert (told["results"]["sms_status"] == "sent").sum() > 2400
    assert told["lost"]["sms_status"].tolist()[:4] == ["unknown"] * 4
    assert told["found"]["sms_status"].tolist()[:4] == ["accepted"] * 4


def check_sandbox(told, _out):
    """See that all are accepted, and that then an answer is lost."""
    assert told["accepted"]["sms_status"].tolist() == ["accepted"] * 3
    assert told["unknown"]["sms_status"].tolist() == ["unknown"] * 3


def check_life(told, _out):
    """See that of three calls one is unknown: the second or third, as they reach the service."""
    first, *others = told["results"].sms.batches()["status"]
    assert (first, sorted(others)) == ("accepted", ["accepted", "unknown"])


def check_promise(told, out):
    """See that the second send sends nothing and returns the same table."""
    assert told["first"].equals(told["again"])
    assert "Nothing was sent" in out


def check_numbers(told, _out):
    """See that the numbers are read as it is said beside them."""
    assert told["numbers"].sms.normalize(region="US")["code"].isna().tolist() == [1, 1, 1, 0]
    assert told["plan"].recipients == 2


def check_rules(told, out):
    """See that both lists hold somebody back, and that the gap says until when."""
    assert "excluded: 2" in out
    assert told["held"]["sms_code"].tolist() == ["too_soon"] * 3
    assert "goes on with this row from" in out


CHECKS = {
    "README.md": check_readme,
    "docs/how-it-works.md": check_life,
    "docs/phone-numbers.md": check_numbers,
    "docs/promise.md": check_promise,
    "docs/results.md": check_results,
    "docs/sandbox.md": check_sandbox,
    "docs/who-and-when.md": check_rules,
}


@pytest.mark.parametrize("name", PYTHON)
def test_docs__python(name, folder, monkeypatch, capsys):
    """Every python block works, one after the other, and shows what is said of it."""
    for variable in re.findall(r"export (\w+)=", EXPORTS):
        monkeypatch.setenv(variable, "us-1" if variable.endswith("POD") else "made-up")
    monkeypatch.setattr("smsframe._base.progress.somebody_looks", lambda: False)
    namespace: dict[str, object] = {}
    for number, code in enumerate(PYTHON[name]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", smsframe.UnknownOutcomeWarning)  # some lose an answer
            warnings.simplefilter("ignore", smsframe.PlanWarning)  # the sample is a messy file
            exec(compile(code, f"{name} block {number}", "exec"), namespace)
    CHECKS.get(name, lambda *_: None)(namespace, capsys.readouterr().out)


def test_readme__quickstart_has_ten_lines():
    """The quickstart is what it is called."""
    lines = [line for line in PYTHON["README.md"][0].splitlines() if line.strip()]
    assert len(lines) == 10


@pytest.fixture
def fresh_clone(tmp_path):
    """Make a clone whose environment is the one at hand, and whose tests are one that passes."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        if not path.name.startswith("."):
            (tmp_path / ".venv" / path.name).symlink_to(path)
    for name in (".made", ".runs", ".tests"):
        (tmp_path / ".venv" / name).touch()
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_it.py").write_text("def test_it():\n    pass\n")
    return tmp_path


@pytest.mark.full
def test_readme__make(environment, fresh_clone):
    """The two commands it begins with do what is said beside them; then .venv is entered."""
    if shutil.which("make") is None and not os.environ.get("CI"):
        pytest.skip("make is not installed")
    assert [line.split("#")[0].strip() for line in MAKE.splitlines()] == ["make demo", "make test"]
    apart = ("MAKE", "MFLAGS", "PYTEST_", "COV_")  # those of the run that this test is part of
    clean = {k: v for k, v in environment.items() if not k.startswith(apart)}
    clean["TMPDIR"] = str(fresh_clone / "tmp")  # nothing that another run of tests tidies up
    done = bash(MAKE, clean, fresh_clone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2,600" in done.stdout
    assert "in 3 calls" in done.stdout
    assert re.search(r"\b1 passed", done.stdout)
    entered = bash(ENTER, clean, fresh_clone)
    assert entered.returncode == 0, entered.stderr
    assert "usage: smsframe" in entered.stdout


def test_credentials__exports(environment):
    """The variables as printed are those that a connection reads."""
    connect = f"{sys.executable} -c 'import smsframe; print(smsframe.connect().base_url)'"
    done = bash(EXPORTS + connect, environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == base_url_for("us-1")
    assert done.stdout.strip() in PAGES["docs/real-credentials.md"]


def test_sandbox__curl(environment):
    """A second HTTP client, not written here, gets a token, sends and reads the status."""
    if shutil.which("curl") is None and not os.environ.get("CI"):
        pytest.skip("curl is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = SERVE.replace("8000", str(port)).split()
    assert command[0] == "smsframe"
    serving = subprocess.Popen(
        [sys.executable, "-m", *command], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/sandbox/world")
        done = bash(CURL.replace("8000", str(port)), environment)
    finally:
        serving.terminate()
        serving.wait(timeout=20)
    assert done.returncode == 0, done.stderr
    assert '"contactsProcessed":1' in done.stdout.replace(" ", "")
    assert "Hello Ann!" in done.stdout
    assert serving.returncode == 0


def _wait_for(address: str, patience_s: float = 20.0) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + patience_s
    while True:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except urllib.error.URLError:
            assert time.monotonic() < end, "the sandbox did not start"
        else:
            return


def test_command_line__commands(environment, tmp_path):
    """The commands plan and send as printed; a second time they send nothing and say so."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    first = bash(COMMANDS, environment, tmp_path)
    assert first.returncode == 0, first.stderr
    assert "Plan: 60 messages in 1 call" in first.stdout
    assert re.search(r"60 +accepted", first.stdout)
    second = bash(COMMANDS[COMMANDS.index("smsframe send") :], environment, tmp_path)
    assert second.returncode == 0, second.stderr
    assert "Nothing was sent: all 60 messages were accepted already" in second.stdout
    listed, asked, told = LOOKING_BACK.splitlines()
    runs = bash(listed, environment, tmp_path)
    assert runs.returncode == 0, runs.stderr
    run = re.search(r"\d{8}-\d{6}-\w{6}", runs.stdout)[0]
    status = bash(asked.replace("RUN", run, 1), environment, tmp_path)
    assert status.returncode == 0, status.stderr
    assert "60 rows: 60 sent" in status.stdout
    assert (tmp_path / "status.csv").exists()
    report = bash(told.replace("RUN", run, 1), environment, tmp_path)
    assert report.returncode == 0, report.stderr
    assert "Sent: 60 of 60 rows." in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_testing_two_texts__commands(environment, tmp_path):
    """The file of texts is written and planned as printed, with each text's messages."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (block,) = SHELL["docs/testing-two-texts.md"]
    done = bash(block, environment, tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"text A: \d+ messages", done.stdout)
    assert re.search(r"text B: \d+ messages", done.stdout)
    assert re.search(r"held out: \d+", done.stdout)
    assert "Dear " in done.stdout


def test_docs__blocks_are_all_tested():
    """Every block has a language that a test above runs, and none is hidden from the search."""
    assert {language for blocks in BLOCKS.values() for language, _ in blocks} == {
        "python", "sh", "sql", "text",
    }  # fmt: skip
    assert set(blocks_of("text")) == {"docs/how-it-works.md"}  # its drawings
    assert set(blocks_of("sql")) == {TEAM}  # run, with its commands, by tests/team
    assert len(SHELL) == 6
    for page, text in PAGES.items():
        assert text.count("```") == 2 * len(BLOCKS[page]), page
        assert "~~~" not in text, page


def test_readme__begins_with_what_it_is():
    """Three lines say what it is; a picture and the two commands follow, then the quickstart."""
    title, what, picture, commands = README.split("\n\n")[:4]
    assert title == "# smsframe"
    assert 1 <= len(what.splitlines()) <= 3
    assert picture.startswith("![")
    assert commands == f"```sh\n{MAKE}```"
    assert re.findall("^## (.*)", README, re.MULTILINE)[0] == "Quickstart"


def test_readme__is_short():
    """It is read in one go; the rest is in docs/, every page of which it links to."""
    assert len(README.splitlines()) <= 160
    linked = {target.partition("#")[0] for target in links(README)}
    assert set(PAGES) - {"README.md"} <= linked


@pytest.mark.parametrize(
    "part",
    [
        "Quickstart", "Before a real send", "The promise", "Where to read on",
        "What else people use",
    ],
)  # fmt: skip
def test_readme__has_its_parts(part):
    """Whoever looks for a part of it finds it by its heading, with something below."""
    assert len(README.split(f"\n## {part}")[1].split("\n## ")[0].split()) > 60


def links(text: str) -> list[str]:
    """Return what a page links to within the repository, pictures included."""
    return re.findall(r"\]\((?!https?:)([^)\s]+)\)", text)


def anchors(text: str) -> list[str]:
    """Return the anchors of a page's headings, as GitHub and JupyterLab make them."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)", prose, re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("name", PAGES)
def test_docs__links(name):
    """Pages, pictures and headings that a page links to are there, and so are files it names."""
    broken = []
    for link in links(PAGES[name]):
        file, _, wanted = link.partition("#")
        target = (ROOT / name).parent.joinpath(file).resolve() if file else ROOT / name
        if not target.is_file() or (wanted and wanted not in anchors(target.read_text("utf-8"))):
            broken.append(link)
    paths = re.findall(r"`((?:data|notebooks|smsframe|tests)/[\w./]*|[A-Z]+\.md)`", PAGES[name])
    assert broken == []
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_docs__pictures():
    """Pictures are small enough to load at once, and have words for who does not see them."""
    shown = [
        (page, *found)
        for page, text in PAGES.items()
        for found in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text)
    ]
    assert any(page == "README.md" for page, _, _ in shown)
    for page, words, name in shown:
        assert len(words.split()) > 10, page
        assert ((ROOT / page).parent / name).stat().st_size < 200_000, name


@pytest.mark.parametrize("name", [page for page in PAGES if page != "README.md"])
def test_docs__begin_with_what_they_are(name):
    """Below the title of a page, a line leads back and says what the page is about."""
    title, first = PAGES[name].split("\n\n")[:2]
    assert re.fullmatch("# .+", title)
    assert first.startswith("[smsframe](../README.md) · ")


def _text(node: ast.AST) -> str:
    """Return a text that stands in the code; empty when it is none."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_sentence(node: ast.AST) -> bool:
    """Return whether this is what stands beside a code: a sentence, or the name of one."""
    named = ast.unparse(node).rpartition(".")[2]
    is_named = named.isidentifier() and named.isupper() and named not in NO_SENTENCES
    made = isinstance(node, (ast.JoinedStr, ast.BinOp, ast.BoolOp)) or named.startswith("str(")
    made |= isinstance(node, ast.Call) and ast.unparse(node.func) == "Sentence"
    return " " in _text(node) or made or is_named


def _codes_in(tree: ast.AST):
    """Yield the codes that a file gives to rows: arguments called code, or beside a sentence."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            place = CODE_IS_ARGUMENT.get(getattr(node.func, "attr", getattr(node.func, "id", "")))
            if place is not None and len(node.args) > place:
                yield _text(node.args[place])
            yield from (_text(given.value) for given in node.keywords if given.arg == "code")
        elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and _is_sentence(node.elts[1]):
            yield _text(node.elts[0])
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
            yield _text(node.value)


CODE_IS_ARGUMENT = {"whole": 0, "rows": 0, "damage": 0, "_note_unused": 1, "ending_of": 1}
NO_SENTENCES = {"INVALID", "DUPLICATE", "HELD_BACK"}  # they stand beside statuses
NO_CODES = {"earlier", "one", "ready", "day"}  # they stand beside counts, patterns and lengths


def codes_of_the_code() -> set[str]:
    """Return every code that a row or a plan can get."""
    found = {*phones.SENTENCES, *refresh.OURS, *(code for _, code in status_answers.REASONS)}
    found |= {NEVER_POSTED, *(code for *_, code in outcomes.FAILURES)}
    found |= {row.code for row in (*outcomes.OUTCOMES, *outcomes.REFUSALS) if row.code}
    found |= {code for *_, code in outcomes.FAILURES}
    for path in sorted((ROOT / "smsframe").rglob("*.py")):
        if not {"sandbox", "_composer", "_explorer"} & set(path.parts):
            found.update(_codes_in(ast.parse(path.read_text(encoding="utf-8"))))
    return {code for code in found if re.fullmatch(r"[a-z][a-z0-9_]+", code)} - NO_CODES


def test_problem_codes__all_of_them():
    """Every code that can stand in sms_code or a plan is explained, with none that does not."""
    cells = re.findall(r"^\| (`\w+`[^|]*) \|", PAGES["docs/problem-codes.md"], re.MULTILINE)
    told = [code for cell in cells for code in re.findall(r"`(\w+)`", cell)]
    assert sorted(told) == sorted(set(told))
    assert set(told) == codes_of_the_code()


def takes(function: Callable[..., object]) -> dict[str, object]:
    """Return the arguments of a function with their defaults, without the frame it is about."""
    parameters = inspect.signature(function).parameters.values()
    asked = {p.name: p.default for p in parameters if p.kind is not p.VAR_KEYWORD}
    return {name: asked[name] for name in asked if name not in {"frame", "series"}}


def section_of(page: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one."""
    return PAGES[page].split(f"\n## {heading}")[1].split("\n## ")[0]


def cells_of(section: str) -> list[list[str]]:
    """Return the cells of the one table of a section, row by row."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines[2:]]


def told_defaults(cell: str) -> list[object]:
    """Return the values that a cell of defaults gives in code."""
    values = []
    for code in re.findall(r"`([^`]+)`", cell):
        with contextlib.suppress(ValueError, SyntaxError):  # the name of a variable
            values.append(ast.literal_eval(code))
    return values


def plain(defaults: Iterable[object]) -> list[object]:
    """Return the defaults that can be written as they are."""
    return [value for value in defaults if isinstance(value, (bool, float, int, str, tuple))]


@pytest.mark.parametrize("function", [smsframe.send, smsframe.plan], ids=lambda f: f.__name__)
def test_arguments__of_send_and_plan(function):
    """Every argument is in the table with its default, in the order of the signature."""
    table = section_of("docs/arguments.md", "Arguments of `send`")
    rows = [(names.strip("`"), cell) for names, cell, _ in cells_of(table)]
    asked = {n: v for n, v in takes(function).items() if v is not inspect.Parameter.empty}
    assert [name for name, _ in rows] == list(takes(function))
    for name, cell in rows:
        if name in asked:
            assert told_defaults(cell) == plain([asked[name]]), name


def test_arguments__of_everything_else():
    """So is every argument of every other public function, and of the sandbox."""
    table = section_of("docs/arguments.md", "Arguments of everything else")
    told: dict[str, set[str]] = {}
    functions: list[str] = []
    for first, second, cell, _ in cells_of(table):
        functions = re.findall(r"`([\w.]+)`", first) or functions
        arguments = re.findall(r"`(\w+)`", second)
        for name in functions:
            told.setdefault(name, set()).update(arguments)
            known = takes(OTHERS[name])
            assert told_defaults(cell) == plain(known.get(a) for a in arguments), (name, arguments)
    shared = set(takes(smsframe.plan))
    wanted = {name: set(takes(function)) for name, function in OTHERS.items()}
    wanted["preview"] -= shared
    for name in ("compose", "plan_files", "send_files"):
        wanted[name] -= shared
    assert told == {name: arguments for name, arguments in wanted.items() if arguments}
    last = table.split("`results.sms.refresh()`.")[1].split("\n\n")[0]
    alone = re.findall(r"`(\w+)`", last)
    assert sorted(alone) == sorted(name for name, arguments in wanted.items() if not arguments)


JOURNAL = {f"journal.{name}": getattr(smsframe.journal, name) for name in smsframe.journal.__all__}
OTHERS: dict[str, Callable[..., object]] = {
    name: getattr(smsframe, name)
    for name in smsframe.__all__
    if inspect.isfunction(getattr(smsframe, name)) and name not in {"send", "plan"}
} | {"Sandbox": smsframe.Sandbox, **JOURNAL}


def test_results__columns_and_statuses():
    """Every result column and every status is explained, here and by the command line."""
    table = section_of("docs/results.md", "What the table says")
    for name in (*result_columns.RESULT_COLUMNS, *result_columns.STATUSES):
        assert f"`{name}`" in table, name


def test_command_line__exit_codes():
    """The page and the help tell the same exit codes."""
    told = re.findall(r"^\| (\d+) \| (.*) \|$", PAGES["docs/command-line.md"], re.MULTILINE)
    assert told == re.findall(r"^  (\d+) +(.*)$", cli.EXIT_CODES, re.MULTILINE)


def test_command_line__options():
    """Every option that a page names is one of the command's."""
    (commands,) = [a for a in cli.parser("")._actions if isinstance(a.choices, dict)]
    known = {
        option
        for command in commands.choices.values()
        for action in command._actions
        for option in action.option_strings
    }
    for page, text in PAGES.items():
        told = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*)", text))
        assert told <= known, page


def test_arguments__environment():
    """Every variable that the code reads is in the table of variables, and no other."""
    table = section_of("docs/arguments.md", "Environment variables")
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "smsframe").rglob("*.py"))
    assert set(re.findall(r"SMSFRAME_[A-Z_]+", table)) == set(re.findall(r"SMSFRAME_[A-Z_]+", code))


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name):
    """The examples in the docstrings show what really comes out."""
    if ".postgres." in name:
        pytest.importorskip("psycopg")
    module = importlib.import_module(name)
    with contextlib.redirect_stderr(None):
        found = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0


def test_doctests__exist():
    """The examples are found at all: a walk that finds none would prove nothing."""
    finder = doctest.DocTestFinder()
    examples = [
        test
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
        if test.examples
    ]
    assert len(examples) > 15
