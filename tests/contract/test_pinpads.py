"""What every pinpad driver promises, over its own simulated terminal: nothing is charged twice, nothing is guessed."""

import pytest
import trio
from trio.testing import MockClock

from kassanet.sandbox.smartsale.cards import CARDS, CardLine
from schemas.operations import OperationKind
from tests.contract.pinpad_rig import RIGS, TID
from transports.pinpad import NotConfigured, Original, Unknown, Unreachable

every_driver = pytest.mark.parametrize("name", sorted(RIGS))


@every_driver
async def test_a_payment_is_one_charge(name: str, autojump_clock: MockClock) -> None:
    async with RIGS[name]() as rig:
        answer = await rig.run(rig.order())
        assert (answer.verdict, answer.amount, answer.terminal_id) == ("approved", 1200, TID)
        assert [line.amount for line in rig.charges] == [1200]
        assert answer.rrn == rig.charges[0].rrn
        assert answer.slips.customer
        assert CARDS["mir"].pan not in f"{answer}"
        assert {"connecting", "sent"} <= {each.stage for each in rig.told}


@every_driver
@pytest.mark.parametrize("act", ["decline", "cancelled", "partial"])
async def test_what_is_refused_charges_nobody(name: str, autojump_clock: MockClock, act: str) -> None:
    async with RIGS[name]() as rig:
        rig.customers(CardLine(do=act))  # type: ignore[arg-type]  # one of its words
        assert (await rig.run(rig.order())).verdict == "refused"
        await trio.sleep(30)
        assert sum(line.amount for line in rig.charges) == sum(
            line.amount for line in rig.ledger() if line.op == "reversal"
        )


@every_driver
async def test_a_refund_names_its_payment(name: str, autojump_clock: MockClock) -> None:
    async with RIGS[name]() as rig:
        paid = await rig.run(rig.order())
        original = Original(
            kind="payment", amount=1200, currency=rig.currency, rrn=paid.rrn, auth_code=paid.auth_code, number=1
        )
        assert (await rig.run(rig.order("refund", 500, original))).verdict == "approved"
        assert [(line.op, line.amount) for line in rig.ledger()] == [("payment", 1200), ("refund", 500)]


@every_driver
async def test_nothing_is_connected_for_an_intent(name: str, autojump_clock: MockClock) -> None:
    async with RIGS[name]() as rig:
        intent = rig.pinpad.intend(rig.order())
        assert intent.request
        assert rig.dialer.dialled == 0


@every_driver
async def test_nobody_there_means_nothing_was_sent(name: str, autojump_clock: MockClock) -> None:
    async with RIGS[name]() as rig:
        rig.dialer.refusing = True
        with pytest.raises(Unreachable):
            await rig.run(rig.order())
        with pytest.raises(Unreachable):
            await rig.pinpad.check()


LOST = ["cut_request", "cut_reply", "drop_reply", "power_cycle"]


@every_driver
@pytest.mark.parametrize("do", LOST)
async def test_a_lost_answer_is_unknown_and_asked_for_once(name: str, autojump_clock: MockClock, do: str) -> None:
    async with RIGS[name]() as rig:
        rig.disturb(do)
        with pytest.raises((Unknown, Unreachable)) as lost:
            await rig.run(rig.order())
        assert lost.type is Unknown
        await trio.sleep(400)
        assert len([line for line in rig.ledger() if line.op == "payment"]) <= 1


@every_driver
@pytest.mark.parametrize("do", ["cut_reply", "drop_reply"])
async def test_the_terminal_tells_what_became_of_it(name: str, autojump_clock: MockClock, do: str) -> None:
    """By its last operation; where it reverses what was not acknowledged, that is seen too."""
    async with RIGS[name]() as rig:
        rig.disturb(do)
        order = rig.order()
        with pytest.raises(Unknown):
            await rig.run(order)
        await trio.sleep(60)
        last = await rig.pinpad.last_operation(order)
        assert last is not None
        assert last.amount == 1200
        undone = [line for line in rig.ledger() if line.op == "reversal"]
        assert last.approved is not True or not undone


@every_driver
@pytest.mark.parametrize("do", ["split", "duplicate", "delay"])
async def test_a_slow_or_stuttering_answer_is_an_answer(name: str, autojump_clock: MockClock, do: str) -> None:
    async with RIGS[name]() as rig:
        rig.disturb(do)
        assert (await rig.run(rig.order())).verdict == "approved"
        assert (await rig.run(rig.order())).verdict == "approved"
        assert len(rig.charges) == 2


@every_driver
async def test_interrupted_by_the_till(name: str, autojump_clock: MockClock) -> None:
    """It ends as the pinpad decides, and in the end nobody has paid for nothing."""
    async with RIGS[name]() as rig:
        rig.customers(CardLine(do="slow"))

        async def interrupt() -> None:
            await trio.sleep(5)
            await rig.pinpad.interrupt()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(interrupt)
            try:
                verdict = (await rig.run(rig.order())).verdict
            except Unknown:
                verdict = "undefined"
        assert verdict != "approved"
        await trio.sleep(60)
        assert len(rig.charges) == len([line for line in rig.ledger() if line.op == "reversal"])


@every_driver
async def test_what_a_type_cannot_do_it_says_before(name: str, autojump_clock: MockClock) -> None:
    async with RIGS[name]() as rig:
        abilities = rig.driver.abilities
        assert set(abilities.missing).isdisjoint(abilities.absent)
        original = Original(kind="payment", amount=1200, currency=rig.currency, rrn="632600000001")
        kinds: tuple[OperationKind, ...] = (*abilities.missing, *abilities.absent)
        for kind in kinds:
            with pytest.raises((NotConfigured, ValueError)):
                rig.pinpad.intend(rig.order(kind, 1200, original))
        assert [error.path for error in rig.driver.objections(rig.order(amount=0))] == ["amount"]


@every_driver
async def test_a_check_moves_nothing(name: str, autojump_clock: MockClock) -> None:
    async with RIGS[name]() as rig:
        assert await rig.pinpad.check() in (None, TID)
        assert rig.ledger() == []
