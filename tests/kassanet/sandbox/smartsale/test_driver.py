"""The real driver at the simulated terminal: two readings of one protocol, written apart, meet on every operation."""

from typing import Any

import pytest
import trio
from msgspec.structs import replace
from trio.testing import MockClock

from kassanet.sandbox.faults import Line
from kassanet.sandbox.smartsale.terminal import TerminalSettings, sandbox_profile, serve_terminal_stream
from schemas.operations import OperationKind, PinpadAnswer
from schemas.pinpads import Wiring
from tests.kassanet.sandbox.smartsale.counter import NAMES, TID, Counter, quick
from transports.memory import MemoryDialer
from transports.pinpad import Order, Original, Pinpad, Place, Progress
from transports.smartsale.driver import SmartSaleDriver

AT = "20261122120000"


class Driver:
    """A driven pinpad whose orders number themselves."""

    def __init__(self, counter: Counter, pinpad: Pinpad) -> None:
        self.counter = counter
        self.pinpad = pinpad
        self.stages: list[Progress] = []
        self._number = 0

    @classmethod
    def of(cls, counter: Counter, linger: float = 0.0) -> "Driver":
        dialer = MemoryDialer(counter.nursery, lambda stream: serve_terminal_stream(counter.terminal, stream))
        profile = sandbox_profile()
        profile = replace(profile, timers=replace(profile.timers, linger=linger))
        driver = SmartSaleDriver(profile, dial=lambda *_: counter.bank.dial())
        place = Place(terminal_id=TID, wiring=counter.wiring, allow=("127.0.0.1:5000",))
        return cls(counter, driver.pinpad(dialer, place))

    async def do(self, kind: OperationKind, amount: int | None = None, **more: Any) -> tuple[PinpadAnswer, Order]:  # noqa: ANN401
        self._number += 1
        order = Order(kind=kind, number=self._number, at=AT, amount=amount, terminal_id=TID, **more)
        answer = await self.pinpad.run(self.pinpad.intend(order), self.stages.append)
        await self.pinpad.acknowledge()
        return answer, order

    async def approved(self, kind: OperationKind, amount: int | None = None, **more: Any) -> Original:  # noqa: ANN401
        """An operation that succeeds, as others may refer to it."""
        answer, order = await self.do(kind, amount, **more)
        assert answer.verdict == "approved", answer
        request = self.pinpad.intend(order).request
        return Original(kind=kind, amount=amount, rrn=answer.rrn, auth_code=answer.auth_code, request=request)


@pytest.mark.parametrize("dialogs", [False, True])
@pytest.mark.parametrize("wiring", ["kph", "pkh"])
async def test_all_fifteen_operations(wiring: Wiring, dialogs: bool, autojump_clock: MockClock) -> None:
    async with Counter(wiring=wiring, settings=quick(dialogs=dialogs)).open() as counter:
        driver = Driver.of(counter)
        sale = await driver.approved("payment", 1200)
        await driver.approved("void", 200, original=sale)
        await driver.approved("settlement")
        await driver.approved("refund", 1000, original=sale)
        hold = await driver.approved("preauthorisation", 5000)
        await driver.approved("preauthorisation", 500, original=hold)
        await driver.approved("completion", 5400, original=hold)
        await driver.approved("top_up", 700)
        await driver.approved("cash_withdrawal", 800)
        assert (await driver.do("balance"))[0].balance == 100_000_00 - 5400 + 700 - 800
        assert (await driver.do("card_data"))[0].card_type == "МИР"
        last = await driver.approved("payment", 3300)
        await driver.approved("emergency_void", 3300, original=last)
        for kind in ("full_report", "short_report", "receipt_copy", "connection_check"):
            assert (await driver.do(kind))[0].verdict == "approved"
        await driver.approved("receipt_copy", receipt_number=3)
        await counter.undone()
        assert counter.left() == -700 + 800 + 5400


async def test_the_last_operation_is_read_from_its_slip(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        driver = Driver.of(counter)
        assert await driver.pinpad.last_operation() is None
        answer, _ = await driver.do("payment", 1200)
        last = await driver.pinpad.last_operation()
        assert last is not None
        assert (last.approved, last.kind, last.amount, last.number, last.at) == (True, "payment", 1200, 1, AT)
        assert (last.rrn, last.auth_code) == (answer.rrn, answer.auth_code)
        await driver.do("emergency_void", 1200, original=Original(amount=1200))
        last = await driver.pinpad.last_operation()
        assert last is not None
        assert last.approved is False
        await driver.do("payment", 999_900_51)
        last = await driver.pinpad.last_operation()
        assert last is not None
        assert (last.approved, last.number) == (False, 3)


async def test_the_connection_check_tells_the_terminal(autojump_clock: MockClock) -> None:
    async with Counter().open() as counter:
        assert await Driver.of(counter).pinpad.check() == NAMES[1]


@pytest.mark.parametrize(("lingers", "left"), [(True, 1200), (False, 0)])
async def test_a_lost_acknowledgement_is_given_again(lingers: bool, left: int, autojump_clock: MockClock) -> None:
    """The terminal sends its result again; who does not listen any more hears nothing, and it is reversed."""
    async with Counter(Line(do="drop_reply", on="result_ack", nth=1)).open() as counter:
        driver = Driver.of(counter, TerminalSettings().ack_seconds + 1 if lingers else 0.0)
        await driver.approved("payment", 1200)
        await trio.sleep(60)
        assert counter.left() == left
        await driver.approved("payment", 100)
        await trio.sleep(60)
        assert counter.left() == left + 100
