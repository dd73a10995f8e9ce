"""Keys and recipient hashes that the first pass has made, for the batches of the second one.

To make them takes longer than anything else that is done to a row; read from the scratch folder
they cost next to nothing. Some of each portion are made anew and compared: where a function in
``formats=`` gives other words the second time, nothing goes out under the key of the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from smsframe._send.keys_ahead import Identities, KeysAhead

if TYPE_CHECKING:
    from smsframe._base.arrow import Positions
    from smsframe._plan.data import PlanData

_COMPARED: Final = 64


class KeptKeys(KeysAhead):
    """Identities of rows of a portion, of which keys and hashes are there already.

    Parameters
    ----------
    plan, service, scope, rows
        As for `KeysAhead`.
    kept : record array
        ``key`` and ``who`` of the rows ``of``.
    of : array of int64
        Positions, ascending; every row that will be asked for is among them.
    """

    def __init__(
        self,
        plan: PlanData,
        service: str,
        scope: bytes,
        rows: Positions,
        *,
        kept: Any,
        of: Positions,
    ) -> None:
        super().__init__(plan, service, scope, rows)
        self._keys = np.ascontiguousarray(kept["key"])
        self._who = np.ascontiguousarray(kept["who"])
        self._of = of

    def are_right(self) -> bool:
        """Tell whether some of them, made anew, are what was kept."""
        at = np.unique(np.linspace(0, len(self._of) - 1, _COMPARED).astype(np.int64))
        at = at[: len(self._of)]
        return self._plan.keys(self._scope, self._of[at]) == self._keys[at].tobytes()

    def _make(self, rows: Positions) -> Identities:
        """Take the identities of rows."""
        at = np.searchsorted(self._of, rows)
        loose = self._plan.messages.loose_hashes(self._service, rows)
        return Identities(keys=self._keys[at], recipients=self._who[at], loose=loose)
