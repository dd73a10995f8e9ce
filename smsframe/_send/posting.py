"""One delivery, set up: the bar, the threads that make calls, the loop, and what ends all three.

The same for rows of a frame and for files. What differs is given: where batches come from, what is
told of each, and what is to be done at the end, whatever went wrong.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from smsframe._base.progress import Bar
from smsframe._base.worker_pool import WorkerPool
from smsframe._send.batches_in_flight import call_failed
from smsframe._send.cancellation import counted_interrupts
from smsframe._send.delivery import Delivery
from smsframe._send.report import JOURNAL_LOCKED
from smsframe._send.shared_places import SharedPlaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smsframe._acoustic.client import Client
    from smsframe._acoustic.outcomes import Outcome
    from smsframe._acoustic.send_request import SendRequest
    from smsframe._base.arrow import Positions
    from smsframe._base.progress import Progress, ProgressArgument
    from smsframe._eligibility.min_gap import GapGuard
    from smsframe._journal.records import Claim
    from smsframe._journal.store import Journal
    from smsframe._send.batches_in_flight import Result
    from smsframe._send.cancellation import SendControl
    from smsframe._send.open_rows import Gate

    Pool = WorkerPool[int, SendRequest, Outcome]


def post_batches(
    client: Client,
    journal: Journal,
    control: SendControl,
    *,
    batches: Iterator[Positions],
    gate: Gate,
    guard: GapGuard | None,
    prepare: Callable[[int, Positions], tuple[Claim, SendRequest]],
    settle: Callable[[Result], None],
    hold: Callable[[Positions], None],
    far: Callable[[], Progress],
    finish: Callable[[Delivery], None],
    progress: ProgressArgument,
) -> Delivery:
    """Send batches until nothing is left or something says stop.

    Parameters
    ----------
    client, journal, control
        Through whom, what keeps it, and who may stop it. The run is in the journal.
    batches, gate, prepare, hold
        As :class:`Delivery` takes them.
    guard : GapGuard or None
        What claims are judged by in their own transaction; None without a gap.
    settle : callable
        Is told each :class:`Result`.
    far : callable
        Says how far the send is.
    finish : callable
        Is called at the end, whatever went wrong: keeps what became of the rows, and ends the run.
    progress : bool, callable or None
        The bar.
    """
    journal.patience_s = 0.0  # the loop waits in its own way
    judge = None if guard is None else functools.partial(guard.judge, journal)
    with Bar(progress) as bar, client.sending(journal.may_post) as sending:
        workers: Pool = WorkerPool(
            sending.post, client.max_in_flight, failed=call_failed, clock=client.settings.clock
        )

        def show() -> None:
            bar.update(far())

        def settled(result: Result) -> None:
            settle(result)
            show()

        delivery = Delivery(
            workers=workers,
            batches=batches,
            prepare=prepare,
            record=lambda claims, settlements: journal.record(
                claims=claims, settlements=settlements, judge=judge
            ),
            hold=hold,
            settled=settled,
            begin=show,
            gate=gate,
            pauses=show,
            waits=lambda: None if control.apart else _say(journal.waits_because),
            look_around=SharedPlaces(journal, sending).look_around,
            max_in_flight=client.max_in_flight,
            settings=client.settings,
            stop=control.stop,
        )
        with counted_interrupts(control.stop, workers.wake):
            _run(delivery, lambda: finish(delivery), client)
    return delivery


def _run(delivery: Delivery, finish: Callable[[], None], client: Client) -> None:
    """Run until the end, and end what is left, whatever goes wrong."""
    try:
        delivery.run()
    finally:
        try:
            finish()
        finally:
            if delivery.left_behind:
                client.abort()
            delivery.workers.close(timeout_s=5.0)


def _say(why: str) -> None:
    """Say why a send waits for its journal."""
    print(why or JOURNAL_LOCKED)  # noqa: T201 - the line looked for under the cell
