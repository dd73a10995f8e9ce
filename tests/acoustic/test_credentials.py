"""Settings: where they come from, what is refused, and what never shows."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsframe._acoustic import address, credentials
from smsframe._base import masking
from smsframe._journal import location
from smsframe.errors import ConfigurationError

SECRET, TOKEN = "c1ient-s3cret/+", "r3fresh-t0ken"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    """Start from an environment that says nothing."""
    for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", "POD", "JOURNAL"):
        monkeypatch.delenv(f"SMSFRAME_{name}", raising=False)


# Pods and addresses


@pytest.mark.parametrize("pod", address.PODS)
def test_base_url_for__every_pod(pod):
    """Each pod has its own host, and its address needs no correction."""
    url = address.base_url_for(pod)
    assert url == f"https://api-campaign-{pod}.goacoustic.com"
    assert address.check_base_url(url) == url


@pytest.mark.parametrize(
    ("pod", "near"), [("us1", "us-1"), ("US-1", "us-1"), ("eu", "eu-1"), ("ap_2", "ap-2")]
)
def test_base_url_for__near_miss(pod, near):
    """A misspelled pod is refused and the right one is offered."""
    with pytest.raises(ConfigurationError, match=f'Did you mean "{near}"') as caught:
        address.base_url_for(pod)
    assert caught.value.details["near_misses"] == [near]


def test_base_url_for__nothing_near():
    """An unknown pod is refused with the list of those that exist."""
    with pytest.raises(ConfigurationError, match="us-1, us-2") as caught:
        address.base_url_for("mars")
    assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        pytest.param("https://a.example", "https://a.example", id="plain"),
        pytest.param(" HTTPS://A.Example/ ", "https://a.example", id="case-and-blanks"),
        pytest.param("https://a.example/rest", "https://a.example", id="rest"),
        pytest.param("https://a.example/rest/", "https://a.example", id="rest-slash"),
        pytest.param("https://a.example:8443//", "https://a.example:8443", id="port"),
        pytest.param("https://a.example/Gate/way/", "https://a.example/Gate/way", id="path"),
        pytest.param("http://127.0.0.1:8000/", "http://127.0.0.1:8000", id="loopback"),
        pytest.param("http://127.9.9.9", "http://127.9.9.9", id="loopback-network"),
        pytest.param("http://LOCALHOST:1", "http://localhost:1", id="localhost"),
        pytest.param("http://[::1]:1", "http://[::1]:1", id="loopback-6"),
    ],
)
def test_check_base_url__one_spelling(given_url, expected):
    """The same place is always spelled the same way."""
    assert address.check_base_url(given_url) == expected


@pytest.mark.parametrize(
    ("url", "other"),
    [
        pytest.param("https://a.example:443", "https://A.example.", id="port-and-dot"),
        pytest.param("https://a.example:0443/", "https://a.example", id="port-with-a-zero"),
        pytest.param("https://a.example//rest//", "https://a.example/rest/rest", id="slashes"),
        pytest.param("https://a.example/./REST", "https://a.example", id="capitals"),
        pytest.param("https://a.example/%72est", "https://a.example", id="encoded"),
        pytest.param("https://a.example/to//it", "https://a.example/to/it", id="path"),
        pytest.param("https://b\u00fccher.example", "https://xn--bcher-kva.example", id="letters"),
        pytest.param("http://localhost:81", "http://127.0.0.1:81", id="this-machine"),
        pytest.param("http://[::1]:81", "http://LOCALHOST:81", id="this-machine-6"),
    ],
)
def test_service_name__of_one_place(url, other):
    """However an address is written, messages through it are those of one service."""
    assert address.service_name(url) == address.service_name(other)


@pytest.mark.parametrize(
    "other",
    ["https://b.example", "https://a.example:8443", "https://a.example/it", "https://127.0.0.2"],
)
def test_service_name__of_another_place(other):
    """Another host, port or path is another service."""
    assert address.service_name("https://a.example") != address.service_name(other)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "http://127.0.0.1.a.example",
        "http://localhost.a.example",
        "http://10.0.0.1",
        "http://[::2]",
        "http://0.0.0.0",
        "http://2130706433",
        "http://127.1",
    ],
)
def test_check_base_url__unencrypted(url):
    """AlreadyMasked http is refused anywhere but on this machine."""
    with pytest.raises(ConfigurationError, match="unencrypted"):
        address.check_base_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "ftp://a.example",
        "https://",
        "https://user:pw@a.example",
        "https://a.example?x=1",
        "https://a.example#x",
        "https://a.example:99999",
        "https://a b.example",
        "https://[::1",
        "http://127.0.0.1@a.example",
    ],
)
def test_check_base_url__no_address(url):
    """What is no plain address is refused, and not quoted, since it may hold a password."""
    with pytest.raises(ConfigurationError, match="must look like") as caught:
        address.check_base_url(url)
    assert "pw" not in str(caught.value)


# Credentials


def test_credentials__arguments_win(monkeypatch):
    """An argument wins over the environment; blanks around values are dropped."""
    monkeypatch.setenv("SMSFRAME_CLIENT_ID", "from-environment")
    monkeypatch.setenv("SMSFRAME_CLIENT_SECRET", f" {SECRET}\n")
    found = credentials.credentials("from-argument", refresh_token=TOKEN)
    assert (found.client_id, found.client_secret) == ("from-argument", SECRET)
    assert found.refresh_token == TOKEN


def test_credentials__all_missing_named_at_once(monkeypatch):
    """Everything that is missing is named in one error, with the way out."""
    monkeypatch.setenv("SMSFRAME_REFRESH_TOKEN", "   ")
    with pytest.raises(ConfigurationError, match='connect\\("sandbox"\\)') as caught:
        credentials.credentials(client_id="me")
    assert caught.value.details["missing"] == ["client_secret", "refresh_token"]
    assert "SMSFRAME_CLIENT_SECRET, SMSFRAME_REFRESH_TOKEN" in str(caught.value)


def test_credentials__show_nothing():
    """Neither repr, format, the values' own repr nor a traceback with variables shows a secret."""
    found = credentials.credentials("me", SECRET, TOKEN)

    def fail(held, secret):
        raise ValueError(len(held.secrets) + len(secret))

    with pytest.raises(ValueError) as caught:
        fail(found, found.client_secret)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = f"{found} {found!r} {found.secrets!r} {''.join(frames.format())}"
    assert SECRET not in shown.replace(f'SECRET = "{SECRET}"', "")
    assert TOKEN not in shown
    assert "•••" in shown


# Journal


def test_journal_path__argument_wins(monkeypatch, tmp_path):
    """A path that is given is taken as it is, for rehearsals too."""
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "env.sqlite3"))
    chosen = tmp_path / "mine.db"
    assert location.journal_path(chosen) == chosen
    assert location.journal_path(str(chosen), rehearsal=True) == chosen


def test_journal_path__environment(monkeypatch, tmp_path):
    """The environment names the journal; rehearsals stay out of it, beside it."""
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path / "env.sqlite3"))
    assert location.journal_path() == tmp_path / "env.sqlite3"
    assert location.journal_path(rehearsal=True) == tmp_path / "rehearsal.sqlite3"


def test_journal_path__directory(monkeypatch, tmp_path):
    """A directory stands for the journal in it."""
    monkeypatch.setenv("SMSFRAME_JOURNAL", str(tmp_path))
    assert location.journal_path() == tmp_path / "journal.sqlite3"
    assert location.journal_path(f"{tmp_path}/later/") == tmp_path / "later" / "journal.sqlite3"


def test_journal_path__data_directory():
    """With nothing said, the platform's data directory is used, with two files."""
    real, rehearsal = location.journal_path(), location.journal_path(rehearsal=True)
    assert (real.name, rehearsal.name) == ("journal.sqlite3", "rehearsal.sqlite3")
    assert real.parent == rehearsal.parent
    assert real.parent.name == "smsframe"


def test_journal_path__home():
    """A tilde means the home directory; a relative path is fixed at once."""
    assert location.journal_path("~/j.db") == Path.home() / "j.db"
    assert location.journal_path("j.db") == Path.cwd() / "j.db"


# Masks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("12015550123", "•••••••••23", id="digits"),
        pytest.param("+1 (201) 555-0123", "•••••••••23", id="punctuation"),
        pytest.param("12345", "•••45", id="short"),
        pytest.param("12", "••", id="two"),
        pytest.param("", "", id="empty"),
        pytest.param("n/a", "n/a", id="no-number"),
        pytest.param("call 201.555.0123 now", "call ••••••••23 now", id="inside"),
        pytest.param("(12015550123)", "•••••••••23", id="brackets"),
        pytest.param(
            "a 12015550123, b 12015550124", "a •••••••••23, b •••••••••24", id="two-of-them"
        ),
        pytest.param("program 148372 is inactive", "program 148372 is inactive", id="program"),
        pytest.param(
            "b9e79eb-16269cd0c8a-fe154a13e7aff661200edcf73a623cd6",
            "b9e79eb-16269cd0c8a-fe154a13e7aff661200edcf73a623cd6",
            id="response-id",
        ),
    ],
)
def test_mask_phone__keeps_two_digits(text, expected):
    """A phone number keeps its last two digits, whatever stands around it."""
    assert masking.mask_phone(text) == expected


@given(st.text(), st.from_regex(r"[1-9][0-9]{9,13}", fullmatch=True))
def test_mask_phone__number_between_blanks_never_shows(around, number):
    """No text around a number makes it show."""
    assert number not in masking.mask_phone(f"{around} {number} ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The access token has expired. Token provided was: 4f-9a.x_y",
            "The access token has expired. Token provided was: •••",
        ),
        ("Authorization: Bearer abcdefgh.ijk=", "Authorization: Bearer •••"),
        ('{"access_token":"abc","n":1}', '{"access_token":"•••","n":1}'),
        ("refresh_token=abc&client_secret=def", "refresh_token=•••&client_secret=•••"),
        ("Wrong personalization tags TOKEN", "Wrong personalization tags TOKEN"),
    ],
)
def test_redact__patterns(text, expected):
    """What looks like a token goes, the words around it stay."""
    assert masking.redact(text) == expected


def test_redact__given_values():
    """Given secrets go in every spelling a service may use; empty ones change nothing."""
    text = f"{SECRET} c1ient-s3cret%2F%2B {TOKEN}!"
    assert masking.redact(text, SECRET, TOKEN, "") == "••• ••• •••!"


def test_redact__secret_within_a_secret():
    """The longer one goes first, so that no piece of it stays."""
    assert masking.redact("abcdef", "abc", "abcdef") == "•••"


def test_all__names_exist():
    """Every public name exists."""
    assert all(hasattr(credentials, name) for name in credentials.__all__)


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        pytest.param("c", "incorrect: c", "incorrect: •••", id="one letter"),
        pytest.param("or", "or incorrect, x=or;", "••• incorrect, x=•••;", id="two letters"),
        pytest.param("cat", "concatenate cat", "concatenate •••", id="three letters"),
        pytest.param("1", "401 (1)", "401 (•••)", id="a digit"),
        pytest.param("$", "$5 $", "$5 •••", id="a sign"),
        pytest.param("catx", "concatxenate", "con•••enate", id="four letters are hidden anywhere"),
        pytest.param("", "as it is", "as it is", id="none"),
    ],
)
def test_redact__short_secrets(secret, text, shown):
    """A secret of fewer than four characters is hidden where it stands alone, not inside words."""
    assert masking.redact(text, secret) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("+12012000002x5", "•••••••••02x5", id="extension"),
        pytest.param("tel12015550123", "tel•••••••••23", id="letters before"),
        pytest.param("12015550123abc", "•••••••••23abc", id="letters behind"),
        pytest.param("call_12015550123_now", "call_•••••••••23_now", id="underscores"),
        pytest.param("row-12015550123-", "row-•••••••••23-", id="hyphens"),
        pytest.param("1.2015550123E+10", "•••••••••23E+10", id="scientific, every digit there"),
    ],
)
def test_mask_phone__where_letters_touch(text, shown):
    """A number is hidden also where it touches a letter."""
    assert masking.mask_phone(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "20261126-135110-a1b2c3", "run 20261126-135110-a1b2c3:0007 is", "2026-11-22 14:05:09",
        "4f9a1234-1234-5678-9abc-123456789012", "b9e79eb-16269cd0c8a-fe15", "program 148372",
    ],
)  # fmt: skip
def test_mask_phone__leaves_names_of_runs(text):
    """Names of runs, batches, programs and calls stay readable."""
    assert masking.mask_phone(text) == text


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("1.20156E+10", "1.20156E+10"),
        ("1.2015550123E+10", "•.••••••••••E+10"),
        ("12015550123e0", "••••••••••3e0"),
    ],
)
def test_mask_cell__scientific_notation(cell, shown):
    """A number in scientific notation is nobody's only where its last digits are lost."""
    assert masking.mask_cell(cell) == shown
