"""What else sends by a journal, by a team's: files, and texts by chance."""

from __future__ import annotations

import pandas as pd
import pytest

import smsframe
from smsframe.errors import InputError


def test_variants__by_a_teams_journal(send, team, crowd, texts):
    """Who had one text is not sent another; results say which it was."""
    given = {"split": {"A": 1, "B": 1}, "campaign": "two texts"}
    done = send(crowd, team, {"A": "Hi there %%n%%", "B": "Good day %%n%%"}, **given)
    assert set(done["sms_status"]) == {"accepted"}
    assert set(done["sms_variant"]) == {"A", "B"}
    again = send(crowd, team, {"A": "Hi there %%n%%", "B": "Good day %%n%%"}, **given)
    pd.testing.assert_frame_equal(done, again)
    assert texts().max() == 1
    back = smsframe.results(done.attrs["smsframe"]["run"], journal=team)
    assert back["sms_variant"].tolist() == done["sms_variant"].tolist()


def test_variants__of_a_journal_that_a_team_took_over(send, team, crowd, texts, tmp_path):
    """A colleague corrects the texts, adds people, forgets: nobody has a second text."""
    mine = tmp_path / "mine.sqlite3"
    two = {"A": "Hi there %%n%%", "B": "Good day %%n%%"}
    given = {"campaign": "two texts", "holdout": 0.2}
    first = send(crowd.head(60), mine, two, **given)
    smsframe.journal.copy(mine, team)
    corrected = {"A": "Hi there, corrected", "B": "Good day, %%n%% is corrected"}
    everybody = send(crowd, team, corrected, **given)
    before = everybody["sms_variant"].astype(str).head(60)
    assert before.tolist() == first["sms_variant"].astype(str).tolist()
    with pytest.raises(InputError, match="has begun with A"):
        send(crowd, team, two, **given, split={"A": 1, "B": 2})
    smsframe.journal.forget(before="2100-01-01", path=team)
    assert smsframe.runs(journal=team)["ending"].tolist() == ["forgotten"] * 2
    with pytest.raises(InputError, match="has begun with A"):
        send(crowd, team, "Hi there %%n%%", campaign="two texts")
    again = send(crowd.iloc[::-1], team, two, **given)
    assert again["sms_variant"].astype(str).iloc[::-1].tolist() == (
        everybody["sms_variant"].astype(str).tolist()
    )
    assert texts().max() == 1
    assert len(texts()) == int((everybody["sms_variant"] != "holdout").sum())


def test_files__by_a_teams_journal(team, crowd, sandbox, texts, tmp_path):
    """Files go out once, and a second call sends nothing."""
    (tmp_path / "in").mkdir()
    for number in range(2):
        part = crowd.iloc[number::2]
        part.to_parquet(tmp_path / "in" / f"part-{number}.parquet", index=False)
    with smsframe.connect(sandbox, journal=team):
        for _ in range(2):
            sent = smsframe.send_files(
                str(tmp_path / "in" / "*.parquet"), "Hello %%n%%", program="148372",
                phone="mobile", out=tmp_path / "out", progress=False,
            )  # fmt: skip
            assert sent is not None
            assert len(texts()) == len(crowd)
            assert texts().max() == 1
