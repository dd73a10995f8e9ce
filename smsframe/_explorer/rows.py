"""The rows of results under filters, a search, an order and a selection; no widget in sight.

Filters combine: any of the values of one kind, all kinds together. Each kind and the search keep
their mask until they change, so a chip costs one mask and the counts of the others.

Results are renewed on the thread of a send, while somebody may be pressing chips: whoever changes
anything holds ``lock``, and a filter is told by its value, as places are others in new results.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe._base import result_columns
from smsframe._base.result_rows import ResultRows
from smsframe._explorer.kinds import Kind, kinds_of
from smsframe._explorer.searching import Searched, order_of
from smsframe._results.rows import NOT_AGAIN, RETRIED

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy.typing as npt
    import pandas as pd

    from smsframe._base.arrow import Mask, Positions

PAGE_ROWS = 20


class Rows:
    """What is looked at: results, and how they are narrowed down, put in order and chosen."""

    def __init__(self, results: pd.DataFrame) -> None:
        self.lock = threading.RLock()
        self.chosen: dict[str, frozenset[int]] = {}
        self.asked = ""
        self.sorted_by: Hashable | None = None
        self.descending = False
        self.page = 0
        self.marked = np.zeros(len(results), dtype=bool)
        self._take(results)

    def _take(self, results: pd.DataFrame) -> None:
        """Read results anew."""
        self.results = results
        self.read = ResultRows.read(results)
        self.kinds = kinds_of(self.read)
        self._searched = Searched(results)
        self._masks: dict[str, Mask] = {}
        self._found: Mask | None = None
        self._order: Positions | None = None
        self._matching: Mask | None = None
        self._may_go: Mask | None = None
        self._matching_rows: Positions | None = None

    def renew(self, results: pd.DataFrame) -> None:
        """Look at the same rows as they are now; what was chosen stays where it can."""
        with self.lock:
            before = {name: self.values(name) for name in self.chosen}
            self._take(results)
            self.chosen = {}
            for name, values in before.items():
                self.choose(name, values)
            self._changed()

    def __len__(self) -> int:
        return len(self.results)

    def values(self, name: str) -> set[Any]:
        """Return the values of a kind that rows are narrowed down to; none of them: to all."""
        return {self.kinds[name].found[place] for place in self.chosen.get(name, ())}

    def choose(self, name: str, values: set[Any]) -> None:
        """Narrow down to rows with one of these values, where any row has them still."""
        kind = self.kinds.get(name)
        self._masks.pop(name, None)
        self.chosen.pop(name, None)
        if kind is not None:
            there = np.flatnonzero(kind.total).tolist()
            places = frozenset(place for place in there if kind.found[place] in values)
            self.chosen |= {name: places} if places else {}
        self._changed()

    def toggle(self, name: str, value: Any) -> None:
        """Put a value on or take it off."""
        self.choose(name, self.values(name) ^ {value})

    def clear(self) -> None:
        """Take all filters and the search off."""
        self.chosen.clear()
        self._masks.clear()
        self.asked, self._found = "", None
        self._changed()

    def search(self, asked: str) -> None:
        """Narrow down to rows of which a cell holds a text; "" to all."""
        if asked.strip() != self.asked:
            self.asked, self._found = asked.strip(), None
            self._changed()

    def sort(self, column: Hashable | None, *, descending: bool = False) -> None:
        """Put rows in the order of a column; None is the order of the results."""
        self.sorted_by, self.descending = column, descending
        self._order = self._matching_rows = None
        self.page = 0

    def _changed(self) -> None:
        """Forget what is no longer so."""
        self._matching = self._matching_rows = None
        self.page = 0

    def _parts(self) -> dict[str, Mask]:
        """Return a mask for each filter, the search being one."""
        for name, places in self.chosen.items():
            if name not in self._masks:
                self._masks[name] = self.kinds[name].having(places)
        if self.asked and self._found is None:
            self._found = self._searched.find(self.asked)
        parts = {name: self._masks[name] for name in self.chosen}
        return parts if self._found is None else {**parts, "": self._found}

    @property
    def matching(self) -> Mask:
        """The rows that match."""
        if self._matching is None:
            parts = list(self._parts().values())
            self._matching = (
                np.logical_and.reduce(parts) if parts else np.ones(len(self), dtype=bool)
            )
        return self._matching

    @property
    def count(self) -> int:
        """How many rows match."""
        return int(np.count_nonzero(self.matching))

    def counts(self, kind: Kind) -> npt.NDArray[np.int64]:
        """Return how many rows each value of a kind has among those that the others leave."""
        others = [mask for name, mask in self._parts().items() if name != kind.name]
        if not others:
            return kind.counts(None)
        if kind.name not in self.chosen:
            return kind.counts(self.matching)
        return kind.counts(np.logical_and.reduce(others))

    @property
    def rows(self) -> Positions:
        """The positions of the rows that match, in their order."""
        if self._matching_rows is None:
            if self.sorted_by is None:
                self._matching_rows = np.flatnonzero(self.matching)
            else:
                if self._order is None:
                    labels: list[Any] = list(self.results.columns)
                    place = labels.index(self.sorted_by)
                    column = self.results.iloc[:, place]
                    self._order = order_of(column, descending=self.descending)
                self._matching_rows = self._order[self.matching[self._order]]
        return self._matching_rows

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.count // PAGE_ROWS))

    def turn(self, by: int) -> None:
        """Go some pages on or back, as far as there are any."""
        self.page = min(max(self.page + by, 0), self.pages - 1)

    @property
    def shown(self) -> Positions:
        """The positions of the rows on the page."""
        return self.rows[self.page * PAGE_ROWS :][:PAGE_ROWS]

    # --- selection

    def mark_matching(self) -> None:
        """Select all rows that match, and no other."""
        self.marked = self.matching.copy()

    def mark_none(self) -> None:
        """Select nothing."""
        self.marked = np.zeros(len(self), dtype=bool)

    @property
    def marked_count(self) -> int:
        """How many rows are selected."""
        return int(np.count_nonzero(self.marked))

    @property
    def hidden_count(self) -> int:
        """How many of those selected do not match, so are on no page."""
        return int(np.count_nonzero(self.marked & ~self.matching))

    def taken(self, *statuses: str) -> Positions:
        """Return the positions of the rows that are selected, all or those with a status."""
        where = self.marked & self.read.has(*statuses) if statuses else self.marked
        return np.flatnonzero(where)

    @property
    def retried(self) -> Positions:
        """The positions of the selected rows that did not go out and may, as ``to_retry`` says."""
        if self._may_go is None:
            self._may_go = self.read.has(*RETRIED) & ~self.read.has_code(*NOT_AGAIN)
        return np.flatnonzero(self.marked & self._may_go)

    def warm(self) -> None:
        """Read ahead what a search needs."""
        self._searched.warm()

    @property
    def frame(self) -> pd.DataFrame:
        """The rows that match, in their order, as results."""
        with self.lock:
            return result_columns.detached(self.results.iloc[self.rows])

    @property
    def selected(self) -> pd.DataFrame:
        """The rows that are selected, in the order of the results."""
        with self.lock:
            return result_columns.detached(self.results.iloc[np.flatnonzero(self.marked)])
