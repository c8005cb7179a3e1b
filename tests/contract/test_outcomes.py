"""An answer, Refused, Unreachable, Lost: a driver tells the four apart, for each byte at which an exchange can end."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from schemas.receipts import ReceiptRequest
from tests.actors.receipts import receipt
from tests.contract.rig import MARK, Rig, Way, rigged
from tests.contract.rigs import Pair, Step
from transports.memory import Faults, MemoryDialer
from transports.register import Lost, Refused, Register, Unreachable

Call = Callable[[Register], Awaitable[object]]
SALE = receipt()
CORRECTION = receipt(kind="buy_correction", customer=None, correction={"type": "self", "date": "2026-11-01"})

CALLS: dict[str, Call] = {
    "identify": lambda register: register.identify(),
    "fn_status": lambda register: register.fn_status(),
    "device_status": lambda register: register.device_status(),
    "ofd_status": lambda register: register.ofd_status(),
    "validity": lambda register: register.validity(),
    "shift_status": lambda register: register.shift_status(),
    "cancel": lambda register: register.cancel(),
    "prepare": lambda register: register.prepare(SALE, MARK),
    "commit": lambda register: register.commit(SALE),
    "open_shift": lambda register: register.open_shift(),
    "close_shift": lambda register: register.close_shift(),
    "x_report": lambda register: register.x_report(),
    "document": lambda register: register.document(1),
}


async def outcome(call: Awaitable[object]) -> str:
    """The name of what came of it."""
    try:
        await call
    except (Refused, Lost, Unreachable) as error:
        return type(error).__name__
    return "answer"


async def fence(register: Register, tries: int = 3) -> None:
    """Cancel until it is answered: on a serial line the late answer to another command may come in its place."""
    for _ in range(tries):
        if await outcome(register.cancel()) != "Lost":
            return
    raise AssertionError("cancel is never answered")


async def prepared(rig: Rig, receipt: ReceiptRequest = SALE) -> int:
    """Everything but the commit; the FD before it."""
    if not (await rig.register.fn_status()).shift_is_open:
        await rig.register.open_shift()
    await rig.register.prepare(receipt, MARK)
    return rig.device.book()[-1].fd


@pytest.mark.parametrize("name", CALLS)
async def test_without_a_device_nothing_was_written(pair: Pair, name: str) -> None:
    async with rigged(pair, "memory") as rig:
        assert isinstance(rig.dialer, MemoryDialer)
        rig.dialer.refusing = True
        assert await outcome(CALLS[name](rig.register)) == "Unreachable"


async def test_without_power_nothing_was_written(pair: Pair) -> None:
    async with rigged(pair, "tcp") as rig:
        rig.device.cut_power(1.0)
        await trio.sleep(0.01)
        assert await outcome(rig.register.fn_status()) == "Unreachable"
        with trio.fail_after(60):
            while await outcome(rig.register.fn_status()) != "answer":  # noqa: ASYNC110 - a device has no event for us
                await trio.sleep(0.05)


@pytest.mark.parametrize("way", ["memory", "line"])
@pytest.mark.parametrize("name", CALLS)
async def test_a_device_that_says_nothing_leaves_everything_open(
    pair: Pair, way: Way, name: str, autojump_clock: MockClock
) -> None:
    async with rigged(pair, way) as rig:
        assert isinstance(rig.dialer, MemoryDialer)
        rig.dialer.back = Faults(loss=1.0)
        assert await outcome(CALLS[name](rig.register)) == "Lost"


@pytest.mark.parametrize("way", ["memory", "line"])
@pytest.mark.parametrize(("step", "sent"), [("commit", SALE), ("correct", CORRECTION)], ids=["commit", "correct"])
async def test_a_request_cut_at_any_byte_is_lost_and_made_nothing(
    pair: Pair, way: Way, step: Step, sent: ReceiptRequest, autojump_clock: MockClock
) -> None:
    async with rigged(pair, way) as rig:
        for at in range(16):
            before = await prepared(rig, sent)
            rig.device.disturb(step, "cut_request", at=at)
            assert await outcome(rig.register.commit(sent)) == "Lost", at
            await rig.register.cancel()
            assert (await rig.register.fn_status()).last_fd == before, at
        done = await rig.sell(sent)
        assert [line.kind for line in rig.device.book()].count(sent.kind) == 1
        assert done.fd == rig.device.book()[-1].fd


@pytest.mark.parametrize("way", ["memory", "line"])
@pytest.mark.parametrize(("step", "sent"), [("commit", SALE), ("correct", CORRECTION)], ids=["commit", "correct"])
async def test_an_answer_cut_at_any_byte_is_lost_and_the_document_stands(
    pair: Pair, way: Way, step: Step, sent: ReceiptRequest, autojump_clock: MockClock
) -> None:
    async with rigged(pair, way) as rig:
        length = await answer_length(rig, step, sent)
        for at in range(length):
            before = await prepared(rig, sent)
            rig.device.disturb(step, "cut_reply", at=at)
            assert await outcome(rig.register.commit(sent)) == "Lost", at
            await rig.register.cancel()
            assert (await rig.register.fn_status()).last_fd == before + 1, at


async def answer_length(rig: Rig, step: Step, sent: ReceiptRequest) -> int:
    """How many bytes of its answer a driver needs: the first cut that hurts nothing."""
    for at in range(64):
        await prepared(rig, sent)
        rig.device.disturb(step, "cut_reply", at=at)
        if await outcome(rig.register.commit(sent)) == "answer":
            return at
        await rig.register.cancel()
    raise AssertionError("no answer is ever whole")


@pytest.mark.parametrize("way", ["memory", "line"])
@pytest.mark.parametrize(
    ("do", "how", "told"),
    [
        ("drop_reply", {"seconds": 40}, "Lost"),
        ("bad_crc", {}, "Lost"),
        ("delay", {"seconds": 19}, "answer"),
        ("delay", {"seconds": 21}, "Lost"),
        ("split", {"at": 2, "seconds": 5}, "answer"),
        ("split", {"at": 9, "seconds": 25}, "Lost"),
        ("duplicate", {}, "answer"),
        ("power_cycle", {"at": 0}, "Lost"),
        ("power_cycle", {"at": 1}, "Lost"),
        ("error:03", {}, "Refused"),
        ("error:EE", {}, "Refused"),
    ],
)
async def test_what_every_trouble_of_a_commit_is_called(
    pair: Pair, way: Way, do: str, how: dict[str, float], told: str, autojump_clock: MockClock
) -> None:
    async with rigged(pair, way) as rig:
        before = await prepared(rig)
        rig.device.disturb("commit", do, **how)
        assert await outcome(rig.register.commit(SALE)) == told
        await trio.sleep(60)
        await fence(rig.register)
        made = do not in ("error:03", "error:EE") and (do, how.get("at")) != ("power_cycle", 0)
        assert (await rig.register.fn_status()).last_fd == before + made
        again = await rig.sell(SALE)
        assert again.fd == before + made + 1  # no answer of before is taken for a later one


@pytest.mark.parametrize("way", ["tcp", "pty"])
@pytest.mark.parametrize(
    ("do", "how"),
    [("cut_reply", {"at": 0}), ("cut_reply", {"at": 11}), ("bad_crc", {}), ("drop_reply", {"seconds": 0.3})],
)
async def test_lost_answers_on_real_links(pair: Pair, way: Way, do: str, how: dict[str, Any]) -> None:
    """Who waits briefly loses the answer; whoever comes after that has all the time that a busy machine takes."""
    async with rigged(pair, way) as rig:
        before = await prepared(rig)
        rig.device.disturb("commit", do, **how)
        await rig.register.aclose()
        hasty = rig.client(answer_limit=0.1)
        while (came := await outcome(hasty.commit(SALE))) == "Unreachable":
            pass  # the time was over before the first byte
        assert came == "Lost"
        await fence(hasty, tries=100)
        await hasty.aclose()
        rig.register = rig.client()
        assert (await rig.register.fn_status()).last_fd == before + 1
        assert (await rig.sell(SALE)).fd == before + 2


@pytest.mark.parametrize("step", ["open_shift", "close_shift"])
async def test_a_lost_answer_to_a_shift_command(pair: Pair, step: Step, autojump_clock: MockClock) -> None:
    async with rigged(pair, "memory") as rig:
        if step == "close_shift":
            await rig.register.open_shift()
        rig.device.disturb(step, "cut_reply", at=0)
        command = rig.register.open_shift if step == "open_shift" else rig.register.close_shift
        assert await outcome(command()) == "Lost"
        await rig.register.cancel()
        assert (await rig.register.fn_status()).shift_is_open == (step == "open_shift")


@pytest.mark.parametrize("way", ["memory", "line"])
async def test_cancel_is_a_fence(pair: Pair, way: Way, autojump_clock: MockClock) -> None:
    """A commit still runs, or still lies in a dead process's socket: cancel answers when it is over, never before."""
    async with rigged(pair, way) as rig:
        before = await prepared(rig)
        rig.device.spend(15)
        with trio.move_on_after(1) as killed:
            await rig.register.commit(SALE)
        assert killed.cancelled_caught
        assert rig.device.book()[-1].fd == before  # the command is running
        successor = rig.client() if way == "memory" else rig.register
        await fence(successor)
        assert trio.current_time() >= 15
        assert rig.device.book()[-1].fd == before + 1
        assert (await successor.fn_status()).last_fd == before + 1


async def test_cancel_is_a_fence_on_a_socket(pair: Pair) -> None:
    async with rigged(pair, "tcp") as rig:
        before = await prepared(rig)
        rig.device.spend(1.0)
        await rig.kill_committing(1, SALE)
        assert rig.device.book()[-1].fd == before
        await rig.client().cancel()
        assert rig.device.book()[-1].fd == before + 1


async def test_a_command_that_waits_behind_another_is_executed_before_the_fence(pair: Pair) -> None:
    """Two dead clients' commits in a row: the fence stands behind both."""
    async with rigged(pair, "tcp") as rig:
        before = await prepared(rig)
        rig.device.spend(0.2)
        await rig.kill_committing(2, SALE)
        await rig.client().cancel()
        fixed = rig.device.book()
        await trio.sleep(0.5)
        assert rig.device.book() == fixed
        assert fixed[-1].fd == before + 1
