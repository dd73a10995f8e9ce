"""The bar: it begins when there is something to count."""

from __future__ import annotations

from smsframe._base.progress import Bar, Progress


def bar_of(capsys, *accepted, total):
    """Return what a bar wrote."""
    with Bar(wanted=True) as bar:
        for number in accepted:
            bar.update(Progress(total=total, accepted=number, rejected=0, unknown=0))
    return capsys.readouterr().err


def test_bar__begins_with_the_total(capsys):
    """What is written to a file or a pipe has no bar of 0/0 in it."""
    written = bar_of(capsys, 0, 2, total=2)
    assert "0/2 " in written
    assert "2/2 " in written
    assert "0/0" not in written


def test_bar__of_a_total_that_grows(capsys):
    """When more is to be counted than at first the bar is one of the new total."""
    with Bar(wanted=True) as bar:
        for number, total in ((1, 2), (3, 4)):
            bar.update(Progress(total=total, accepted=number, rejected=0, unknown=0))
    assert "3/4 " in capsys.readouterr().err


def test_bar__of_nothing(capsys):
    """Where there is nothing to count there is no bar."""
    assert bar_of(capsys, 0, total=0) == ""
    assert bar_of(capsys, total=0) == ""


def test_bar__shows_whole_numbers(capsys):
    """A count of millions stands beside the bar digit by digit, not as 1.23e+06."""
    with Bar(True) as bar:
        bar.update(Progress(total=2_000_000, accepted=1_234_567, rejected=0, unknown=0))
    shown = capsys.readouterr().err
    assert "accepted=1,234,567" in shown
    assert "e+" not in shown
