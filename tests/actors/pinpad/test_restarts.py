"""kill -9: the process is gone between any two steps; the next start resumes to an end on which both sides agree."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from actors.runtime import Envelope
from schemas.operations import FINISHED, OperationKind
from schemas.pinpad_records import StoredOperation
from tests.actors.kkt.rack import InlineJournal
from tests.actors.pinpad.counter import Counter, running_counter
from tests.actors.pinpad.scripted import Script, Terminal

STEPS = ("AcceptOperation", "BeginOperation", "ReceiveResult", "EndOperation")


class Killed(Exception):
    """The process is gone."""


class Mortal(InlineJournal):
    """A journal whose process dies around the n-th write of a kind: before it is on disk, or right after."""

    kind = ""
    after = False
    scope: trio.CancelScope | None = None

    async def receive_batch(self, envelopes: Sequence[Envelope]) -> None:
        hit = any(type(each.message).__name__ == self.kind for each in envelopes)
        if hit and not self.after:
            await self._die()
        if hit:
            self.store.commit([each.message for each in envelopes])  # type: ignore[misc]  # an envelope carries anything
            await self._die()
        await super().receive_batch(envelopes)

    async def _die(self) -> None:
        assert self.scope is not None
        self.scope.cancel()
        await trio.sleep_forever()


async def killed(
    folder: Path, terminal: Terminal, step: str, *, after: bool, kind: OperationKind, of: int | None
) -> None:
    """One life, in which the operation is asked for and the process dies at that step."""
    with trio.CancelScope() as scope:
        async with running_counter(folder, terminal) as counter:
            mortal = Mortal(counter.store)
            mortal.kind, mortal.after, mortal.scope = step, after, scope
            counter.journal.__class__ = Mortal
            counter.journal.__dict__.update(mortal.__dict__)
            changes = {} if of is None else {"of": of}
            await counter.do(kind, external_id="the one", **changes)
    assert scope.cancelled_caught, "the step never came"


def the_one(counter: Counter) -> StoredOperation | None:
    return counter.read.operation_by_key(1, "the one")


async def ended(counter: Counter) -> str:
    await counter.until(lambda: not [row for row in counter.all() if row.status not in (*FINISHED, "manual")])
    one = the_one(counter)
    return "absent" if one is None else one.status


def charged(counter: Counter) -> int:
    return sum(
        (row.amount or 0) - row.returned for row in counter.all() if row.kind == "payment" and row.status == "approved"
    )


@pytest.mark.parametrize("after", [False, True], ids=["before it is on disk", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("itself", [True, False], ids=["reverses itself", "does not"])
async def test_a_payment(tmp_path: Path, autojump_clock: MockClock, step: str, after: bool, itself: bool) -> None:
    terminal = Terminal(reverses_itself=itself)
    await killed(tmp_path, terminal, step, after=after, kind="payment", of=None)
    async with running_counter(tmp_path, terminal) as counter:
        status = await ended(counter)
        assert charged(counter) == terminal.standing
        wanted = {
            ("AcceptOperation", False): {"absent"},
            ("AcceptOperation", True): {"approved"},
            ("BeginOperation", False): {"approved"},
            ("BeginOperation", True): {"refused"},
            ("ReceiveResult", False): {"refused", "reversed"},
            ("ReceiveResult", True): {"reversed"},
            ("EndOperation", False): {"reversed"},
            ("EndOperation", True): {"approved"},
        }
        assert status in wanted[step, after]
        assert (await counter.do())[1] == "approved"


@pytest.mark.parametrize("after", [False, True], ids=["before it is on disk", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", ["void", "emergency_void"])
async def test_a_reversal(
    tmp_path: Path, autojump_clock: MockClock, step: str, after: bool, kind: OperationKind
) -> None:
    terminal = Terminal()
    async with running_counter(tmp_path, terminal) as counter:
        paid, _ = await counter.do()
    await killed(tmp_path, terminal, step, after=after, kind=kind, of=paid)
    async with running_counter(tmp_path, terminal) as counter:
        assert await ended(counter) in ("absent", "approved", "refused", "reversed")
        assert charged(counter) == terminal.standing


@pytest.mark.parametrize("after", [False, True], ids=["before it is on disk", "after"])
@pytest.mark.parametrize(
    "step", ["DoubtOperation", "AcceptOperation", "BeginOperation", "ReceiveResult", "EndOperation"]
)
async def test_settling(tmp_path: Path, autojump_clock: MockClock, step: str, after: bool) -> None:
    """The process dies while an unknown payment is being undone."""
    terminal = Terminal(reverses_itself=False, silent=3)
    terminal.scripts.append(Script(lose="after"))
    with trio.CancelScope() as scope:
        async with running_counter(tmp_path, terminal) as counter:
            number = await counter.submit()
            if step != "DoubtOperation":
                await counter.until(lambda: counter.operation(number).status == "unknown")
            mortal = Mortal(counter.store)
            mortal.kind, mortal.after, mortal.scope = step, after, scope
            counter.journal.__class__ = Mortal
            counter.journal.__dict__.update(mortal.__dict__)
            await counter.ended(number)
    assert scope.cancelled_caught, "the step never came"
    async with running_counter(tmp_path, terminal) as counter:
        await ended(counter)
        assert counter.operation(number).status == "reversed"
        assert terminal.standing == charged(counter) == 0
        assert (await counter.do())[1] == "approved"


async def test_what_was_asked_for_long_before_the_start_is_not_begun(tmp_path: Path, autojump_clock: MockClock) -> None:
    terminal = Terminal()
    await killed(tmp_path, terminal, "AcceptOperation", after=True, kind="payment", of=None)
    await trio.sleep(600)
    async with running_counter(tmp_path, terminal) as counter:
        assert await ended(counter) == "failed"
        assert terminal.sent == []


async def test_what_awaits_a_person_still_blocks_after_a_restart(tmp_path: Path, autojump_clock: MockClock) -> None:
    terminal = Terminal(tells=frozenset())
    async with running_counter(tmp_path, terminal) as counter:
        await counter.do()
        terminal.scripts.append(Script(lose="after"))
        number, status = await counter.do()
        assert status == "manual"
    async with running_counter(tmp_path, terminal) as counter:
        assert counter.state.condition == "blocked"
        await counter.verdict(number, "refused")
        assert (await counter.do())[1] == "approved"


async def test_a_disk_that_fails_is_waited_for_with_the_result_in_hand(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_counter(tmp_path) as counter:

        def fail(intent: object) -> None:
            counter.journal.away = True

        counter.pinpad.at_run = fail
        number = await counter.submit()
        await trio.sleep(10)
        assert counter.operation(number).status == "sending"
        counter.journal.away = False
        assert await counter.ended(number) == "approved"


async def test_an_operation_that_the_disk_did_not_answer_for_is_not_begun_later(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    from actors.store import StoreUnavailable

    async with running_counter(tmp_path) as counter:
        counter.journal.away = True
        with pytest.raises(StoreUnavailable):
            await counter.submit(external_id="one")
        counter.journal.away = False
        await trio.sleep(60)
        assert counter.all() == []
        assert (await counter.do(external_id="one"))[1] == "approved"
