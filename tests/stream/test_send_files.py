"""Files are sent as a frame is: the same rows, the same messages, the same answers, never twice."""

from __future__ import annotations

import os
import warnings

import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from list_files import parts, send_files
from samples import TEXT, fictional_phones, make_people
from samples import send as send_frame

import smsframe
from smsframe._send.confirm import Confirmable
from smsframe.errors import InputError


def sends(sandbox):
    """Count the calls that sent something."""
    return sum(request["path"].endswith("/sends") for request in _requests(sandbox))


def _requests(sandbox):
    """Return the calls that a sandbox had, as dicts."""
    log = sandbox.requests()
    return log.to_dict("records") if isinstance(log, pd.DataFrame) else log


def test_send_files__gives_what_a_frame_gives(client, sandbox, tmp_path):
    """Every row is in the results, in its file and place, and nobody is texted again."""
    people = make_people(20)
    people.loc[3, "mobile"] = "n/a"
    people.loc[15, ["mobile", "FirstName"]] = people.loc[1, ["mobile", "FirstName"]].to_numpy()
    folder = parts(tmp_path / "people", people)
    with pytest.warns(smsframe.PlanWarning, match="1 duplicate"):
        sent = send_files(folder, tmp_path / "results")
    assert sent.counts == {"accepted": 18, "invalid": 1, "duplicate": 1}
    frame = sent.to_frame()
    assert frame["FirstName"].tolist() == people["FirstName"].tolist()
    assert frame["sms_status"][15] == "duplicate"
    assert frame["sms_code"][3] == "phone_missing"
    assert len(sandbox.outbox()) == 18
    with warnings.catch_warnings(action="ignore"):
        as_frame = send_frame(people)
    assert len(sandbox.outbox()) == 18
    pd.testing.assert_series_equal(
        as_frame["sms_status"].astype(str), frame["sms_status"].astype(str)
    )
    assert as_frame["sms_batch"].tolist() == frame["sms_batch"].tolist()
    assert as_frame["sms_contact"].fillna("").tolist() == frame["sms_contact"].fillna("").tolist()


def test_send_files__again_makes_no_call(client, sandbox, tmp_path, capsys):
    """Also in other files and another order; the results are the same."""
    people = make_people(20)
    folder = parts(tmp_path / "people", people)
    first = send_files(folder, tmp_path / "results").to_frame()
    calls = len(_requests(sandbox))
    again = send_files(folder, tmp_path / "results").to_frame()
    pd.testing.assert_frame_equal(first, again)
    other = parts(tmp_path / "other", people.sample(frac=1, random_state=1), (3, 17))
    quiet = send_files(other, tmp_path / "more", progress=lambda _: None)
    assert quiet.counts == {"accepted": 20}
    assert len(_requests(sandbox)) == calls
    assert "all 20 messages were accepted already" in capsys.readouterr().out


def test_send_files__knows_what_went_out_as_a_frame(client, sandbox, tmp_path):
    """A frame that was sent is known as files: 0 calls."""
    people = make_people(20)
    sent = send_frame(people)
    calls = len(_requests(sandbox))
    done = send_files(parts(tmp_path / "people", people), tmp_path / "results").to_frame()
    assert len(_requests(sandbox)) == calls
    assert done["sms_batch"].tolist() == sent["sms_batch"].tolist()


@pytest.mark.parametrize("ending", ["csv", "arrow", "stream.arrow", "one.parquet"])
def test_send_files__of_other_kinds(ending, client, sandbox, tmp_path):
    """CSV and Arrow files are the same rows."""
    people = make_people(20)
    folder = tmp_path / "people"
    folder.mkdir()
    path = folder / f"people.{ending}"
    table = pa.Table.from_pandas(people, preserve_index=False)
    if ending == "csv":
        people.to_csv(path, index=False)
    elif ending == "arrow":
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=6)
    elif ending == "stream.arrow":
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=6)
    else:
        pq.write_table(table, path, row_group_size=3)
    sent = send_files(folder, tmp_path / "results")
    assert sent.counts == {"accepted": 20}
    calls = len(_requests(sandbox))
    send_frame(people)
    assert len(_requests(sandbox)) == calls
    dataset = pa.dataset.dataset(tmp_path / "results", format="parquet")
    assert dataset.to_table().num_rows == 20


def test_plan_files__counts_what_would_be_sent(client, tmp_path):
    """It is what ``confirm=`` takes, and sends nothing."""
    people = make_people(20)
    people.loc[3, "mobile"] = "n/a"
    folder = parts(tmp_path / "people", people)
    made = smsframe.plan_files(folder, TEXT, program="148372", progress=False)
    assert (made.rows, made.recipients) == (20, 19)
    assert made.counts == {"ready": 19, "invalid": 1}
    assert made.countries == {"US": 19}
    problem = made.problems.iloc[0]
    assert (problem["code"], problem["file"], problem["row"]) == (
        "phone_missing",
        "part-0.parquet",
        3,
    )
    assert "19 messages" in repr(made)
    with pytest.raises(InputError, match="20, but 19 messages would go out now"):
        send_files(folder, tmp_path / "results", confirm=20)
    assert send_files(folder, tmp_path / "results", confirm=19).counts["accepted"] == 19
    assert send_files(folder, tmp_path / "results", confirm=19).counts["accepted"] == 19
    made = smsframe.plan_files(folder, TEXT, program="148372", progress=False)
    assert made.counts == {"accepted": 19, "invalid": 1}


def test_send_files__in_two_steps_by_limit(client, sandbox, tmp_path):
    """``limit`` lets the first rows go, over all files; the next call goes on."""
    folder = parts(tmp_path / "people", make_people(20))
    sent = send_files(folder, tmp_path / "results", limit=9)
    assert sent.counts == {"accepted": 9, "not_attempted": 11}
    assert sent.to_frame()["sms_status"].tolist()[:9] == ["accepted"] * 9
    assert set(sent.failed["sms_code"]) == {"limit"}
    assert sent.failed["file"].iloc[0] == "part-1.parquet"
    assert send_files(folder, tmp_path / "results").counts == {"accepted": 20}
    assert len(sandbox.outbox()) == 20


def test_send_files__of_a_named_campaign(client, sandbox, tmp_path):
    """A person of a named campaign gets it once, whatever is corrected in whichever file."""
    people = make_people(20)
    folder = parts(tmp_path / "people", people)
    send_files(folder, tmp_path / "results", campaign="summer")
    people["FirstName"] = "Dear " + people["FirstName"]
    again = parts(tmp_path / "corrected", people, (2, 18))
    sent = send_files(again, tmp_path / "more", campaign="summer")
    assert sent.counts == {"not_attempted": 20}
    assert set(sent.failed["sms_code"]) == {"already_in_campaign"}
    assert len(sandbox.outbox()) == 20


def test_send_files__of_a_campaign_that_is_a_test(client, sandbox, tmp_path):
    """Of which some were left out on purpose: files would text them; and the other way round."""
    people, texts = make_people(20), {"A": "Hi %%FirstName%%", "B": "Dear %%FirstName%%: hi"}
    test = {"program": "148372", "campaign": "t", "holdout": 0.5, "progress": False}
    sent = smsframe.send(people, texts, phone="mobile", **test)
    went = int((sent["sms_status"] == "accepted").sum())
    folder = parts(tmp_path / "people", people)
    planned = smsframe.plan_files(folder, TEXT, program="148372", campaign="t", progress=False)
    assert "variants_changed" in planned.problem_counts
    with pytest.raises(InputError, match=r"has begun with A 0\.25, B 0\.25, holdout 0\.5"):
        send_files(folder, tmp_path / "results", campaign="t")
    assert len(sandbox.outbox()) == went
    send_files(folder, tmp_path / "results", campaign="plain")
    with pytest.raises(InputError, match="begun with one text"):
        smsframe.send(people, texts, phone="mobile", **{**test, "campaign": "plain"})


def test_send_files__excludes(client, sandbox, tmp_path):
    """Who is excluded is not texted, in whichever file."""
    people = make_people(20)
    folder = parts(tmp_path / "people", people)
    sent = send_files(folder, tmp_path / "results", exclude=people["mobile"].iloc[[0, 19]])
    assert sent.counts == {"accepted": 18, "not_attempted": 2}
    assert sent.failed["sms_code"].tolist() == ["excluded"] * 2


def test_send_files__refuses_what_people_nearly_had(client, sandbox, tmp_path):
    """Judged over all files."""
    people = make_people(20)
    send_frame(people)
    folder = parts(tmp_path / "people", people)
    nearly = "Hi %%FirstName%%, your order has been shipped."
    with pytest.raises(InputError, match="20 of these 20 messages would go to people who had near"):
        send_files(folder, tmp_path / "results", nearly)
    more = parts(tmp_path / "more", make_people(60), (20, 40))
    with pytest.warns(smsframe.PlanWarning, match="20 of these 60 messages"):
        sent = send_files(more, tmp_path / "results", nearly)
    assert sent.counts == {"accepted": 60}


def test_send_files__refuses_the_same_values_in_another_format(client, sandbox, tmp_path):
    """What is compared with what people had is kept of each portion."""
    people = make_people(20).assign(v=[n + 0.345 for n in range(20)])
    folder, text = parts(tmp_path / "people", people), "You owe %%v%%"
    send_files(folder, tmp_path / "results", text)
    with pytest.raises(InputError, match="20 of these 20 messages would go to people who had near"):
        send_files(folder, tmp_path / "results", text, formats={"v": ".2f"})


def test_send_files__tells_of_one_person_in_several_files(client, sandbox, tmp_path):
    """Somebody with different messages in different files is warned of."""
    people = make_people(20)
    people.loc[19, "mobile"] = people.loc[0, "mobile"]
    with pytest.warns(smsframe.PlanWarning, match="2 same_person"):
        send_files(parts(tmp_path / "people", people), tmp_path / "results")


def test_send_files__refuses_damage_that_only_all_files_show(client, tmp_path, sandbox):
    """A rounded phone column is refused, whatever the files are cut into."""
    people = pd.DataFrame({"mobile": [f"+1201555{n:02d}00000"[:12] for n in range(40)] * 10})
    people["mobile"] = [f"+120{n % 90 + 10}00000000"[:12] for n in range(400)]
    folder = parts(tmp_path / "people", people, (100, 100, 100, 100))
    with pytest.raises(InputError, match="Nothing was sent"):
        send_files(folder, tmp_path / "results", "Hello")
    assert len(sandbox.outbox()) == 0


def test_send_files__csv_with_formats_as_a_frame(client, sandbox, tmp_path):
    """Columns with a format are typed, portion by portion; the same messages as of a frame."""
    people = make_people(20).assign(total="7.25")
    people.loc[3, "total"], people.loc[17, "total"] = "1234", "NULL"
    folder = tmp_path / "people"
    folder.mkdir()
    people[:9].to_csv(folder / "a.csv", index=False)
    people[9:].to_csv(folder / "b.csv", index=False)
    text, formats = "You owe %%total%%", {"total": ",.2f"}
    with pytest.warns(smsframe.PlanWarning, match="1 no_value_word"):
        sent = send_files(folder, tmp_path / "results", text, formats=formats, phone="mobile")
    assert sent.counts == {"accepted": 19, "invalid": 1}
    assert sent.to_frame()["total"][3] == "1234"
    assert "You owe 1,234.00" in sandbox.outbox()["text"].tolist()
    frame = smsframe.read(folder / "b.csv", numbers=["total"], quiet=True)
    send_frame(frame, text, formats=formats, phone="mobile")
    assert len(sandbox.outbox()) == 19


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        pytest.param(["7"] * 14 + ["$7"], "b.csv: Column 'total', line 7: '$7' is no nu", id="bad"),
        pytest.param(
            ["7"] * 14 + ["1.234"],
            "b.csv: Column 'total', line 7: 1.234 has two readings, 1.234 and 1,234, and "
            "formats={'total': ',.2f'} needs a number. smsframe.read('{folder}/b.csv', "
            "numbers=['total'], decimal='.') says",
            id="two readings",
        ),
    ],
)
def test_send_files__csv_with_formats_says_where(cells, said, client, sandbox, tmp_path):
    """The file and the line in it, also beyond the first portion; nothing is left behind."""
    people, folder = make_people(15).assign(total=cells), tmp_path / "people"
    folder.mkdir()
    people[:9].to_csv(folder / "a.csv", index=False)
    people[9:].to_csv(folder / "b.csv", index=False)
    with pytest.raises(InputError) as refused:
        send_files(
            folder, tmp_path / "a/results", "%%total%%", formats={"total": ",.2f"}, phone="mobile"
        )
    assert said.replace("{folder}", str(folder)) in str(refused.value)
    assert not (tmp_path / "a").exists()
    assert sandbox.outbox().empty


def test_send_files__numbers_in_names_of_files_are_masked(client, tmp_path):
    """Somebody may have named a file so; the call that reads it has no number either."""
    name = tmp_path / "12015550123.csv"
    make_people(2).assign(total=["1.234", "2.345"]).to_csv(name, index=False)
    with pytest.raises(InputError, match="two readings") as refused:
        smsframe.plan_files(name, "%%total%%", program="1", formats={"total": ",.2f"})
    assert "5550123" not in str(refused.value)


def test_send_files__a_format_that_does_not_fit_says_where(client, tmp_path):
    """As of a frame, with the file and the row in it."""
    people = make_people(20).assign(total=[7.5] * 14 + ["x"] + [7.5] * 5).astype({"total": object})
    folder = tmp_path / "people"
    folder.mkdir()
    people[:9].astype({"total": float}).to_parquet(folder / "a.parquet")
    people[9:].astype({"total": str}).to_parquet(folder / "b.parquet")
    with pytest.raises(InputError, match=r"kind .* in a.parquet and .* in b.parquet"):
        send_files(folder, tmp_path / "out", "%%total%%", formats={"total": ",.2f"})
    for part in ("a", "b"):
        pd.read_parquet(folder / f"{part}.parquet").astype({"total": str}).to_parquet(
            folder / f"{part}.parquet"
        )
    with pytest.raises(InputError, match=r"^a.parquet: Column 'total', row 0: '7.5' cannot"):
        send_files(folder, tmp_path / "out", "%%total%%", formats={"total": ",.2f"})


def test_send_files__of_nobody(client, sandbox, tmp_path):
    """Rows of which none can go out, in a whole list or in a portion of it, are only told."""
    people = make_people(20).assign(mobile="n/a")
    folder = parts(tmp_path / "people", people)
    assert smsframe.plan_files(folder, TEXT, program="148372", phone="mobile").recipients == 0
    assert send_files(folder, tmp_path / "out", phone="mobile").counts == {"invalid": 20}
    people.loc[:3, "mobile"] = fictional_phones(4)
    parts(folder, people)
    assert send_files(folder, tmp_path / "out", phone="mobile").counts == {
        "accepted": 4,
        "invalid": 16,
    }
    assert len(sandbox.outbox()) == 4


@pytest.mark.parametrize(
    ("made", "given", "said"),
    [
        pytest.param("link to a folder", "people", "more is a link to another folder", id="link"),
        pytest.param("link to a folder", "people/**/*.parquet", "more is a link", id="link, **"),
        pytest.param("dead link", "people", "more is a link to nothing", id="dead link"),
        pytest.param("dead link", "people/*", "more is a link to nothing", id="dead link, *"),
        pytest.param("folder", "people/*", "more is a folder, not a file", id="folder, *"),
    ],
)
def test_send_files__leaves_no_people_out(made, given, said, client, tmp_path, monkeypatch):
    """What a folder or pattern names and is not gone into is refused, not passed over."""
    monkeypatch.chdir(tmp_path)
    parts(tmp_path / "people", make_people(20))
    parts(tmp_path / "elsewhere", make_people(20, 20))
    more = tmp_path / "people/more"
    if given != "people/*":  # which leaves nobody out
        (tmp_path / "people/latest").symlink_to(tmp_path / "people")
    if made == "folder":
        (tmp_path / "elsewhere").rename(more)
    else:
        more.symlink_to(tmp_path / ("elsewhere" if made == "link to a folder" else "nowhere"))
    with pytest.raises(InputError, match=said):
        smsframe.plan_files(given, TEXT, program="148372", progress=False)


@pytest.mark.parametrize("given", ["a [1]/*.parquet", "a [1]/part-[0-2].parquet", "a [1]/**"])
def test_send_files__marks_of_patterns_in_names(given, client, tmp_path, monkeypatch):
    """A folder that is there is no pattern; ** alone is all below."""
    monkeypatch.chdir(tmp_path)
    parts(tmp_path / "a [1]", make_people(20))
    assert smsframe.plan_files(given, TEXT, program="148372", progress=False).rows == 20


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "b.csv",
            r"b\.csv has a phone number for the name of a column.*Write a line",
        ),
        ("pipe.csv", r"pipe\.csv is no file but what another program writes"),
        (f"{'x' * 244}.csv", r"x\.csv\.parquet cannot be written: File name too long"),
        (os.fsdecode(b"a\xff.csv"), r"has a name that is not in UTF-8"),
    ],
    ids=["no header", "pipe", "long", "no text"],
)
def test_send_files__refuses_before_anybody_is_texted(name, said, client, sandbox, tmp_path):
    """What cannot be read, or have results, is no matter of the second pass."""
    folder = tmp_path / "people"
    folder.mkdir()
    make_people(2).to_csv(folder / "a.csv", index=False)
    if name == "pipe.csv":
        os.mkfifo(folder / name)
    else:
        make_people(2, 2).to_csv(folder / name, index=False, header=name != "b.csv")
    with pytest.raises(InputError, match=said):
        send_files(folder, tmp_path / "out", "Hi", phone="mobile")
    assert sends(sandbox) == 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["people.csv", "people.parquet", "people.arrow"])
@pytest.mark.parametrize("folder", ["run:1", "s3:/people", "gs:"])
def test_send_files__names_like_addresses(folder, name, client, tmp_path, monkeypatch):
    """Arrow takes them for addresses; results could not be written once everybody was texted."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / folder / name
    path.parent.mkdir(parents=True)
    people = make_people(2)
    if name.endswith("csv"):
        people.to_csv(path, index=False)
    elif name.endswith("arrow"):
        people.to_feather(path)
    else:
        people.to_parquet(path)
        assert len(smsframe.read(f"{folder}/{name}", quiet=True)) == 2
    for _ in range(2):
        sent = send_files(f"{folder}/{name}", f"{folder}-results")
        assert sent.refresh(progress=False).counts == {"sent": 2}
    assert smsframe.SentFiles(f"{folder}-results").to_frame()["sms_contact"].notna().all()


def test_send_files__values_in_names_of_folders(client, tmp_path):
    """As Spark writes them; a tag of that name would be the database's without a word."""
    parts(tmp_path / "people/FirstName=Ann", make_people(20)[["mobile"]])
    options = {"program": "148372", "phone": "mobile", "progress": False}
    with pytest.raises(InputError, match="folders such as FirstName=Ann name its values"):
        smsframe.plan_files(tmp_path / "people", TEXT, **options)
    plan = smsframe.plan_files(
        tmp_path / "people", TEXT, personalize={"FirstName": None}, **options
    )
    assert plan.recipients == 20


@pytest.mark.parametrize(
    "column",
    [
        pa.array([pa.MonthDayNano([1, 2, 3]), None]),
        pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array(["x"])),
        pa.array([{}, {}], pa.struct([])),
    ],
    ids=["interval", "runs", "nothing"],
)
def test_send_files__refuses_what_results_cannot_hold(column, client, sandbox, tmp_path):
    """Results are Parquet files, and not every column of an Arrow file can be in one."""
    table = pa.table({"mobile": fictional_phones(2), "More": column})
    path = tmp_path / "people.arrow"
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)
    with pytest.raises(
        InputError, match=r"Column 'More' of people\.arrow is of the kind .* Cast it"
    ):
        send_files(path, tmp_path / "results", text="Hi", phone="mobile")
    assert sends(sandbox) == 0


def test_send_files__two_columns_of_one_name(client, tmp_path):
    """As of a CSV file."""
    columns = [fictional_phones(2), ["Ann", "Bob"], ["Ann", "Bob"]]
    pq.write_table(pa.table(columns, ["mobile", "FirstName", "FirstName"]), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet has column 'FirstName' more than"):
        smsframe.plan_files(tmp_path / "a.parquet", TEXT, program="148372", progress=False)


def test_send_files__leaves_no_empty_folder(client, tmp_path):
    """A refusal leaves nothing behind; a folder that was there stays."""
    make_people(3).to_parquet(tmp_path / "people.parquet")
    there = tmp_path / "there"
    there.mkdir()
    for out in (tmp_path / "new/results", there):
        with pytest.raises(InputError, match="confirm=4"):
            send_files(tmp_path / "people.parquet", out, confirm=4)
    assert there.exists()
    assert not (tmp_path / "new").exists()


def test_send_files__stops_when_a_file_changes(client, sandbox, tmp_path, monkeypatch):
    """A file that is not what was checked is not sent."""
    folder = parts(tmp_path / "people", make_people(20))
    check = Confirmable.refuse_others

    def change(*told):
        check(*told)
        make_people(6, start=50).to_parquet(folder / "part-2.parquet", index=False)

    with monkeypatch.context() as patch:
        patch.setattr(Confirmable, "refuse_others", change)
        with pytest.raises(InputError, match=r"part-2\.parquet has changed since it was checked"):
            send_files(folder, tmp_path / "results")
    texted = set(sandbox.outbox()["to"]) if "to" in sandbox.outbox() else set()
    assert not texted & {number.lstrip("+") for number in fictional_phones(6, 50)}
    sent = send_files(folder, tmp_path / "results")
    assert sent.counts == {"accepted": 20}
    assert len(sandbox.outbox()) == 20


def test_send_files__sees_a_change_that_hides(client, sandbox, tmp_path, monkeypatch):
    """The same size and time as before, and other people in the middle of the file."""
    path, check = tmp_path / "people.csv", Confirmable.refuse_others
    make_people(700).assign(Note="x" * 300).to_csv(path, index=False)
    before, at = path.read_bytes(), path.stat()
    middle = before.index(b"xx", len(before) // 2)
    assert 65_536 < middle < len(before) - 65_536

    def change(*told):
        check(*told)
        with path.open("r+b") as file:
            file.seek(middle)
            file.write(b"7")
        os.utime(path, ns=(at.st_atime_ns, at.st_mtime_ns))

    monkeypatch.setattr(Confirmable, "refuse_others", change)
    with pytest.raises(InputError, match=r"people\.csv has changed since it was checked"):
        send_files(path, tmp_path / "results", "Hi", phone="mobile")
    assert sends(sandbox) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param({"problems": "raise"}, "1 problem, listed in plan_files", id="problems"),
    ],
)
def test_send_files__refuses_what_it_cannot_keep(options, said, client, sandbox, tmp_path):
    """Nothing is left out in silence."""
    people = make_people(20)
    people.loc[3, "mobile"] = "n/a"
    folder = parts(tmp_path / "people", people)
    with pytest.raises(InputError, match=said):
        send_files(folder, tmp_path / "results", **options)
    assert len(sandbox.outbox()) == 0


def test_send_files__refuses_folders_that_mix(client, tmp_path):
    """Results among people, other files among results, and files that disagree are refused."""
    people = make_people(20)
    folder = parts(tmp_path / "people", people)
    with pytest.raises(InputError, match="out= lies among the files"):
        send_files(folder, folder / "results")
    with pytest.raises(InputError, match="out= is a folder with files to send"):
        send_files(folder / "*.parquet", folder)
    with pytest.raises(InputError, match="There is no file"):
        send_files(tmp_path / "nobody" / "*.parquet", tmp_path / "results")
    with pytest.raises(InputError, match="out= is a folder of this machine"):
        send_files(folder, "s3://bucket/results")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds notes\.txt, which is no result"):
        send_files(folder, tmp_path / "full")
    people.assign(FirstName=1).to_parquet(folder / "part-3.parquet", index=False)
    with pytest.raises(InputError, match="Column 'FirstName' is of the kind"):
        send_files(folder, tmp_path / "results")
    people[["mobile"]].to_parquet(folder / "part-3.parquet", index=False)
    with pytest.raises(InputError, match=r"part-3\.parquet has no column 'FirstName'"):
        send_files(folder, tmp_path / "results")


def test_send_files__goes_on_after_lost_answers(client, sandbox, tmp_path):
    """What may have gone out stays unknown, is settled, and is not repeated."""
    folder = parts(tmp_path / "people", make_people(20))
    sandbox.faults.add("drop_after", on=2)
    with pytest.warns(smsframe.UnknownOutcomeWarning):
        sent = send_files(folder, tmp_path / "results")
    assert sent.counts == {"accepted": 16, "unknown": 4}
    assert len(sent.unknown) == 4
    sent.reconcile(sandbox.events())
    assert sent.counts == {"accepted": 20}
    assert send_files(folder, tmp_path / "results").counts == {"accepted": 20}
    assert len(sandbox.outbox()) == 20


def test_send_files__stopped_has_every_row_in_its_results(client, sandbox, tmp_path):
    """A run that the service stops writes what it did not reach; the same call goes on."""
    folder = parts(tmp_path / "people", make_people(20))
    fault = sandbox.faults.add("status", on=range(3, 100), status=403)
    with pytest.warns(smsframe.SmsframeWarning):
        sent = send_files(folder, tmp_path / "results")
    counts = sent.counts
    assert sum(counts.values()) == 20
    assert counts["accepted"] == 8
    sandbox.faults.remove(fault) if hasattr(sandbox.faults, "remove") else sandbox.faults.clear()
    assert send_files(folder, tmp_path / "results").counts == {"accepted": 20}
    assert len(sandbox.outbox()) == 20


def test_sent_files__are_opened_and_moved(client, sandbox, tmp_path):
    """The folder may be moved; a folder that holds no results is refused."""
    folder = parts(tmp_path / "people", make_people(20))
    send_files(folder, tmp_path / "results")
    assert smsframe.runs()["accepted"].tolist() == [20]
    (tmp_path / "results").rename(tmp_path / "moved")
    moved = smsframe.SentFiles(tmp_path / "moved").refresh(progress=False)
    assert moved.counts == {"sent": 20}
    assert "20 sent in 3 files" in repr(moved)
    with pytest.raises(InputError, match="holds no results"):
        smsframe.SentFiles(tmp_path / "results")


def test_send_files__by_lookup_is_known_as_a_frame(client, sandbox, tmp_path):
    """People who are found by a field of the database are sent to as well, once."""
    people = make_people(20).rename(columns={"mobile": "number"})
    people["Email"] = [f"person{n}@example.com" for n in range(20)]
    folder = parts(tmp_path / "people", people[["Email", "FirstName"]])
    sent = send_files(folder, tmp_path / "results", lookup={"Email": "Email"})
    assert sum(sent.counts.values()) == 20
    calls = len(_requests(sandbox))
    frame = smsframe.send(people, TEXT, program="148372", lookup={"Email": "Email"}, progress=False)
    assert frame["sms_status"].tolist() == sent.to_frame()["sms_status"].tolist()
    if set(sent.counts) == {"accepted"}:
        assert len(_requests(sandbox)) == calls


@pytest.mark.parametrize("empty", [0, 1, 2, 3])
def test_send_files__a_file_without_rows(sandbox, client, tmp_path, empty):
    """Wherever it stands, it gets its columns alone, and the others get their results, twice."""
    folder = parts(tmp_path / "people", make_people(20))
    name = f"part-{empty - 1}-none.parquet" if empty else "an-empty-one.parquet"
    make_people(1).head(0).to_parquet(folder / name, index=False)
    for _ in range(2):
        sent = send_files(folder, tmp_path / "results")
        assert sent.counts == {"accepted": 20}
        written = pd.read_parquet(tmp_path / "results" / name)
        assert (len(written), "sms_status" in written.columns) == (0, True)
    assert len(sandbox.outbox()) == 20
