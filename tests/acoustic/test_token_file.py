"""A refresh token that the service rotates is told, and kept where somebody says so."""

from __future__ import annotations

import hashlib
import json
import stat

import pytest

import smsframe
from smsframe._acoustic.token_file import keep_token
from smsframe.errors import ConfigurationError

CREDENTIALS = {"client_id": "id-of-app", "client_secret": "secret-of-app"}


@pytest.fixture
def rotating(serve, say):
    """Serve tokens; each comes with another refresh token. Note which ones were given."""
    given = []

    def respond(request, _sock):
        if request.path != "/oauth/token":
            return say(200, {"data": []})
        given.append(request.body.decode().rpartition("refresh_token=")[2])
        number = len(given)
        return say(
            200,
            {"access_token": f"access-{number}", "refresh_token": f"rotated-{number}",
             "expires_in": 9000},
        )  # fmt: skip

    return serve(respond), given


def ask(service, **options):
    """Connect as a new session does, and make a call."""
    client = smsframe.connect(base_url=service.url, **CREDENTIALS, **options)
    client.programs()
    client.close()


def test_token_file__is_used_by_the_next_session(rotating, tmp_path, caplog):
    """The second session begins with the token of the first one; only its owner reads the file."""
    service, given = rotating
    file = tmp_path / "token.json"
    for _ in range(3):
        ask(service, refresh_token="configured", token_file=file)
    assert given == ["configured", "rotated-1", "rotated-2"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if "token" in path.name] == ["token.json"]
    assert "rotated" not in caplog.text
    assert "configured" not in file.read_text()


def test_token_file__named_in_the_environment(rotating, tmp_path, monkeypatch):
    """SMSFRAME_TOKEN_FILE does the same."""
    service, given = rotating
    monkeypatch.setenv("SMSFRAME_TOKEN_FILE", str(tmp_path / "token.json"))
    for _ in range(2):
        ask(service, refresh_token="configured")
    assert given == ["configured", "rotated-1"]


def test_token_file__a_newly_issued_token_wins(rotating, tmp_path):
    """What an administrator has issued since is not overridden by what the file holds."""
    service, given = rotating
    file = tmp_path / "token.json"
    ask(service, refresh_token="configured", token_file=file)
    ask(service, refresh_token="issued-anew", token_file=file)
    assert given == ["configured", "issued-anew"]


def test_token_file__of_a_process_that_runs_now(rotating, tmp_path):
    """Who runs already asks with what another process has kept, not with what it ended."""
    service, given = rotating
    file = {"refresh_token": "configured", "token_file": tmp_path / "token.json"}
    with smsframe.connect(base_url=service.url, **CREDENTIALS, **file) as client:
        ask(service, **file)
        client.programs()
        assert given == ["configured", "rotated-1"]
        client._tokens.renew()  # its access token has come to its end
        client.programs()
    assert given == ["configured", "rotated-1", "rotated-2"]


def test_token_file__of_a_process_that_was_quicker(serve, say, tmp_path):
    """A refused token is asked for once more where another process has kept a newer one."""
    file, given = tmp_path / "token.json", []

    def respond(request, _sock):
        if request.path != "/oauth/token":
            return say(200, {"data": []})
        given.append(request.body.decode().rpartition("refresh_token=")[2])
        if given[-1] != "of-the-other":
            keep_token(file, "configured", "of-the-other")
            return say(400, {"error": "invalid_token"})
        return say(200, {"access_token": "access", "expires_in": 9000})

    ask(serve(respond), refresh_token="configured", token_file=file)
    assert given == ["configured", "of-the-other"]


def test_token_file__that_cannot_be_kept_is_used_on(rotating, tmp_path):
    """Where nothing can be kept, this session goes on with the newest token all the same."""
    service, given = rotating
    file = {"refresh_token": "configured", "token_file": tmp_path / "nowhere" / "token.json"}
    with smsframe.connect(base_url=service.url, **CREDENTIALS, **file) as client:
        for _ in range(3):
            client.programs()
            client._tokens.renew()
    assert given == ["configured", "rotated-1", "rotated-2"]


def test_token_file__by_a_link(rotating, tmp_path):
    """A link stays a link: whoever comes by it, or not, finds the same token."""
    service, given = rotating
    link, file = tmp_path / "link.json", tmp_path / "token.json"
    link.symlink_to(file)
    for path in (link, file, link):
        ask(service, refresh_token="configured", token_file=path)
    assert given == ["configured", "rotated-1", "rotated-2"]
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


REPLACES = f'{{"replaces": "{hashlib.sha256(b"configured").hexdigest()[:32]}", "refresh_token": '


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"replaces": 1}', "\x00", "[" * 60_000, "x" * 10**7, f"{REPLACES} 5}}",
     f'{REPLACES} ["x"]}}', f'{REPLACES} ""}}', f'{REPLACES} "\\ud800"}}'],
    ids=range(11),
)  # fmt: skip
def test_token_file__that_cannot_be_read(rotating, tmp_path, content):
    """A file that holds something else is written anew."""
    service, given = rotating
    file = tmp_path / "token.json"
    file.write_text(content)
    ask(service, refresh_token="configured", token_file=file)
    assert given == ["configured"]
    assert json.loads(file.read_text())["refresh_token"] == "rotated-1"


def test_token_file__that_cannot_be_written(rotating, tmp_path, caplog):
    """The call succeeds, and the log says that the token could not be kept."""
    service, _ = rotating
    ask(service, refresh_token="configured", token_file=tmp_path / "nowhere" / "token.json")
    assert "cannot be kept" in caplog.text


def test_token_file__none_is_named(rotating, caplog):
    """Without a file it is told that the configured token may end, and how to keep the new one."""
    service, _ = rotating
    ask(service, refresh_token="configured")
    assert "SMSFRAME_TOKEN_FILE" in caplog.text
    assert "rotated" not in caplog.text


@pytest.mark.parametrize("path", ["", " ", 7])
def test_token_file__that_is_no_path(path):
    """What cannot be a path is refused by its name."""
    with pytest.raises(ConfigurationError, match="token_file="):
        smsframe.connect(base_url="https://a.example", refresh_token="x", token_file=path,
                         **CREDENTIALS)  # fmt: skip
