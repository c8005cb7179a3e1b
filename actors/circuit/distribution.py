"""Who makes which receipt: the circuit's rules, without time, disk or messages.

1. The oldest receipt goes first, to whichever idle register can make it.
2. A register whose document runs gets its next receipt reserved, but only when no idle register could take that one.
3. An idle register with nothing to take takes over what is reserved for another: a slow register delays nobody.
4. A register that failed on a receipt gets it again only when no other register is there to try.
5. A register may be kept for a receipt that is still to come: until then it gets nothing else, and then that first.
"""

from bisect import bisect_left
from collections.abc import Callable

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

Skill = tuple[str, int]
"""A type and its tax systems: all that decides what a register can make, besides its own failures."""


class Place(Struct):
    """A register in its circuit. ``given`` is what it was told to make, ``reserved`` what comes after.

    ``kept`` names whose receipt it waits for; then it counts for nobody else.
    """

    eip: str
    type: str
    tax_systems: int
    idle: bool = False
    given: Job | None = None
    reserved: Job | None = None
    kept: str | None = None

    @property
    def skill(self) -> Skill:
        return self.type, self.tax_systems


class Distribution:
    """``incapable(type, job)`` tells whether registers of that type can never make the receipt.

    It is asked several times for every document, of circuits with a thousand registers: who is idle and who holds a
    reservation is kept at hand, and each skill is remembered up to where in the queue there is nothing for it.
    """

    def __init__(self, incapable: Callable[[str, Job], bool]) -> None:
        self._incapable = incapable
        self._queue: list[Job] = []
        self._places: dict[str, Place] = {}
        self._idle: dict[str, Place] = {}
        self._holders: dict[str, Place] = {}
        self._kept: dict[str, Place] = {}
        self._passed: dict[Skill, int] = {}
        self._newest = 0

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def places(self) -> dict[str, Place]:
        """Registers in rotation by eip."""
        return self._places

    @property
    def oldest(self) -> Job | None:
        return self._queue[0] if self._queue else None

    def known(self) -> set[int]:
        """The receipts that wait here, or are with a register."""
        places = self._places.values()
        held = (job for place in places for job in (place.given, place.reserved) if job is not None)
        return {job.receipt_id for job in (*self._queue, *held)}

    @property
    def waiting(self) -> int:
        """How many receipts wait for a register, the reserved ones among them."""
        return len(self._queue) + len(self._holders)

    @property
    def lacking(self) -> bool:
        """Whether a register stands idle for which nothing is here."""
        return bool(self._idle)

    def add(self, job: Job) -> None:
        """A receipt read from the store, nearly always newer than all before it."""
        if job.receipt_id <= self._newest:
            self.put_back(job)
            return
        self._newest = job.receipt_id
        self._queue.append(job)

    def put_back(self, job: Job) -> None:
        """A receipt that has been out: it goes where its age puts it."""
        self.drop(job.receipt_id)
        self._queue.insert(self._index(job.receipt_id), job)
        self._newest = max(self._newest, job.receipt_id)
        self._passed = {skill: min(passed, job.receipt_id - 1) for skill, passed in self._passed.items()}

    def drop(self, receipt_id: int) -> None:
        """A receipt that needs no register any more."""
        index = self._index(receipt_id)
        if index < len(self._queue) and self._queue[index].receipt_id == receipt_id:
            del self._queue[index]

    def _index(self, receipt_id: int) -> int:
        return bisect_left(self._queue, receipt_id, key=_id)

    def idle(self, eip: str, kind: str, tax_systems: int, after: int | None) -> None:
        """A register has nothing to do. ``after`` is the last receipt it was done with.

        What it was given and has not come to yet is still on its way to it: then it is not idle at all.
        """
        place = self._places.setdefault(eip, Place(eip, kind, tax_systems))
        place.type, place.tax_systems = kind, tax_systems
        if place.given is not None and place.given.receipt_id != after:
            return
        place.given, place.idle = None, True
        if place.kept is None:
            self._idle[eip] = place

    def away(self, eip: str) -> Job | None:
        """A register left rotation; its reservation is queued again. Returns what it was given."""
        place = self._places.pop(eip, None)
        if place is None:
            return None
        self._idle.pop(eip, None)
        if place.kept is not None:
            del self._kept[place.kept]
        if place.reserved is not None:
            self.put_back(self._release(place))
        return place.given

    def keep(self, key: str, probe: Job) -> str | None:
        """Keep a register that can make ``probe`` for ``key``: an idle one, else the next to be idle; None: there is
        none. What was reserved for it is queued again. Asked again it is the same one.
        """
        if key in self._kept:
            return self._kept[key].eip
        able = [place for place in self._places.values() if place.kept is None and self._is_skilled(place.skill, probe)]
        if not able:
            return None
        place = next((place for place in able if place.idle), able[0])
        self._idle.pop(place.eip, None)
        if place.reserved is not None:
            self.put_back(self._release(place))
        place.kept = key
        self._kept[key] = place
        return place.eip

    def let_go(self, key: str) -> None:
        """The register that is kept for ``key`` serves everybody again."""
        place = self._kept.pop(key, None)
        if place is not None:
            place.kept = None
            if place.idle:
                self._idle[place.eip] = place

    def give(self, key: str, job: Job) -> str | None:
        """What a register was kept for has come. Returns who is to be told to make it.

        None where nobody is: then it is reserved for the register's next turn, or queued when none is kept any more.
        """
        place = self._kept.get(key)
        self.let_go(key)
        self.drop(job.receipt_id)
        if place is None:
            self.put_back(job)
            return None
        if not place.idle:
            place.reserved, self._holders[place.eip] = job, place
            return None
        del self._idle[place.eip]
        place.idle, place.given = False, job
        return place.eip

    def reserve(self, eip: str) -> None:
        """A register's document runs: keep the next receipt for it, unless somebody idle could take that one."""
        place = self._places.get(eip)
        if place is None or place.reserved is not None or place.kept is not None:
            return
        index = self._find(place)
        if index is None or any(self._can(other, self._queue[index]) for other in self._idle.values()):
            return
        place.reserved = self._queue.pop(index)
        self._holders[eip] = place

    def assign(self) -> list[tuple[str, Job]]:
        """Give work to everybody idle, as far as it goes; each pair is to be told to its register."""
        assigned: list[tuple[str, Job]] = []
        if not self._queue and not self._holders:
            return assigned
        useless: set[Skill] = set()
        for place in tuple(self._idle.values()):
            if not self._queue and not self._holders:
                break
            job = self._next(place, useless)
            if job is not None:
                place.idle, place.given = False, job
                del self._idle[place.eip]
                assigned.append((place.eip, job))
        return assigned

    def _next(self, place: Place, useless: set[Skill]) -> Job | None:
        if place.reserved is not None:
            return self._release(place)
        index = self._find(place)
        if index is not None:
            return self._queue.pop(index)
        return self._take_over(place, useless)

    def _release(self, place: Place) -> Job:
        del self._holders[place.eip]
        job, place.reserved = place.reserved, None
        assert job is not None, "holders hold"
        return job

    def _find(self, place: Place) -> int | None:
        """Where in the queue the oldest receipt stands that this register can make."""
        skill, last_resort, passing = place.skill, None, True
        for index in range(self._index(self._passed.get(skill, 0) + 1), len(self._queue)):
            job = self._queue[index]
            if self._is_skilled(skill, job):
                passing = False
                if place.eip not in job.failed_on:
                    return index
                if last_resort is None and self._may_try(place, job):
                    last_resort = index
            elif passing:
                self._passed[skill] = job.receipt_id
        return last_resort

    def _take_over(self, place: Place, useless: set[Skill]) -> Job | None:
        """``useless`` are skills of which it is known that they can make nothing that is reserved."""
        if place.skill in useless:
            return None
        holders = [
            holder
            for holder in self._holders.values()
            if holder.reserved and self._is_skilled(place.skill, holder.reserved)
        ]
        if not holders:
            useless.add(place.skill)
        able = [holder for holder in holders if holder.reserved and self._may_try(place, holder.reserved)]
        return self._release(min(able, key=_reserved_id)) if able else None

    def _can(self, place: Place, job: Job) -> bool:
        return self._is_skilled(place.skill, job) and self._may_try(place, job)

    def _is_skilled(self, skill: Skill, job: Job) -> bool:
        kind, tax_systems = skill
        if tax_systems and not tax_systems & TAX_BITS[job.request.tax_system]:
            return False
        return not self._incapable(kind, job)

    def _may_try(self, place: Place, job: Job) -> bool:
        """Rule 4."""
        return place.eip not in job.failed_on or all(eip in job.failed_on for eip in self._places)


def _id(job: Job) -> int:
    return job.receipt_id


def _reserved_id(place: Place) -> int:
    return place.reserved.receipt_id if place.reserved is not None else 0
