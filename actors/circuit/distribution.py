"""Who makes which receipt: the circuit's rules, without time, disk or messages.

1. The oldest receipt goes first, to whichever idle register can make it.
2. A register whose document runs gets its next receipt reserved, but only when no idle register could take that one.
3. An idle register with nothing to take takes over what is reserved for another: a slow register delays nobody.
4. A register that failed on a receipt gets it again only when no other register is there to try.
"""

from collections import deque
from collections.abc import Callable, Iterator

from msgspec import Struct

from schemas.commands import Job
from schemas.receipts import TaxSystem

TAX_BITS: dict[TaxSystem, int] = {
    "osn": 1,
    "usn_income": 2,
    "usn_income_outcome": 4,
    "envd": 8,
    "esn": 16,
    "patent": 32,
}
"""Bits of tag 1062, the tax systems that a register is registered for."""


class Place(Struct):
    """A register in its circuit. ``given`` is what it was told to make, ``reserved`` what comes after."""

    eip: str
    type: str
    tax_systems: int
    idle: bool = False
    given: Job | None = None
    reserved: Job | None = None


class Distribution:
    """``incapable(type, job)`` tells whether registers of that type can never make the receipt."""

    def __init__(self, incapable: Callable[[str, Job], bool]) -> None:
        self._incapable = incapable
        self._queue: deque[Job] = deque()
        self._places: dict[str, Place] = {}

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def places(self) -> dict[str, Place]:
        """Registers in rotation by eip."""
        return self._places

    @property
    def oldest(self) -> Job | None:
        return self._queue[0] if self._queue else None

    def add(self, job: Job) -> None:
        """A receipt newer than all before it."""
        self._queue.append(job)

    def put_back(self, job: Job) -> None:
        """A receipt that has been out: it goes where its age puts it."""
        self._queue = deque(sorted((*self._without(job.receipt_id), job), key=lambda each: each.receipt_id))

    def drop(self, receipt_id: int) -> None:
        """A receipt that needs no register any more."""
        self._queue = deque(self._without(receipt_id))

    def _without(self, receipt_id: int) -> Iterator[Job]:
        return (job for job in self._queue if job.receipt_id != receipt_id)

    def idle(self, eip: str, kind: str, tax_systems: int, after: int | None) -> None:
        """A register has nothing to do. ``after`` is the last receipt it was done with.

        What it was given and has not come to yet is still on its way to it: then it is not idle at all.
        """
        place = self._places.setdefault(eip, Place(eip, kind, tax_systems))
        place.type, place.tax_systems = kind, tax_systems
        if place.given is not None and place.given.receipt_id != after:
            return
        place.given, place.idle = None, True

    def away(self, eip: str) -> Job | None:
        """A register left rotation; its reservation is queued again. Returns what it was given."""
        place = self._places.pop(eip, None)
        if place is None:
            return None
        if place.reserved is not None:
            self.put_back(place.reserved)
        return place.given

    def reserve(self, eip: str) -> None:
        """A register's document runs: keep the next receipt for it, unless somebody idle could take that one."""
        place = self._places.get(eip)
        if place is None or place.reserved is not None:
            return
        job = self._pick(place)
        if job is None:
            return
        if any(other.idle and self._can(other, job) for other in self._places.values()):
            self.put_back(job)
        else:
            place.reserved = job

    def assign(self) -> list[tuple[str, Job]]:
        """Give work to everybody idle, as far as it goes; each pair is to be told to its register."""
        assigned = []
        for place in [place for place in self._places.values() if place.idle]:
            job = self._next(place)
            if job is not None:
                place.idle, place.given = False, job
                assigned.append((place.eip, job))
        return assigned

    def _next(self, place: Place) -> Job | None:
        if place.reserved is not None:
            job, place.reserved = place.reserved, None
            return job
        return self._pick(place) or self._take_over(place)

    def _pick(self, place: Place) -> Job | None:
        for index, job in enumerate(self._queue):
            if self._can(place, job):
                del self._queue[index]
                return job
        return None

    def _take_over(self, place: Place) -> Job | None:
        holders = [
            other for other in self._places.values() if other.reserved is not None and self._can(place, other.reserved)
        ]
        if not holders:
            return None
        holder = min(holders, key=_reserved_id)
        job, holder.reserved = holder.reserved, None
        return job

    def _can(self, place: Place, job: Job) -> bool:
        if place.tax_systems and not place.tax_systems & TAX_BITS[job.request.tax_system]:
            return False
        if self._incapable(place.type, job):
            return False
        return place.eip not in job.failed_on or all(eip in job.failed_on for eip in self._places)


def _reserved_id(place: Place) -> int:
    return place.reserved.receipt_id if place.reserved is not None else 0
