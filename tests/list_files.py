"""A frame as several files, and sends of both that can be compared."""

from __future__ import annotations

import contextlib
import warnings

from samples import TEXT

import smsframe


def parts(folder, frame, sizes=(7, 7, 6)):
    """Write a frame into several Parquet files; the last one has all the rest."""
    folder.mkdir(parents=True, exist_ok=True)
    at = 0
    for number, size in enumerate(sizes):
        end = at + size if number < len(sizes) - 1 else len(frame)
        frame.iloc[at:end].to_parquet(folder / f"part-{number}.parquet", index=False)
        at = end
    return folder


def send_files(files, out, text=TEXT, **options):
    """Send files quietly."""
    return smsframe.send_files(
        files, text, out=out, **{"program": "148372", "progress": False, **options}
    )


@contextlib.contextmanager
def no_warnings():
    """Let warnings of plans pass."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", smsframe.SmsframeWarning)
        yield


def codes(results):
    """Return status and code of each row, of a frame or of files."""
    frame = results.to_frame() if isinstance(results, smsframe.SentFiles) else results
    return list(zip(frame["sms_status"].astype(str), frame["sms_code"].fillna(""), strict=True))


def texted(sandbox):
    """Return who was texted what, in order."""
    outbox = sandbox.outbox()
    return list(zip(outbox["to"], outbox["text"], strict=True))
