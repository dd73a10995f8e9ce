"""The public face: every name is listed, documented and tried; both doors open on the same room.

A docstring is read as numpy's convention lays it out. A class that is only made by a function names
that function, which then has the example.
"""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pandas as pd
import pytest

import smsframe
from smsframe import _accessor
from smsframe._plan import options

ROOT = Path(__file__).parents[2]
LISTED = [name for name in smsframe.__all__ if name != "journal"]
FUNCTIONS = [name for name in LISTED if inspect.isfunction(getattr(smsframe, name))]
CLASSES = [
    name
    for name in LISTED
    if inspect.isclass(getattr(smsframe, name))
    and not issubclass(getattr(smsframe, name), BaseException)
]
METHODS = [
    *(("frame", name) for name in _accessor.FRAME_METHODS),
    *(("series", name) for name in _accessor.SERIES_METHODS),
]
PLANNED = {"text": "Hi", "program": "148372", "phone": "mobile"}


def sections(thing) -> dict[str, str]:
    """Return a docstring by section; what stands before the first one is called ``""``."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", inspect.getdoc(thing) or "", flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def described(section: str) -> list[str]:
    """Return the names that a section of parameters or errors describes."""
    lines = re.findall(r"^(\S.*?)(?: : .*| ?, optional)?$", section, re.MULTILINE)
    return [name.strip().lstrip("*") for line in lines for name in line.split(",")]


def takes(function) -> list[str]:
    """Return the names of a function's parameters."""
    return list(inspect.signature(function).parameters)


def examples(thing) -> list[doctest.Example]:
    """Return the examples of a docstring that are run."""
    found = doctest.DocTestParser().get_examples(inspect.getdoc(thing) or "")
    return [example for example in found if not example.options.get(doctest.SKIP)]


def test_all__is_sorted_and_complete():
    """Names are listed once, in order, and each exists."""
    assert smsframe.__all__ == sorted(set(smsframe.__all__))
    assert all(hasattr(smsframe, name) for name in smsframe.__all__)


def test_all__has_every_lazy_name():
    """What is imported lazily is public, and the other public names are errors and the journal."""
    assert set(smsframe._LAZY) <= set(smsframe.__all__)
    for name in set(smsframe.__all__) - set(smsframe._LAZY) - {"journal"}:
        assert issubclass(
            getattr(smsframe, name), (smsframe.SmsframeError, smsframe.SmsframeWarning)
        )


def test_all__has_every_error_and_warning():
    """Whatever is raised on purpose can be caught by its public name."""
    errors = importlib.import_module("smsframe.errors")
    made_there = [name for name, thing in vars(errors).items() if inspect.isclass(thing)]
    assert set(made_there) - {"Any"} <= set(smsframe.__all__)


def test_dir__offers_all_and_nothing_else():
    """Tab completion offers every public name, also before its first use, and no other."""
    assert [name for name in dir(smsframe) if not name.startswith("__")] == smsframe.__all__
    assert "__version__" in dir(smsframe)


def test_getattr__unknown_name():
    """A name that does not exist is an AttributeError like any other."""
    with pytest.raises(AttributeError, match="module 'smsframe' has no attribute 'sned'"):
        _ = smsframe.sned


@pytest.mark.parametrize("module", [_accessor, smsframe], ids=lambda module: module.__name__)
def test_reload__does_not_warn(module, people):
    """Autoreload in a notebook registers the accessors again, silently, and they go on working."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        importlib.reload(module)
    assert people.sms.plan(**PLANNED).recipients == 3


@pytest.mark.parametrize("name", LISTED)
def test_docstring__begins_with_one_sentence(name):
    """The first line is a sentence of its own."""
    summary, _, rest = (inspect.getdoc(getattr(smsframe, name)) or "").partition("\n")
    assert re.fullmatch(r"[A-Z].*[.?]", summary)
    assert len(summary) <= 100
    assert not rest or rest.startswith("\n")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstring__of_a_function(name):
    """Every parameter is described, what comes back is, and the errors named exist."""
    function = getattr(smsframe, name)
    told = sections(function)
    refers = re.search(r"arguments\s+of :func:`(\w+)`", told[""])
    if refers:
        assert takes(function) == takes(getattr(smsframe, refers[1]))
    else:
        assert sorted(described(told.get("Parameters", ""))) == sorted(takes(function))
    assert told.get("Returns", "").strip()
    for error in described(told.get("Raises", "")):
        assert error == "KeyboardInterrupt" or issubclass(
            getattr(smsframe, error), smsframe.SmsframeError
        )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstring__has_an_example_that_runs(name):
    """Every function shows itself at work; that the examples hold is tested with the documents."""
    assert any(example.want for example in examples(getattr(smsframe, name)))


@pytest.mark.parametrize("name", sorted(set(LISTED) - set(FUNCTIONS) - set(CLASSES)))
def test_docstring__of_an_error(name):
    """Every error and warning shows when it comes."""
    assert any(example.want for example in examples(getattr(smsframe, name)))


@pytest.mark.parametrize("name", CLASSES)
def test_docstring__of_a_class(name):
    """A class or the function that makes it shows it at work; its parts say what they are."""
    thing = getattr(smsframe, name)
    maker = re.search(r"[Mm]ade by (?::func:)?`(?:smsframe\.)?(\w+)`", inspect.getdoc(thing))
    shown = examples(getattr(smsframe, maker[1]) if maker else thing)
    assert any(example.want for example in shown)
    attributes = described(sections(thing).get("Attributes", ""))
    for part, value in vars(thing).items():
        if not part.startswith("_") and not inspect.isdatadescriptor(value):
            assert inspect.getdoc(value), part
        elif isinstance(value, property):
            assert part.startswith("_") or part in attributes or inspect.getdoc(value), part


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signature__is_typed_and_keyword_only(name):
    """Type checkers see every parameter; beyond the subject and a text or two, names are given."""
    signature = inspect.signature(getattr(smsframe, name))
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not p.empty for p in signature.parameters.values())
    positional = [p for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert len(positional) <= 2


@pytest.mark.parametrize(("on", "name"), METHODS)
def test_accessor__method_is_its_public_twin(on, name, people):
    """A method has the function's name, documentation and signature, minus the frame."""
    public = getattr(smsframe, name)
    subject = people if on == "frame" else people["mobile"]
    method = getattr(subject.sms, name)
    signature = inspect.signature(public)
    assert (
        list(inspect.signature(method).parameters.values())
        == list(signature.parameters.values())[1:]
    )
    assert inspect.signature(method).return_annotation == signature.return_annotation
    assert (method.__name__, method.__doc__) == (name, public.__doc__)


@pytest.mark.parametrize("name", _accessor.FRAME_PROPERTIES)
def test_accessor__property_is_its_public_twin(name, people):
    """A property is the function of the frame, which takes nothing else."""
    results = people.sms.send(**PLANNED, dry_run=True)
    public = getattr(smsframe, name)
    assert takes(public) == ["frame"]
    assert getattr(results.sms, name).equals(public(results))


def test_accessor__has_nothing_of_its_own(people):
    """Everything an accessor offers has a public twin, and tab completion offers just that."""
    frame = {*_accessor.FRAME_METHODS, *_accessor.FRAME_PROPERTIES}
    assert set(dir(people.sms)) == frame
    assert set(dir(people["mobile"].sms)) == {*_accessor.SERIES_METHODS}
    assert frame | {*_accessor.SERIES_METHODS} <= set(smsframe.__all__)


def test_accessor__repr_says_what_there_is(people):
    """It names the methods, and shows nothing of the frame."""
    assert repr(people.sms).startswith("df.sms has send(), plan(), preview(), compose(), ")
    assert repr(people.sms).endswith(
        "counts, failed, unknown. help(df.sms.send) tells more of one."
    )
    assert repr(people["mobile"].sms) == (
        "series.sms has normalize(), segments(). help(series.sms.normalize) tells more of one."
    )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        pytest.param(
            lambda people: people.sms.send("Hi", program="1", phnoe="mobile"),
            r"^send\(\) got an unexpected keyword argument 'phnoe'; did you mean 'phone'\?$",
            id="send",
        ),
        pytest.param(
            lambda people: smsframe.plan(people, txt="Hi", program="1"),
            r"^plan\(\) got .* 'txt'; did you mean 'text'\?$",
            id="plan",
        ),
        pytest.param(
            lambda people: smsframe.preview(people, "Hi", formt={"a": ".2f"}),
            r"^preview\(\) got .* 'formt'; did you mean 'formats'\?$",
            id="preview",
        ),
        pytest.param(
            lambda people: people.sms.compose("Hi", content_id="c-1"),
            r"^compose\(\) got an unexpected keyword argument 'content_id'$",
            id="compose",
        ),
    ],
)
def test_misspelt_keyword__names_the_one_that_is_meant(call, sentence, people):
    """A keyword that does not exist is a TypeError as Python's own, with what may be meant."""
    with pytest.raises(TypeError, match=sentence) as caught:
        call(people)
    assert not hasattr(caught.value, "__notes__")


def test_options__are_grouped_alike_everywhere():
    """The signatures have the arguments in the order of the definition, group after group."""
    grouped = [name for group in options.GROUPS.values() for name in group.__annotations__]
    assert list(options.ARGUMENTS) == grouped
    assert takes(smsframe.send) == ["frame", "text", *grouped]
    assert takes(smsframe.plan) == takes(smsframe.send)
    assert described(sections(smsframe.send)["Parameters"]) == takes(smsframe.send)
    for name, argument in options.ARGUMENTS.items():
        assert inspect.signature(smsframe.send).parameters[name].default == argument.default
        assert argument.line


def test_accessor__holds_the_frame_alone(people):
    """Nothing but the frame is kept, since pandas may keep the accessor or make it anew."""
    assert vars(people.sms) == {"_subject": people}


def test_accessor__of_the_class_is_the_function():
    """On the class, as documentation tools look at it, a method is the public function."""
    assert pd.DataFrame.sms.send is smsframe.send
    assert pd.DataFrame.sms.failed is smsframe.failed
    assert pd.Series.sms.normalize is smsframe.normalize


def test_journal__is_there_without_an_import_of_its_own(monkeypatch):
    """``smsframe.journal`` is the module before anything else has imported it."""
    module = smsframe.journal
    monkeypatch.delattr(smsframe, "journal")
    assert smsframe.journal is module


def test_journal__is_public_by_its_module():
    """``smsframe.journal.forget`` is a public function, documented and tried like the others."""
    told = sections(smsframe.journal.forget)
    assert described(told["Parameters"]) == takes(smsframe.journal.forget)
    assert told["Returns"].strip()
    assert any(example.want for example in examples(smsframe.journal.forget))


TYPED = Path(__file__).parents[1] / "typing" / "api.py"


def test_typing__calls_everything():
    """The file of calls for the type checker calls every function and names every class."""
    tree = ast.parse(TYPED.read_text(encoding="utf-8"))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    named = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    functions = {f"smsframe.{name}" for name in (*FUNCTIONS, "journal.forget")}
    assert functions - called == set()
    assert {f"smsframe.{name}" for name in LISTED} - named == set()


def test_typing__gives_every_argument():
    """Each argument of a function is given there at least once, so its type is read."""
    given: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(TYPED.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).removeprefix("smsframe.")
            words = {keyword.arg for keyword in node.keywords}
            if name in FUNCTIONS:
                words |= set(takes(getattr(smsframe, name))[: len(node.args)])
            given.setdefault(name, set()).update(words)
    missing = {
        name: set(takes(getattr(smsframe, name))) - given.get(name, set()) for name in FUNCTIONS
    }
    # What ``preview`` and others share with ``plan`` has the types that it has there.
    shared = {"options", *takes(smsframe.plan)}
    missing["preview"] -= shared
    for name in ("compose", "plan_files", "send_files"):
        missing[name] -= shared
    assert {name: left for name, left in missing.items() if left} == {}


@pytest.mark.full  # `make types` checks the same file
def test_typing__holds_under_mypy():
    """The type checker, at its strictest, agrees with every call and every refusal in that file."""
    pytest.importorskip("mypy", reason="types are checked with the newest libraries alone")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(TYPED.relative_to(ROOT))],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues found in 1 source file" in done.stdout
