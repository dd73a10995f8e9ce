"""How a file is read, as far as somebody says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from smsframe._base.validation import check_choice, check_count, check_text, unusable

TAB: Final = "tab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a file is read, as far as it is said; None is decided from the file."""

    sheet: str | None = None
    hidden_rows: Literal["send", "skip"] | None = None
    encoding: str | None = None
    separator: str | None = None
    header_line: int | None = None
    decimal: str | None = None

    def check(self, faults: list[str]) -> None:
        """Note what cannot be a way to read a file."""
        check_text("sheet", self.sheet, faults)
        check_text("encoding", self.encoding, faults)
        if self.hidden_rows is not None:
            check_choice("hidden_rows", self.hidden_rows, ("send", "skip"), faults)
        if self.decimal is not None:
            check_choice("decimal", self.decimal, (".", ","), faults)
        if not _is_separator(self.separator):
            need = "one mark such as ';', or 'tab', or be left out"
            is_text = isinstance(self.separator, str)
            faults.append(unusable("separator", self.separator, need, fits=is_text))
        check_count("header_line", self.header_line, faults, least=1)


def _is_separator(given: Any) -> bool:
    """Tell whether this can stand between cells, or nothing was said."""
    if given is None or (isinstance(given, str) and given == TAB):
        return True
    odd = '"\r\n\x00'
    return isinstance(given, str) and len(given) == 1 and given not in odd and not given.isalnum()
