"""Answers in the form that the service documents."""

from __future__ import annotations

import json


def shaped(general=(), fields=None, data=None):
    """Bytes of an answer in the documented form."""
    meta = {"generalErrors": general, "fieldErrors": fields or {}}
    return json.dumps({"meta": meta, "data": data}).encode()
