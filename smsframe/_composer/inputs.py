"""What a person chose on the screen, as the arguments of ``plan``, and the same as Python code.

Only what differs from the defaults of ``plan`` becomes an argument, so that the code is what one
would have typed, and so that the same code sends the same campaign.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import pandas as pd

from smsframe._base.names import name_of
from smsframe._base.validation import check_text, refuse
from smsframe._composer.presets import Spelled
from smsframe._eligibility import exclude
from smsframe._plan import options as arguments
from smsframe._plan.variant_arguments import read_several

if TYPE_CHECKING:
    from collections.abc import Hashable

    from smsframe._plan.options import SendOptions
    from smsframe._text.values import Format

FIELDS = (
    *("program", "phone", "lookup", "personalize", "defaults", "formats", "region"),
    *("region_from", "campaign"),
)
WHO_GETS_WHICH = ("split", "by", "holdout")
_WHOM = (
    *("phone", "lookup", "region", "region_from", "exclude", "limit"),
    *("sending_hours", "closed", "time_zone", "min_gap", "check_consent", "consent_database"),
    *WHO_GETS_WHICH,
)
AS_GIVEN = (
    *("limit", "problems", "duplicates", "resend_unknown", "sending_hours", "time_zone", "wait_s"),
    *("consent_database", "source", "campaign_name", "ttl_minutes", "character_swap"),
)
DEFAULTS: Mapping[str, Any] = {
    "problems": "skip",
    "duplicates": "skip",
    "resend_unknown": False,
    "wait_s": 0.0,
    "check_consent": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What was chosen; ``rest`` holds arguments of ``plan`` that have no field on the screen.

    ``texts`` are several by their names, and then ``text`` says nothing; empty: there is one text.
    """

    text: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[str, Any] | None = None
    by: Hashable | None = None
    holdout: Any = None
    program: str = ""
    phone: Hashable | None = None
    lookup: Mapping[str, Hashable] = field(default_factory=dict)
    personalize: Mapping[str, Hashable | None] | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[Hashable, Format] = field(default_factory=dict)
    region: str | None = None
    region_from: Hashable | None = None
    campaign: str | None = None
    price_per_segment: float | Mapping[str, float] | None = None
    fold: Literal["gsm7"] | None = None
    rest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> str | Mapping[str, str]:
        """What ``plan`` takes as its text: the one, or several by their names."""
        return self.texts or self.text

    @property
    def contents(self) -> tuple[str, ...]:
        """The texts, however many there are."""
        return tuple(self.texts.values()) or (self.text,)

    def of(self, name: str) -> Choices:
        """Return the choices with one of several texts, as if there were no other."""
        if not self.texts:
            return self
        text = self.texts.get(name, next(iter(self.texts.values())))
        return replace(self, text=text, texts={}, split=None, by=None, holdout=None)

    def arguments(self) -> SendOptions:
        """Return the keyword arguments of ``plan`` that differ from its defaults, in its order."""
        names = (*FIELDS, *WHO_GETS_WHICH) if self.texts else FIELDS
        chosen: dict[str, Any] = {name: getattr(self, name) for name in names}
        chosen |= dict(self.rest)
        chosen |= {"price_per_segment": self.price_per_segment, "fold": self.fold}
        said = {name: value for name, value in chosen.items() if _said(name, value)}
        return cast("SendOptions", said)

    def to_nobody(self) -> SendOptions:
        """Return the arguments that the texts are made from, and the defaults of all others."""
        texts = {name: value for name, value in self.arguments().items() if name not in _WHOM}
        return arguments.with_defaults(cast("SendOptions", {"program": "0", **texts}))

    def code(
        self, frame: str = "df", client: str | None = None, *, has_accessor: bool = True
    ) -> str:
        """Return the call that sends exactly this, as code over the frame's name."""
        given = {name: _literal(value) for name, value in self.arguments().items()}
        if client:
            given["client"] = client
        lines = [f"    {_literal(self.text)},"]
        if self.texts:
            each = [f"        {_literal(n)}: {_literal(t)}," for n, t in self.texts.items()]
            lines = ["    {", *each, "    },"]
        if not has_accessor:
            lines.insert(0, f"    {frame},")
        lines += [f"    {name}={value}," for name, value in given.items()]
        function = f"{frame}.sms.send" if has_accessor else "smsframe.send"
        return "\n".join([f"results = {function}(", *lines, ")"])


def checked(frame: pd.DataFrame, text: Any, options: arguments.ComposeOptions) -> Choices:
    """Return the arguments of ``compose`` as choices.

    Raises
    ------
    InputError
        An argument names a column that is not there, or cannot be used; all faults at once.
    """
    faults: list[str] = []
    full = arguments.with_defaults(options)
    left_out = full["program"] is None or str(full["program"]) == ""
    full["program"] = "0" if left_out else full["program"]
    campaign = full["campaign"]  # what it may be is checked with the rules
    several = read_several(
        frame,
        text,
        faults,
        split=full["split"],
        by=full["by"],
        holdout=full["holdout"],
        campaign=campaign if isinstance(campaign, str) and campaign else "named on the screen",
        content_id=None,
    )
    if several is not None:
        text = None
    text = check_text("text", text, faults, need="a text", blank=True) or ""
    message = arguments.check_message(text, full, faults)
    columns = arguments.check_columns(frame, full, faults)
    rules = arguments.check_options(frame, full, faults)
    refuse(faults)
    weights = full["split"]
    return Choices(
        text=text,
        texts={} if several is None else several.texts,
        split={" ".join(str(n).split()): w for n, w in weights.items()} if weights else None,
        by=full["by"],
        holdout=full["holdout"] or None,
        program="" if left_out else message.program,
        phone=columns.phone,
        lookup=columns.lookup,
        personalize=columns.personalize,
        defaults=message.defaults,
        formats=columns.formats,
        region=columns.region,
        region_from=columns.region_from,
        campaign=rules.campaign,
        price_per_segment=rules.price_per_segment,
        fold=rules.fold,
        rest=_rest(full, rules),
    )


def _rest(full: SendOptions, rules: arguments.Options) -> dict[str, Any]:
    """Return the arguments that are taken as they are, or by a value that is read once."""
    gap, given = full["min_gap"], cast("Mapping[str, Any]", full)
    if not (gap is None or isinstance(gap, str)):
        gap = pd.Timedelta(gap).isoformat()  # which stands in code as it is
    return {
        **{name: given[name] for name in AS_GIVEN},
        "exclude": _excluded(full["exclude"]),
        "closed": None if rules.hours is None else rules.hours.closed_dates,
        "min_gap": gap,
        "check_consent": rules.check_consent,
    }


def _excluded(given: Any) -> exclude.Exclusion | None:
    """Return a list of numbers read, once for all plans; code calls it by its name."""
    if given is None:
        return None
    is_path = isinstance(given, (str, os.PathLike))
    name = repr(os.fspath(given)) if is_path else name_of(given, "exclude")
    return replace(exclude.read(given), name=name)


def _said(name: str, value: Any) -> bool:
    """Whether an argument says something that its default does not."""
    is_empty = isinstance(value, (Mapping, str)) and not value and name != "personalize"
    return not is_empty and value is not None and value != DEFAULTS.get(name)


def _literal(value: Any) -> str:
    """Return a value as code; a function by its name."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, exclude.Exclusion):
        return value.name
    if isinstance(value, pd.Timestamp):
        return f"pd.{value!r}"
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(_literal, value))
        one = "," * (len(value) == 1)
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{one})"
    if callable(value):
        name = getattr(value, "__name__", "function")
        return value.code if isinstance(value, Spelled) else str(name)
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    """Return a text as code, in double quotes where they need no escape."""
    plain = repr(text)
    if plain[0] == "'" and '"' not in text and "\\'" not in plain:
        return f'"{plain[1:-1]}"'
    return plain
