"""A send on a thread of its own, which can be watched and stopped from elsewhere.

The thread is a daemon: a kernel that is shut down does not wait for it. What it had claimed and not
settled is ``unknown`` in the journal then, as after any other death of a sender.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from smsframe._plan.options import Sending
from smsframe._send.cancellation import SendControl
from smsframe._send.plan import keep_plan
from smsframe._send.run import send_plan
from smsframe.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe._acoustic.client import Client
    from smsframe._base.progress import Progress
    from smsframe._base.sentences import Sentence
    from smsframe._plan.problems import Fault
    from smsframe._send.plan import Plan


class Dispatch:
    """One send of exactly ``number`` messages; ``choices`` is what it was planned from.

    Attributes
    ----------
    progress : Progress or None
        How far it is; None as long as no run was opened, and for good where nothing was left to
        send.
    results : DataFrame or None
        What became of the rows, as far as it is known; also of a send that failed.
    failure : BaseException or None
        What ended it before its time.
    """

    def __init__(self, plan: Plan, client: Client, number: int, choices: Any = None) -> None:
        self.plan = plan
        self.client = client
        self.number = number
        self.choices = choices
        self.progress: Progress | None = None
        self.results: pd.DataFrame | None = None
        self.failure: BaseException | None = None
        self._control = SendControl(apart=True)
        self._thread: threading.Thread | None = None

    @property
    def nothing_sent(self) -> Sentence | None:
        """Why there was nothing to send; None where something was."""
        return self._control.nothing_sent

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What only the send itself could find, such as people who could not be asked."""
        return self._control.faults

    @property
    def stopped(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._control.stop.asked > 0

    def start(self, told: Callable[[Progress], None], ended: Callable[[], None]) -> None:
        """Send on a thread; ``told`` hears of progress and ``ended`` of the end, on that thread."""
        self._thread = threading.Thread(
            target=self._work, args=(told, ended), name="smsframe-composer", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Start no further batch; those under way are waited for."""
        self._control.stop.asked = 1

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; False when it took longer."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def _work(self, told: Callable[[Progress], None], ended: Callable[[], None]) -> None:
        """Send, keep what came of it and tell, whatever happens."""

        def moved(progress: Progress) -> None:
            self.progress = progress
            told(progress)

        try:
            keep_plan(self.plan)
            how = Sending(
                client=self.client,
                confirm=self.number,
                progress=moved,
                wait_s=self.plan.wait_s,
            )
            self.results = send_plan(self.plan.data, how, self._control)
        except InputError as error:  # nothing went out, and the sentence says why
            self.failure = error
        except BaseException as error:  # noqa: BLE001 - on a thread it would be shown to nobody
            self.failure, self.results = error, self._control.results
        finally:
            ended()
