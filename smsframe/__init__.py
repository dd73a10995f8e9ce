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

from smsframe import accessor
from smsframe.errors import (
    AccessError,
    ApiError,
    CampaignBusyError,
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
from smsframe.forks import unforked
from smsframe.tracebacks import public

if TYPE_CHECKING:
    from types import ModuleType

    from smsframe import journal
    from smsframe.acoustic.client import Client, connect
    from smsframe.composer import Composer, compose
    from smsframe.files import read
    from smsframe.followup import reconcile, refresh, resolve
    from smsframe.lookback import (
        batches,
        failed,
        plot,
        results,
        runs,
        summary,
        to_retry,
        unknown,
    )
    from smsframe.phones import normalize
    from smsframe.planning import Plan
    from smsframe.result_files import to_excel
    from smsframe.sandbox import Sandbox
    from smsframe.segmentation import segments
    from smsframe.summing import Summary
    from smsframe.verbs import last_plan, last_results, plan, preview, send

__version__ = "0.1.0"

__all__ = [
    "AccessError",
    "ApiError",
    "CampaignBusyError",
    "Client",
    "Composer",
    "ConfigurationError",
    "IncompleteSendWarning",
    "InputError",
    "JournalError",
    "Plan",
    "PlanWarning",
    "Sandbox",
    "SmsframeError",
    "SmsframeWarning",
    "StatusWarning",
    "Summary",
    "UnknownOutcomeWarning",
    "batches",
    "compose",
    "connect",
    "failed",
    "journal",
    "last_plan",
    "last_results",
    "normalize",
    "plan",
    "plot",
    "preview",
    "read",
    "reconcile",
    "refresh",
    "resolve",
    "results",
    "runs",
    "segments",
    "send",
    "summary",
    "to_excel",
    "to_retry",
    "unknown",
]

_LAZY = {
    "Client": "smsframe.acoustic.client",
    **dict.fromkeys(("Composer", "compose"), "smsframe.composer"),
    "Plan": "smsframe.planning",
    "Sandbox": "smsframe.sandbox",
    "Summary": "smsframe.summing",
    **dict.fromkeys(("reconcile", "refresh", "resolve"), "smsframe.followup"),
    **dict.fromkeys(
        ("batches", "failed", "plot", "results", "runs", "summary", "to_retry", "unknown"),
        "smsframe.lookback",
    ),
    "connect": "smsframe.acoustic.client",
    **dict.fromkeys(("last_plan", "last_results"), "smsframe.verbs"),
    "normalize": "smsframe.phones",
    "plan": "smsframe.verbs",
    "preview": "smsframe.verbs",
    "read": "smsframe.files",
    "segments": "smsframe.segmentation",
    "send": "smsframe.verbs",
    "to_excel": "smsframe.result_files",
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
    """Offer the lazy names to tab completion too."""
    return sorted({*globals(), *__all__})


accessor.register()
