"""What else sends by a journal, by a team's: files, and texts by chance."""

from __future__ import annotations

import pandas as pd

import smsframe


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
