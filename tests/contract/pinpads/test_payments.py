"""Payments through every driver: made, refused, lost at any byte; and both sides agree afterwards."""

from pathlib import Path
from typing import Any

import pytest
from trio.testing import MockClock

from schemas.records import Conflict
from tests.contract.pinpads.rigs import DECLINED, PAIRS, Pair, standing
from transports.memory import CLEAN, Faults

EVERY = {"short": 11, "full": 1}
"""Bytes between two cuts: 11 is coprime to most lengths, so that frames are cut everywhere over the whole."""

MOST = 1400
"""Bytes of one payment in one direction, and more."""


@pytest.fixture(params=PAIRS, ids=lambda pair: pair.name)
def pair(request: pytest.FixtureRequest) -> Pair:
    found: Pair = request.param
    return found


async def test_a_payment_and_its_refund(tmp_path: Path, autojump_clock: MockClock, pair: Pair) -> None:
    async with standing(tmp_path, pair) as till:
        paid, status = await till.pay()
        assert status == "approved"
        result = till.result(paid)
        assert (result.verdict, result.amount) == ("approved", 1200)
        assert result.rrn
        assert result.slips.customer
        assert result.pan is None or "*" in result.pan
        await till.agree()
        settles = "settlement" not in pair.absent
        if settles:
            assert (await till.do("settlement"))[1] == "approved"
        refund = await till.do("refund", of=paid, currency=till.simulated.currency, forced=not settles)
        assert refund[1] == "approved"
        assert till.operation(paid).status == "reversed"
        await till.agree()


async def test_the_bank_s_no_is_definite(tmp_path: Path, autojump_clock: MockClock, pair: Pair) -> None:
    async with standing(tmp_path, pair) as till:
        number, status = await till.pay(DECLINED)
        assert (status, till.result(number).verdict) == ("refused", "refused")
        assert (await till.pay())[1] == "approved"
        await till.agree()


async def test_a_terminal_that_is_not_there_charges_nobody(
    tmp_path: Path, autojump_clock: MockClock, pair: Pair
) -> None:
    async with standing(tmp_path, pair) as till:
        till.simulated.dialer.refusing = True
        assert (await till.pay())[1] == "failed"
        till.simulated.dialer.refusing = False
        assert (await till.pay())[1] == "approved"
        await till.agree()


async def test_what_it_cannot_be_asked_is_said_and_never_sent(
    tmp_path: Path, autojump_clock: MockClock, pair: Pair
) -> None:
    async with standing(tmp_path, pair) as till:
        paid, _ = await till.pay()
        for kind in sorted(pair.absent):
            said: dict[str, Any] = {"amount": 100} if kind in ("completion", "void") else {}
            of: dict[str, Any] = {} if kind == "emergency_void" else {"rrn": "020123456789"} if said else {}
            with pytest.raises(Conflict) as caught:
                await till.submit(kind, currency=till.simulated.currency, **said, **of)
            assert caught.value.code in ("operation_not_configured", "operation_not_known"), kind
        assert [row.id for row in till.all()] == [paid]


@pytest.mark.crash
@pytest.mark.parametrize("way", ["there", "back"])
async def test_a_line_cut_anywhere_leaves_no_doubt(
    tmp_path: Path, autojump_clock: MockClock, pair: Pair, way: str, request: pytest.FixtureRequest
) -> None:
    """One connection of the payment is cut behind so many bytes; the next ones are whole."""
    every = EVERY[request.config.getoption("--crash-counts")]
    async with standing(tmp_path, pair) as till:
        dialer = till.simulated.dialer
        await till.pay()
        ends = set()
        for cut in range(0, MOST, every):
            dialled = dialer.dialled
            setattr(dialer, way, Faults(cut_at=cut))
            number = await till.submit(amount=1300 + cut, currency=till.simulated.currency)
            await till.until(lambda before=dialled: dialer.dialled > before, limit=60.0, step=0.01)  # type: ignore[misc]
            setattr(dialer, way, CLEAN)
            ends.add(await till.ended(number))
            await till.agree()
        assert ends <= {"approved", "refused", "reversed", "failed"}
        assert {"approved"} < ends, "some cuts come too late, others do not"
        assert (await till.pay())[1] == "approved"
        assert till.state.condition == "ready"
