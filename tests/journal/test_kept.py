"""A journal that version 0.1.0 wrote opens for good, and still knows whom it texted.

``journals/version-0.1.0.sqlite3.gz`` is never written again: a change of the tables is a migration,
and a change of what makes a message the same would text these people a second time.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from samples import make_people

import smsframe

KEPT = Path(__file__).parents[1] / "journals" / "version-0.1.0.sqlite3.gz"
TEXT = "Hi %%FirstName%%, your order %%Order%% has shipped."
CREDENTIALS = {"client_id": "another", "client_secret": "secret", "refresh_token": "token"}


@pytest.fixture
def journal(tmp_path):
    """Return a copy of the journal."""
    path = tmp_path / "kept.sqlite3"
    path.write_bytes(gzip.decompress(KEPT.read_bytes()))
    return path


@pytest.fixture
def client(journal):
    """Connect to the service it was sent through; nothing is called before a send."""
    with smsframe.connect(pod="us-1", journal=journal, **CREDENTIALS) as connected:
        yield connected


def people():
    """Return the people who were texted, and one who was not."""
    return make_people(5).assign(Order=["A1", "A2", "A3", "A4", "A5"])


def test_kept_journal__is_listed(journal):
    """Its runs are there with what became of them."""
    runs = smsframe.runs(journal=journal)
    assert runs.index.tolist() == [
        "20261126-120200-000003",
        "20261126-120100-000002",
        "20261126-120000-000001",
    ]
    assert runs["rows"].tolist() == [1, 3, 4]
    assert runs["unknown"].tolist() == [0, 1, 0]
    assert runs["campaign"].tolist()[1] == "spring"


def test_kept_journal__gives_results_back(journal):
    """The rows of its runs come back as they stood."""
    first = smsframe.results("20261126-120000-000001", journal=journal)
    assert first["sms_status"].tolist() == ["sent", "sent", "sent", "invalid"]
    assert first["Order"].dropna().tolist() == ["A1", "A2", "A3"]
    second = smsframe.results("20261126-120100-000002", journal=journal)
    assert second["sms_status"].tolist() == ["accepted", "accepted", "unknown"]


@pytest.mark.parametrize(
    ("text", "campaign", "past"),
    [
        pytest.param(TEXT, None, (3, 0, 2), id="unnamed"),
        pytest.param(TEXT.replace("Hi ", "Hi  ").replace("order ", "order\u200b "), None, (3, 0, 2),
                     id="what nobody sees"),
        pytest.param("We moved, %%FirstName%%.", "spring", (2, 1, 2), id="named"),
    ],
)  # fmt: skip
def test_kept_journal__knows_whom_it_texted(client, text, campaign, past):
    """Who had a message is told from who had not, by whoever's credentials."""
    made = smsframe.plan(
        people(), text, program="148372", phone="mobile", campaign=campaign, client=client
    )
    assert (made.history.accepted, made.history.unknown, made.history.left) == past
