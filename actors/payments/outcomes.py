"""Who waits for what became of a payment: a channel's request, for as long as the channel does.

Memory only. Whoever is told looks into the journal for what is true; whoever is not told in time answers *temporary*,
and the channel's repeat finds it there.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import trio


class Outcomes:
    """Events by payment."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, list[trio.Event]] = defaultdict(list)

    @contextmanager
    def expected(self, payment_id: int) -> Iterator[trio.Event]:
        """Set when something was decided about the payment."""
        event = trio.Event()
        self._waiting[payment_id].append(event)
        try:
            yield event
        finally:
            waiting = self._waiting[payment_id]
            waiting.remove(event)
            if not waiting:
                del self._waiting[payment_id]

    def tell(self, payment_id: int) -> None:
        for event in self._waiting.get(payment_id, ()):
            event.set()
