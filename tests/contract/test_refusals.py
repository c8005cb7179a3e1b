"""What a register refuses, and whose fault the driver says it is."""

import pytest

from schemas.receipts import ReceiptRequest
from tests.actors.receipts import receipt
from tests.contract.rig import MARK, Rig, rigged
from tests.contract.rigs import Pair
from transports.register import Refused, Verdict

DAY = 86_400.0
SALE = receipt()


async def refusal(rig: Rig, sent: ReceiptRequest = SALE) -> Refused:
    try:
        await rig.register.prepare(sent, MARK)
        await rig.register.commit(sent)
    except Refused as refused:
        return refused
    raise AssertionError("the register made it")


async def verdict(rig: Rig, sent: ReceiptRequest = SALE) -> Verdict:
    return (await refusal(rig, sent)).verdict


async def test_a_closed_shift_must_be_checked(rig: Rig) -> None:
    assert await verdict(rig) == "check"


async def test_an_old_shift_has_expired(rig: Rig) -> None:
    await rig.register.open_shift()
    rig.device.advance(DAY + 61)
    assert await verdict(rig) == "shift_expired"
    await rig.register.cancel()
    await rig.register.close_shift()
    assert (await rig.sell(SALE)).shift == 2


async def test_shift_commands_in_the_wrong_state_are_refused(rig: Rig) -> None:
    with pytest.raises(Refused) as closed:
        await rig.register.close_shift()
    assert closed.value.verdict == "check"
    await rig.register.open_shift()
    with pytest.raises(Refused) as opened:
        await rig.register.open_shift()
    assert opened.value.verdict == "check"


async def test_a_tax_system_that_is_not_registered_is_the_receipts_fault(pair: Pair) -> None:
    async with rigged(pair, "memory", tax_systems=0x01) as rig:
        await rig.register.open_shift()
        assert await verdict(rig, receipt(tax_system="patent")) == "receipt"
        await rig.register.cancel()
        assert (await rig.sell(receipt(tax_system="osn"))).fd


async def test_what_cannot_be_encoded_is_refused_before_anything_is_sent(rig: Rig) -> None:
    await rig.register.open_shift()
    assert await verdict(rig, receipt(customer={"email": "мой@ящик☃.рф"})) == "receipt"
    assert (await rig.register.fn_status()).current_document == 0


async def test_a_printer_in_trouble_must_be_checked(rig: Rig) -> None:
    await rig.register.open_shift()
    rig.device.break_printer()
    assert await verdict(rig) == "check"


async def test_a_storage_whose_operator_is_silent_for_a_month_is_the_registers_fault(rig: Rig) -> None:
    rig.device.advance(31 * DAY)
    with pytest.raises(Refused) as refused:
        await rig.register.open_shift()
    assert refused.value.verdict == "register"


async def test_a_storage_at_the_end_of_its_life_is_the_registers_fault(rig: Rig) -> None:
    await rig.register.open_shift()
    rig.device.advance(1200 * DAY)
    assert await verdict(rig) == "register"


async def test_a_missing_storage_is_the_registers_fault(rig: Rig) -> None:
    await rig.register.open_shift()
    rig.device.remove_fn()
    assert await verdict(rig) == "register"


async def test_a_receipt_lost_with_the_power_must_be_checked(pair: Pair) -> None:
    async with rigged(pair, "memory") as rig:
        await rig.register.open_shift()
        await rig.register.prepare(SALE, MARK)
        rig.device.cut_power(0)
        with pytest.raises(Refused) as refused:
            await rig.register.commit(SALE)
        assert refused.value.verdict == "check"


@pytest.mark.parametrize(("code", "expected"), [("25", "transient"), ("03", "check"), ("EE", "check")])
async def test_codes_of_the_link_and_codes_nobody_knows(rig: Rig, code: str, expected: Verdict) -> None:
    await rig.register.open_shift()
    rig.device.disturb("item", f"error:{code}")
    found = await refusal(rig)
    assert (found.code, found.verdict) == (int(code, 16), expected)
