"""What verbose tracebacks show of a failed call: the caller's frames alone, whatever failed where.

IPython's ``%xmode Verbose``, pytest and ``cgitb`` print the variables of every frame. Here each
public name is called as it is meant to be called, and stopped within: by an interrupt, and by an
error that quotes a number, at many places from its first line to its last. A public name that is
not among ``CALLS``, or is not `public`, fails.
"""

from __future__ import annotations

import functools
import inspect
import sys
import traceback
from types import SimpleNamespace

import pandas as pd
import pytest
from trawl import DIRTY, PHONE, chain_of, dirty_people, foreign_frames, secrets_of, work_in

import smsframe
from smsframe import _accessor
from smsframe._acoustic import client as clients
from smsframe._base import tracebacks
from smsframe._base.send_settings import SendSettings
from smsframe.cli import commands

TEXT = "Hi %%FirstName%%"
RULES = {"program": "148372", "phone": "mobile", "region": "US"}
NUMBER = DIRTY[0]
PLACES = 5
pytestmark = [
    pytest.mark.filterwarnings("ignore::smsframe.SmsframeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # in a callback
]


class Desk:
    """What the calls work with: people, and what came of sending to them."""

    def __init__(self, client) -> None:
        self.client = client
        self.sandbox = client.sandbox
        self.people = dirty_people()
        self.plan = smsframe.plan(self.people, TEXT, **RULES)
        self.sandbox.faults.add("drop_after", on=2)
        self.results = smsframe.send(self.people, TEXT, progress=False, **RULES)
        self.composer = smsframe.compose(self.people, TEXT, **RULES)
        self.run = self.results.attrs["smsframe"]["run"]
        self.rounds = 0

    def send(self, **options):
        """Send a message that nobody had yet."""
        self.rounds += 1
        again = {"campaign": f"round {'x' * self.rounds}", "progress": False}
        return self.people.sms.send(TEXT, **{**RULES, **again, **options})


def with_arms(results):
    """Return results whose rows are in two arms."""
    return results.assign(arm=["A" if place % 2 else "B" for place in range(len(results))], did=1)


CALLS = {
    "batches": lambda d: smsframe.batches(d.results),
    "compose": lambda d: smsframe.compose(d.people, TEXT, exclude=list(DIRTY[:1]), **RULES),
    "connect": lambda d: smsframe.connect(
        base_url=d.sandbox.base_url, **d.sandbox.credentials
    ).close(),
    "counts": lambda d: smsframe.counts(d.results),
    "explore": lambda d: smsframe.explore(d.results),
    "failed": lambda d: smsframe.failed(d.results),
    "last_plan": lambda _: smsframe.last_plan(),
    "last_results": lambda _: smsframe.last_results(),
    "normalize": lambda d: smsframe.normalize(d.people["mobile"], region="US"),
    "plan": lambda d: smsframe.plan(d.people, TEXT, exclude=[NUMBER], **RULES),
    "compare": lambda d: smsframe.compare(with_arms(d.results), "did", by="arm"),
    "power": lambda _: smsframe.power(0.04, 0.01),
    "plan_files": lambda _: smsframe.plan_files("people.csv", TEXT, progress=False, **RULES),
    "plot": lambda d: smsframe.plot(d.results),
    "preview": lambda d: smsframe.preview(d.people, TEXT, **RULES),
    "read": lambda _: smsframe.read("people.csv"),
    "reconcile": lambda d: smsframe.reconcile(d.results, d.sandbox.events()),
    "refresh": lambda d: smsframe.refresh(d.results, progress=False, deadline_s=0),
    "report": lambda d: smsframe.report(d.results, "report.html", overwrite=True),
    "resolve": lambda d: smsframe.resolve(d.results, as_="sent"),
    "results": lambda d: smsframe.results(d.run),
    "runs": lambda _: smsframe.runs(),
    "segments": lambda d: smsframe.segments(d.people["mobile"]),
    "send": lambda d: smsframe.send(d.people, TEXT, progress=False, **RULES),
    "send_files": lambda _: smsframe.send_files(
        "people.csv", TEXT, out="results of files", progress=False, **RULES
    ),
    "send anew": lambda d: d.send(),
    "summary": lambda d: smsframe.summary(d.results, by="country"),
    "to_excel": lambda d: smsframe.to_excel(d.results, "people.xlsx", overwrite=True),
    "to_retry": lambda d: smsframe.to_retry(d.results),
    "unknown": lambda d: smsframe.unknown(d.results),
    "journal.forget": lambda _: smsframe.journal.forget("2001-01-01"),
    "Client.programs": lambda d: d.client.programs(),
    "Client.consent": lambda d: d.client.consent("1", "148372", NUMBER),
    "Client.status": lambda d: d.client.status("some-id"),
    "Plan.send": lambda d: d.plan.send(progress=False),
    "Plan.send_test": lambda d: d.plan.send_test([NUMBER], progress=False),
    "Plan.to_frame": lambda d: d.plan.to_frame(),
    "Plan.problems": lambda d: d.plan.problems,
    "Plan.show": lambda d: repr(d.plan.show(0, 3)),
    "Plan.text": lambda d: d.plan.text(0),
    "Plan.repr": lambda d: (repr(d.plan), d.plan._repr_html_()),
    "Composer.plan": lambda d: d.composer.plan,
    "Composer.repr": lambda d: d.composer._repr_mimebundle_(),
    "Composer.code": lambda d: d.composer.code,
    "Summary.to_frame": lambda d: smsframe.summary(d.results).to_frame(),
    "Sandbox.load_contacts": lambda d: d.sandbox.load_contacts(d.people),
    "Sandbox.outbox": lambda d: d.sandbox.outbox(),
    "df.sms.plan": lambda d: d.people.sms.plan(TEXT, **RULES),
    "df.sms.counts": lambda d: d.results.sms.counts,
    "df.sms.failed": lambda d: d.results.sms.failed,
    "series.sms.normalize": lambda d: d.people["mobile"].sms.normalize(region="US"),
}


@pytest.fixture(scope="module")
def kept_desk(tmp_path_factory):
    """Have people, a plan, results with lost answers, and a composer."""
    with pytest.MonkeyPatch.context() as patch:
        work_in(tmp_path_factory.mktemp("elsewhere"), patch)
        patch.setenv("SMSFRAME_JOURNAL", "journal.sqlite3")
        dirty_people().to_csv("people.csv", index=False)
        with (
            smsframe.Sandbox(anyone=True, status_delay_s=0.0) as sandbox,
            smsframe.connect(sandbox, timeout_s=(1.0, 1.0)) as client,
        ):
            client.settings = SendSettings(batch_size=2)
            yield Desk(client)


@pytest.fixture
def desk(kept_desk, monkeypatch):
    """Work at that desk: its folder, its journal and its connection are the usual ones again."""
    journal = kept_desk.client.journal_path
    work_in(journal.parent, monkeypatch)
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(journal))
    monkeypatch.setattr(clients, "_default", kept_desk.client)
    return kept_desk


def stopped(call, error, after):
    """Make a call, raise an error in it at a call of a function, and return what comes out.

    Without an error, return the number of functions that were called.
    """
    calls = depth = 0

    def step(frame, event, _):
        nonlocal calls, depth
        if event in ("call", "return") and frame.f_code.co_name == "call" and is_door(frame):
            depth += 1 if event == "call" else -1
        elif event == "call" and depth and not is_door(frame):
            calls += 1
            if error is not None and calls == after:
                raise error

    step.__code__ = step.__code__.replace(co_filename=pd.__file__)  # raised as by a library
    try:
        sys.setprofile(step)
        call()
    except BaseException as raised:  # noqa: BLE001 - looked at by the test
        return raised
    finally:
        sys.setprofile(None)
    return calls


def is_door(frame) -> bool:
    """Tell whether a frame is of what stands between callers and us."""
    return frame.f_code.co_filename == tracebacks.__file__


def shown(error) -> str:
    """Return all that a verbose traceback shows of an error, but the variables of the tests."""
    told = [repr(frame.f_locals) for frame in foreign_frames(error)]
    for link in chain_of(error):
        told += traceback.format_exception(link, chain=False)
        told += [repr(link), repr(link.args), *getattr(link, "__notes__", [])]
    return "\n".join(told)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", [KeyboardInterrupt, ValueError])
def test_no_locals__stopped_within(desk, call, kind):
    """Wherever a call is stopped, its error shows no frame but the caller's, and no number."""
    work = lambda: CALLS[call](desk)  # noqa: E731 - the cell that makes the call
    work()  # imports what it needs
    calls = stopped(work, None, 0)
    assert isinstance(calls, int), repr(calls)
    reached = 0
    for place in range(PLACES):
        error = kind() if kind is KeyboardInterrupt else kind(f"cannot read {NUMBER}")
        raised = stopped(work, error, 1 + calls * place // PLACES)
        if isinstance(raised, int):
            continue  # it was not needed, as the look at the journal for a preview
        reached += 1
        assert foreign_frames(raised) == []
        text = shown(raised)
        assert PHONE.search(text) is None, text
        for secret in secrets_of(desk.sandbox):
            assert secret not in text
    assert reached or calls < 2


def public_members(kind):
    """Return the names of a class that people use; what a class of pandas hands down is pandas'."""
    ours = [each for each in kind.__mro__ if each.__module__.partition(".")[0] == "smsframe"]
    names = {name for each in ours for name in vars(each)}
    return sorted(name for name in names if not name.startswith("_"))


def classes():
    """Return the public classes that are no errors."""
    found = [getattr(smsframe, name) for name in smsframe.__all__]
    kinds = [thing for thing in found if inspect.isclass(thing)]
    return [kind for kind in kinds if not issubclass(kind, BaseException)]


def test_no_locals__every_function_is_public():
    """No function that people call is left out, the accessors' and the command's included."""
    names = [name for name in smsframe.__all__ if inspect.isfunction(getattr(smsframe, name))]
    assert all(tracebacks.is_public(getattr(smsframe, name)) for name in names)
    assert {name for name in names if name not in CALLS} == set()
    people = dirty_people()
    methods = [getattr(people.sms, name) for name in _accessor.FRAME_METHODS]
    methods += [getattr(people["mobile"].sms, name) for name in _accessor.SERIES_METHODS]
    assert all(tracebacks.is_public(method) for method in [*methods, commands.main])
    assert all(tracebacks.is_public(thing) for thing in [smsframe.journal.forget])


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_no_locals__every_method_is_public(kind):
    """No method or property of a public class is left out."""
    for name in public_members(kind):
        member = inspect.getattr_static(kind, name)
        if inspect.isfunction(member) or isinstance(member, property):
            assert tracebacks.is_public(member), name


QUOTING = """
def inner(frame, words):
    raise KeyError("cannot read", words, int("12015550123"))
"""
MADE_FROM = """
def inner(frame, words):
    try:
        raise OSError(2, "No such file", words)
    except OSError as error:
        raise InputError("The file cannot be read.") from error
"""


def as_ours(source):
    """Return a function that holds people and fails, as if it stood in the package."""
    space = {"InputError": smsframe.InputError, "__name__": "smsframe.new"}
    exec(compile(source, f"{commands.__file__}.new", "exec"), space)
    return functools.partial(space["inner"], dirty_people(), NUMBER)


def raised_by(work, kind):
    """Return the error of a call; it is raised within this test file."""
    with pytest.raises(kind) as caught:
        work()
    return caught.value


def test_no_locals__would_notice():
    """A function that is not public shows its frames and numbers, and the search finds them."""
    bare = raised_by(as_ours(QUOTING), KeyError)
    assert len(foreign_frames(bare)) == 1
    assert PHONE.search(shown(bare))


def test_no_locals__a_bug_can_be_found():
    """An error that nobody meant says which lines it came through; numbers in it are hidden."""
    error = raised_by(tracebacks.public(as_ours(QUOTING)), KeyError)
    assert foreign_frames(error) == []
    assert PHONE.search(shown(error)) is None
    assert "cannot read" in str(error)
    assert "line 3, in inner" in error.__notes__[0]


@pytest.mark.parametrize(
    ("space", "is_callers"),
    [
        ({"__name__": "namedtuple_BatchHashes"}, False),
        ({"__name__": "pandas.core.frame", "__file__": pd.__file__}, False),
        ({"__name__": "__main__"}, True),  # python -c
        ({"__name__": "mine", "__file__": "/home/ann/mine.py"}, True),
    ],
)
def test_no_locals__generated_methods(space, is_callers):
    """Methods that the standard library writes for a class are of the module of the class."""
    frame = SimpleNamespace(f_code=SimpleNamespace(co_filename="<string>"), f_globals=space)
    assert tracebacks._is_callers(frame) is is_callers


def test_no_locals__a_function_of_the_caller(desk):
    """A caller's own function that fails is shown, with its words and its variables."""

    def broken(progress):
        mine = {"done": progress.done}
        return mine[NUMBER]

    error = raised_by(lambda: desk.send(progress=broken), KeyError)
    names = [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]
    assert names == ["raised_by", "<lambda>", "send", "broken"]
    assert error.args == (NUMBER,)
    assert not hasattr(error, "__notes__")


def test_no_locals__within_an_except_block():
    """What the caller is handling when he calls stays as it was."""
    earlier = raised_by(lambda: pd.Series([NUMBER]).astype("float64"), ValueError)
    before = traceback.format_exception(earlier)

    def handle():
        try:
            raise earlier
        except ValueError:
            smsframe.plan(dirty_people(), TEXT, program=None)

    assert raised_by(handle, smsframe.InputError).__context__ is earlier
    assert traceback.format_exception(earlier)[-1] == before[-1]
    assert len(foreign_frames(earlier)) > 1


@pytest.mark.parametrize(("name", "stays"), [("people.csv", True), (NUMBER, False)])
def test_no_locals__an_error_made_from_another(name, stays):
    """An earlier error whose words show a number is left out; another one stays."""
    work = tracebacks.public(functools.partial(as_ours(MADE_FROM).func, dirty_people(), name))
    error = raised_by(work, smsframe.InputError)
    assert (error.__cause__ is not None) is stays
    assert (error.__context__ is not None) is stays
    assert error.__suppress_context__
    assert foreign_frames(error) == []


@pytest.mark.parametrize("kind", [KeyError, KeyboardInterrupt])
def test_no_locals__of_the_screen(desk, kind):
    """What a screen keeps of an error shows no frames either, nor does an interrupt of a click."""
    click = desk.composer.send.guarded(as_ours(QUOTING))
    if kind is KeyError:
        click()
        error = desk.composer.error
    else:
        click = desk.composer.send.guarded(lambda: CALLS["send anew"](desk))
        error = stopped(click, KeyboardInterrupt(), 40)
    assert type(error) is kind
    assert foreign_frames(error) == []
    assert PHONE.search(shown(error)) is None
