"""Send one text to a DataFrame of people through Acoustic Campaign: once, told row by row.

``import smsframe`` puts ``df.sms`` and ``series.sms`` on pandas' objects. Everything else is
imported when it is first used, so that the import costs next to nothing.

Examples
--------
>>> import pandas as pd, smsframe
>>> people = pd.DataFrame({"mobile": ["+1 201-555-0123"], "FirstName": ["Ann"]})
>>> people.sms.preview("Hi %%FirstName%%, your order has shipped.")["text"].tolist()
['Hi Ann, your order has shipped.']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from smsframe import _accessor
from smsframe._base.forks import unforked
from smsframe._base.tracebacks import public
from smsframe.errors import (
    AccessError,
    ApiError,
    CampaignBusyError,
    ComparisonWarning,
    ConfigurationError,
    IncompleteSendWarning,
    InputError,
    JournalError,
    PlanWarning,
    SmsframeError,
    SmsframeWarning,
    StatusWarning,
    UnknownOutcomeWarning,
)

if TYPE_CHECKING:
    from types import ModuleType

    from smsframe import journal
    from smsframe._acoustic.client import Client
    from smsframe._composer.compose import Composer, compose
    from smsframe._connect import connect
    from smsframe._explorer.explore import Explorer, explore
    from smsframe._files.read import read
    from smsframe._phones.read import normalize
    from smsframe._results.batches import batches
    from smsframe._results.comparison import Comparison, compare
    from smsframe._results.excel import to_excel
    from smsframe._results.plot import plot
    from smsframe._results.power import power
    from smsframe._results.reconcile import reconcile
    from smsframe._results.refresh import refresh
    from smsframe._results.report import report
    from smsframe._results.resolve import resolve
    from smsframe._results.rows import counts, failed, to_retry, unknown
    from smsframe._results.runs import runs
    from smsframe._results.summary import Summary, summary
    from smsframe._send.plan import Plan, last_plan, plan, preview
    from smsframe._send.run import last_results
    from smsframe._send.send import send
    from smsframe._stream.send_files import FilesPlan, plan_files, send_files
    from smsframe._stream.sent_files import SentFiles, results
    from smsframe._text.segments import segments
    from smsframe.sandbox import Sandbox

__version__ = "0.1.0"

__all__ = [
    "AccessError",
    "ApiError",
    "CampaignBusyError",
    "Client",
    "Comparison",
    "ComparisonWarning",
    "Composer",
    "ConfigurationError",
    "Explorer",
    "FilesPlan",
    "IncompleteSendWarning",
    "InputError",
    "JournalError",
    "Plan",
    "PlanWarning",
    "Sandbox",
    "SentFiles",
    "SmsframeError",
    "SmsframeWarning",
    "StatusWarning",
    "Summary",
    "UnknownOutcomeWarning",
    "batches",
    "compare",
    "compose",
    "connect",
    "counts",
    "explore",
    "failed",
    "journal",
    "last_plan",
    "last_results",
    "normalize",
    "plan",
    "plan_files",
    "plot",
    "power",
    "preview",
    "read",
    "reconcile",
    "refresh",
    "report",
    "resolve",
    "results",
    "runs",
    "segments",
    "send",
    "send_files",
    "summary",
    "to_excel",
    "to_retry",
    "unknown",
]

_HOMES = {
    "_acoustic.client": "Client",
    "_composer.compose": "Composer compose",
    "_connect": "connect",
    "_explorer.explore": "Explorer explore",
    "_files.read": "read",
    "_phones.read": "normalize",
    "_results.batches": "batches",
    "_results.comparison": "Comparison compare",
    "_results.excel": "to_excel",
    "_results.plot": "plot",
    "_results.power": "power",
    "_results.reconcile": "reconcile",
    "_results.refresh": "refresh",
    "_results.report": "report",
    "_results.resolve": "resolve",
    "_results.rows": "counts failed to_retry unknown",
    "_results.runs": "runs",
    "_results.summary": "Summary summary",
    "_send.plan": "Plan last_plan plan preview",
    "_send.run": "last_results",
    "_send.send": "send",
    "_stream.send_files": "FilesPlan plan_files send_files",
    "_stream.sent_files": "SentFiles results",
    "_text.segments": "segments",
    "sandbox": "Sandbox",
}
"""Where each public name lives that is imported when it is first used."""

_LAZY = {name: f"smsframe.{home}" for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name == "journal":
        return _imported("smsframe.journal")
    if name not in _LAZY:
        raise AttributeError(f"module 'smsframe' has no attribute {name!r}")
    value = getattr(_imported(_LAZY[name]), name)
    if name == "Sandbox":
        value = public(value)  # its own module imports nothing of the rest
    globals()[name] = value
    return value


def _imported(name: str) -> ModuleType:
    """Import a module as a whole: in a child forked meanwhile it would stay locked for ever."""
    with unforked():
        return importlib.import_module(name)


def __dir__() -> list[str]:
    """Offer the public names to tab completion, the lazy ones too, and nothing else."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


_accessor.register()
