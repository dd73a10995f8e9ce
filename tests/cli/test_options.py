"""The options of the command line: one for each argument of ``send``, or a reason for none.

They are made from the definition of the arguments (``smsframe/_plan/options.py``), in its groups
and its order; what is left to get wrong is checked here.
"""

from __future__ import annotations

import typing

import pytest
from samples import make_people

import smsframe
from smsframe._plan import options
from smsframe.cli import arguments
from smsframe.cli.options import OPTIONS, WITHOUT_OPTION, parser

TITLES = {"message": "message (options with NAME=VALUE may be repeated)"}


def parser_of(command):
    """Return the parser of a command."""
    (every,) = [a for a in parser("")._actions if getattr(a, "choices", None)]
    return every.choices[command]


def flag_of(argument):
    """Return the option of an argument."""
    return OPTIONS[argument].get("flag", f"--{argument.replace('_', '-')}")


def test_options__are_of_every_argument():
    """Each argument has an option, or a reason why it has none."""
    assert sorted([*OPTIONS, *WITHOUT_OPTION]) == sorted(options.ARGUMENTS)
    assert all(WITHOUT_OPTION.values())


def test_options__are_all_handed_on():
    """None is taken and then forgotten: a rule that is not applied is worse than none."""
    words = ["people.csv", "--text", "Hi", "--program", "1"]
    handed_on = arguments.options_of(parser_of("send").parse_args(words))
    assert set(OPTIONS) - set(handed_on) == {"confirm", "dry_run"}  # of the command, not the plan


@pytest.mark.parametrize("group", options.GROUPS)
def test_options__stand_in_the_groups_of_the_definition(group):
    """The help of ``send`` shows them in the same groups, in the same order."""
    titles = {shown.title: shown for shown in parser_of("send")._action_groups}
    shown = [a.option_strings[0] for a in titles[TITLES.get(group, group)]._group_actions]
    names = [name for name in options.GROUPS[group].__annotations__ if name in OPTIONS]
    assert [flag for flag in shown if flag not in ("--text", "--text-file")] == [
        flag_of(name) for name in names
    ]


@pytest.mark.parametrize("argument", OPTIONS)
def test_options__take_what_the_argument_takes(argument):
    """Choices and defaults are those of the argument; the help says something."""
    (option,) = [a for a in parser_of("send")._actions if flag_of(argument) in a.option_strings]
    hint = typing.get_type_hints(options.SendOptions, localns=options._FOR_TYPING)[argument]
    parts = [hint, *typing.get_args(hint)]
    choices = [c for p in parts if typing.get_origin(p) is typing.Literal for c in p.__args__]
    if choices:
        assert option.choices == choices
    if option.default != []:
        assert option.default == options.ARGUMENTS[argument].default
    assert option.help


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param([], None, id="none"),
        pytest.param(["--character-swap", "on"], True, id="on"),
        pytest.param(["--character-swap", "off"], False, id="off"),
    ],
)
def test_character_swap(given, kept, tmp_path, monkeypatch):
    """It is on, off, or as the organization has set it."""
    monkeypatch.chdir(tmp_path)
    make_people(2).to_csv("people.csv", index=False)
    words = ["people.csv", "--text", "Hi", "--program", "1", "--phone", "mobile", *given]
    made, _ = arguments.made_of(parser_of("plan").parse_args(words))
    assert made.message.character_swap is kept
    assert isinstance(made, smsframe.Plan)
