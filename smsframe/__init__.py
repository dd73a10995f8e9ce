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
    from smsframe._results.comparison import Comparison, compare
    from smsframe._results.excel import to_excel
    from smsframe._results.power import power
    from smsframe._results.report import report
    from smsframe._results.rows import (
        batches,
        counts,
        failed,
        plot,
        runs,
        summary,
        to_retry,
        unknown,
    )
    from smsframe._results.settle import reconcile, refresh, resolve
    from smsframe._results.summary import Summary
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

_LAZY = {
    "Client": "smsframe._acoustic.client",
    **dict.fromkeys(("Composer", "compose"), "smsframe._composer.compose"),
    **dict.fromkeys(("Comparison", "compare"), "smsframe._results.comparison"),
    **dict.fromkeys(("Explorer", "explore"), "smsframe._explorer.explore"),
    "Sandbox": "smsframe.sandbox",
    "Summary": "smsframe._results.summary",
    **dict.fromkeys(("reconcile", "refresh", "resolve"), "smsframe._results.settle"),
    **dict.fromkeys(
        (
            "batches",
            "counts",
            "failed",
            "plot",
            "runs",
            "summary",
            "to_retry",
            "unknown",
        ),
        "smsframe._results.rows",
    ),
    "connect": "smsframe._connect",
    **dict.fromkeys(("Plan", "last_plan", "plan", "preview"), "smsframe._send.plan"),
    "last_results": "smsframe._send.run",
    "normalize": "smsframe._phones.read",
    "power": "smsframe._results.power",
    "read": "smsframe._files.read",
    "SentFiles": "smsframe._stream.sent_files",
    "results": "smsframe._stream.sent_files",
    **dict.fromkeys(("FilesPlan", "plan_files", "send_files"), "smsframe._stream.send_files"),
    "report": "smsframe._results.report",
    "segments": "smsframe._text.segments",
    "send": "smsframe._send.send",
    "to_excel": "smsframe._results.excel",
}


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
