"""What happened, and what became of it: results counted, shown, brought up to date and settled.

A verb stands in the module of its name; those that pick rows (``failed``, ``unknown``, ``counts``,
``to_retry``) in ``rows.py``. Each takes a results frame first (what ``send`` returned, what
``results(run)`` brought back, or either after a trip through CSV or Excel); the accessor's methods
are these functions.

**To a file and back.** ``results.to_csv(path, index=False)`` keeps everything. Excel holds no time
zones, so there it takes a line more::

    times = results["sms_accepted_at"].dt.tz_localize(None)  # UTC
    results.assign(sms_accepted_at=times).to_excel(path, index=False)

Read either with ``dtype="string"`` (``pd.read_csv(path, dtype="string")``), so that phones stay the
text they were. Without it pandas makes numbers of them, even of texts in Excel; results are read
all the same, but sending such a column of your own again may then need ``region=``. Every verb here
works on what comes back as on the original.
"""

from __future__ import annotations
