"""The client: every outcome told apart, over connections that are cut, slow, lossy or silent."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
import trio
import trio.testing
from msgspec.structs import replace

from schemas.operations import PinpadAnswer, Stage
from tests.transports.smartsale.device import WAIT, Device, HungUp, Script, Wire, answering
from tests.transports.smartsale.orders import SALE, order
from transports.link import ByteStream
from transports.memory import Faults, MemoryDialer
from transports.pinpad import Intent, LastOperation, NotConfigured, Place, Progress, Unknown, Unreachable
from transports.smartsale.client import SmartSale
from transports.smartsale.fields import (
    AMOUNT,
    NUMBER,
    OPERATION,
    PAN,
    RRN,
    SCREEN,
    SLIPS,
    STATUS,
    TERMINAL_ID,
    TEXT,
    Field,
)
from transports.smartsale.frames import ACK, EOT, NAK, Control, Frame
from transports.smartsale.message import Message
from transports.smartsale.profile import TerminalProfile
from transports.smartsale.profiles import default_profile, make_profile
from transports.smartsale.slips import SlipData, write_slips

Clock = trio.testing.MockClock
APPROVAL: dict[Field[Any], Any] = {AMOUNT: 1200, RRN: "632612345678", TERMINAL_ID: "50101700", NUMBER: 12, STATUS: 1}
PLACE = Place(terminal_id="50101700")
both = pytest.mark.parametrize("persistent", [False, True], ids=["dialled", "serial"])


class Bench:
    """A scripted device and a pinpad dialled there."""

    def __init__(
        self,
        nursery: trio.Nursery,
        script: Script,
        *,
        persistent: bool = False,
        profile: TerminalProfile | None = None,
        place: Place = PLACE,
    ) -> None:
        self.device = Device(script)
        self.dialer = MemoryDialer(nursery, self.device.serve, persistent=persistent)
        self.pinpad = SmartSale(self.dialer, place, profile or default_profile())
        self.progress: list[Progress] = []

    @property
    def stages(self) -> list[Stage]:
        return [each.stage for each in self.progress]

    def intent(self) -> Intent:
        return self.pinpad.intend(SALE)

    async def run(self, intent: Intent | None = None) -> PinpadAnswer:
        return await self.pinpad.run(intent or self.intent(), self.progress.append)

    async def pay(self) -> PinpadAnswer:
        answer = await self.run()
        await self.pinpad.acknowledge()
        return answer

    async def failure(self, words: str | None = None) -> type[Exception]:
        with pytest.raises((Unknown, Unreachable), match=words) as failed:
            await self.run()
        return failed.type


async def quiet() -> None:
    """Let what was written arrive."""
    await trio.sleep(1)


async def silent(wire: Wire) -> None:
    await wire.event()


def replying(*frames: bytes) -> Script:
    """Acknowledges the request, writes these and listens."""

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.write(*frames)
        while True:
            await wire.event()

    return script


def result(changes: dict[Field[Any], Any] | None = None) -> bytes:
    return Message.of({OPERATION: 1} | APPROVAL | (changes or {})).frame()


@both
async def test_payments(autojump_clock: Clock, nursery: trio.Nursery, persistent: bool) -> None:
    bench = Bench(nursery, answering(APPROVAL), persistent=persistent)
    answers = [await bench.pay() for _ in range(3)]
    assert [answer.verdict for answer in answers] == ["approved"] * 3
    assert [answer.rrn for answer in answers] == ["632612345678", "632612345679", "632612345680"]
    await quiet()
    assert [message.frame() for message in bench.device.requests] == [bench.intent().request] * 3
    assert bench.device.controls == [ACK, ACK, ACK, EOT] * 3
    assert bench.dialer.dialled == (1 if persistent else 3)
    assert bench.device.hung_up == (0 if persistent else 3)


async def test_what_is_told_on_the_way(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.say(WAIT)
        await wire.ask(Message.of({OPERATION: 52, SCREEN: "ВСТАВЬТЕ КАРТУ"}))
        await wire.ask(Message.of({OPERATION: 52, SCREEN: "ВВЕДИТЕ ПИН"}))
        await wire.say(Message.of({OPERATION: 1, TEXT: "ОДОБРЕНО", **APPROVAL}))
        await wire.control()

    bench = Bench(nursery, script)
    await bench.pay()
    assert bench.stages == ["connecting", "sent", "accepted", "working", "card", "pin", "result"]
    assert bench.progress[4].text == "ВСТАВЬТЕ КАРТУ"
    assert bench.progress[-1].text == "ОДОБРЕНО"


async def test_nothing_is_acknowledged_before_the_caller_has_stored_it(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    bench = Bench(nursery, answering(APPROVAL, waits=0))
    await bench.run()
    await trio.sleep(4)
    assert bench.device.controls == []
    await bench.pinpad.acknowledge()
    await quiet()
    assert bench.device.controls == [ACK, EOT]


async def test_a_long_slip_in_packets(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    text = "\n".join(f"СТРОКА {number}" for number in range(200))

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.split(Message.of({OPERATION: 1, **APPROVAL, SLIPS: write_slips(SlipData(text, "банк"))}), 100)
        await wire.control()

    answer = await Bench(nursery, script).pay()
    assert (answer.slips.customer, answer.slips.merchant) == (text, "банк")


# -- what went wrong before anything was sent


async def test_nobody_answers_the_dial(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, silent)
    bench.dialer.refusing = True
    assert await bench.failure("does not answer") is Unreachable


async def test_a_dial_that_hangs(autojump_clock: Clock) -> None:
    class Hanging:
        address = "10.0.0.1:7777"
        persistent = False

        async def dial(self) -> ByteStream:
            await trio.sleep_forever()
            raise AssertionError

    pinpad = SmartSale(Hanging(), PLACE, default_profile())
    with pytest.raises(Unreachable, match=r"10\.0\.0\.1:7777: no answer within 5 s"):
        await pinpad.run(pinpad.intend(SALE), lambda progress: None)


@both
@pytest.mark.parametrize("cut", range(60))
async def test_a_request_cut_at_every_byte(
    autojump_clock: Clock, nursery: trio.Nursery, cut: int, persistent: bool
) -> None:
    bench = Bench(nursery, answering(APPROVAL), persistent=persistent)
    bench.dialer.there = Faults(cut_at=cut)
    assert await bench.failure() is (Unknown if cut else Unreachable)


# -- what went wrong afterwards is unknown


@pytest.mark.parametrize("reset", [False, True])
async def test_answers_cut_at_every_byte(autojump_clock: Clock, nursery: trio.Nursery, reset: bool) -> None:
    stream = bytes((ACK,)) + WAIT.frame() + result()
    for cut in range(len(stream)):
        bench = Bench(nursery, answering(APPROVAL, waits=1))
        bench.dialer.back = Faults(cut_at=cut, reset=reset)
        assert await bench.failure() is Unknown
        assert EOT not in bench.device.controls


async def test_a_result_cut_right_behind_its_last_byte_is_whole(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, replying(result()))
    bench.dialer.back = Faults(cut_at=1 + len(result()))
    assert (await bench.run()).verdict == "approved"
    with pytest.raises(Unknown, match="cannot be acknowledged"):
        await bench.pinpad.acknowledge()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (silent, "not acknowledged within 5 s"),
        (replying(), "no sign of the pinpad for 60 s"),
        (replying(result({TERMINAL_ID: "50101701"})), "terminal 50101701 answered"),
        (replying(result({NUMBER: 13})), "operation number 13"),
        (replying(result({OPERATION: 4})), "operation 4"),
        (replying(Message(((25, b"1"), (39, b"yes"))).frame()), "cannot be read"),
        (replying(Message(((25, b"1"), (39, b"1"), (39, b"16"))).frame()), "cannot be read"),
    ],
    ids=["silence", "no result", "terminal", "number", "operation", "status", "two statuses"],
)
@both
async def test_what_is_no_answer_of_ours(
    autojump_clock: Clock, nursery: trio.Nursery, script: Script, words: str, persistent: bool
) -> None:
    bench = Bench(nursery, script, persistent=persistent)
    assert await bench.failure(words) is Unknown
    await quiet()
    assert ACK not in bench.device.controls, "a result that is not ours is never acknowledged"


async def test_a_result_that_cannot_be_read_ends_its_exchange(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, replying(Message(((25, b"1"), (39, b"yes"))).frame()))
    assert await bench.failure("cannot be read") is Unknown
    await quiet()
    assert bench.device.hung_up == 1
    bench.device.script = answering(APPROVAL)
    assert (await bench.pay()).verdict == "approved"


@pytest.mark.parametrize("fields", [{STATUS: 0}, {STATUS: None}])
async def test_an_answer_without_a_verdict(
    autojump_clock: Clock, nursery: trio.Nursery, fields: dict[Field[Any], Any]
) -> None:
    bench = Bench(nursery, replying(result(fields)))
    assert (await bench.run()).verdict == "undefined"
    await bench.pinpad.abandon()
    await quiet()
    assert bench.device.controls == [], "neither ACK nor EOT: the terminal reverses"
    assert bench.device.hung_up == 1


async def test_a_refusal(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    answer = await Bench(nursery, answering({**APPROVAL, STATUS: 16, TEXT: "Мало денег"})).pay()
    assert (answer.verdict, answer.status, answer.text) == ("refused", 16, "Мало денег")


async def test_a_request_that_is_not_taken_is_sent_three_times(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    async def refusing(wire: Wire) -> None:
        await wire.message()
        await wire.write(bytes((NAK,)))

    bench = Bench(nursery, refusing)
    assert await bench.failure("not taken, sent 3 times") is Unknown
    assert len(bench.device.requests) == 3


async def test_silence_is_not_answered_by_sending_again(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, silent)
    await bench.failure()
    await quiet()
    assert len(bench.device.requests) == 1
    assert bench.device.controls == [EOT]


@pytest.mark.parametrize(
    "back", [Faults(one_byte=True), Faults(delay=1.5), Faults(one_byte=True, delay=1.5)], ids=["bytes", "late", "both"]
)
async def test_slow_answers_in_pieces(autojump_clock: Clock, nursery: trio.Nursery, back: Faults) -> None:
    bench = Bench(nursery, answering(APPROVAL, waits=3))
    bench.dialer.there, bench.dialer.back = Faults(one_byte=True), back
    assert (await bench.pay()).verdict == "approved"
    await quiet()
    assert bench.device.controls == [ACK] * 4 + [EOT]


@pytest.mark.parametrize("seed", range(20))
async def test_a_lossy_line_never_makes_an_approval_of_something_else(
    autojump_clock: Clock, nursery: trio.Nursery, seed: int
) -> None:
    async def persevering(wire: Wire) -> None:
        await wire.request()
        for _ in range(3):
            with trio.move_on_after(5):
                if await wire.say(Message.of({OPERATION: 1, **APPROVAL, STATUS: 16})) == ACK:
                    return

    bench = Bench(nursery, persevering)
    bench.dialer.back = Faults(loss=0.02, seed=seed)
    try:
        answer = await bench.run()
    except Unknown:
        return
    assert (answer.verdict, answer.amount) == ("refused", 1200)


# -- giving up from outside


@both
async def test_a_cancelled_operation_is_ended_by_eot(
    autojump_clock: Clock, nursery: trio.Nursery, persistent: bool
) -> None:
    bench = Bench(nursery, replying(), persistent=persistent)
    with trio.move_on_after(10) as scope:
        await bench.run()
    assert scope.cancelled_caught
    await quiet()
    assert bench.device.controls == [EOT]
    assert bench.device.hung_up == (0 if persistent else 1)


async def test_a_till_that_waits_no_longer(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, replying())
    began = trio.current_time()
    with pytest.raises(Unknown, match="no result within 7 s"):
        await bench.run(bench.pinpad.intend(replace(SALE, time_limit=7)))
    assert trio.current_time() - began == pytest.approx(7, abs=0.01)


async def test_interrupting_a_pinpad_that_answers_it(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    async def stops(wire: Wire) -> None:
        await wire.request()
        assert await wire.control() == EOT
        await wire.say(Message.of({OPERATION: 1, STATUS: 53}))
        await wire.control()

    bench = Bench(nursery, stops)
    nursery.start_soon(_after, 3, bench.pinpad.interrupt)
    assert (await bench.pay()).status == 53


async def test_interrupting_a_pinpad_that_says_no_more(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, replying())
    began = trio.current_time()
    nursery.start_soon(_after, 3, bench.pinpad.interrupt)
    assert await bench.failure("no sign of the pinpad for 15 s") is Unknown
    assert trio.current_time() - began == pytest.approx(18, abs=0.01)


async def test_interrupting_while_it_is_dialled(autojump_clock: Clock) -> None:
    class Hanging:
        address = "memory:0"
        persistent = False

        async def dial(self) -> ByteStream:
            await trio.sleep_forever()
            raise AssertionError

    pinpad = SmartSale(Hanging(), PLACE, default_profile())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_after, 1, pinpad.interrupt)
        with pytest.raises(Unreachable, match="interrupted before anything was sent"):
            await pinpad.run(pinpad.intend(SALE), lambda progress: None)


async def test_interrupting_at_the_moment_when_it_answers_the_dial(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    bench = Bench(nursery, answering(APPROVAL))

    class Late:
        address = "memory:0"
        persistent = False

        async def dial(self) -> ByteStream:
            stream = await bench.dialer.dial()
            await bench.pinpad.interrupt()
            return stream

    bench.pinpad = SmartSale(Late(), PLACE, default_profile())
    assert await bench.failure("interrupted before anything was sent") is Unreachable
    await quiet()
    assert bench.device.heard == []
    assert bench.device.hung_up == 1


async def test_interrupting_nothing(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, answering(APPROVAL))
    await bench.pinpad.interrupt()
    await bench.pay()
    await bench.pinpad.interrupt()
    await bench.pinpad.abandon()


async def _after(seconds: float, what: Callable[[], Awaitable[None]]) -> None:
    await trio.sleep(seconds)
    await what()


async def test_one_operation_at_a_time(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, answering(APPROVAL))
    await bench.run()
    with pytest.raises(RuntimeError, match="two operations at once"):
        await bench.run()
    await bench.pinpad.acknowledge()
    with pytest.raises(Unknown, match="no result to be acknowledged"):
        await bench.pinpad.acknowledge()


async def test_closing_acknowledges_nothing(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, answering(APPROVAL, waits=0))
    await bench.run()
    await bench.pinpad.aclose()
    await quiet()
    assert bench.device.controls == []
    assert bench.device.hung_up == 1


# -- a serial line between two operations


async def test_what_a_dead_process_left_on_a_serial_line_is_not_ours(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    async def serve(stream: ByteStream) -> None:
        await stream.send_all(result({AMOUNT: 99}))
        await bench.device.serve(stream)

    bench = Bench(nursery, answering(APPROVAL), persistent=True)
    bench.pinpad = SmartSale(MemoryDialer(nursery, serve, persistent=True), PLACE, default_profile())
    assert (await bench.pay()).amount == 1200


async def test_a_late_result_on_a_serial_line_is_not_the_next_ones(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    late = True

    async def script(wire: Wire) -> None:
        nonlocal late
        await wire.request()
        if late:
            late = False
            await trio.sleep(61)
            await wire.write(result({AMOUNT: 99}))
            return
        await wire.say(Message.of({OPERATION: 1, **APPROVAL}))
        await wire.control()

    bench = Bench(nursery, script, persistent=True)
    assert await bench.failure("no sign") is Unknown
    await trio.sleep(2)
    assert (await bench.pay()).amount == 1200
    assert bench.dialer.dialled == 1


async def test_a_late_result_that_is_still_coming_is_waited_out(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    late = True

    async def script(wire: Wire) -> None:
        nonlocal late
        await wire.request()
        if late:
            late = False
            await trio.sleep(60.8)
            for byte in bytes((ACK,)) + result({AMOUNT: 99}):
                await trio.sleep(0.05)
                await wire.write(bytes((byte,)))
            return
        await wire.say(Message.of({OPERATION: 1, **APPROVAL}))
        await wire.control()

    bench = Bench(nursery, script, persistent=True)
    assert await bench.failure("no sign") is Unknown
    await trio.sleep(0.7)
    assert (await bench.pay()).amount == 1200


async def test_a_serial_line_that_is_never_quiet_is_not_written_to(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    async def babbling(wire: Wire) -> None:
        while True:
            await wire.write(b"\xff")
            await trio.sleep(0.1)

    bench = Bench(nursery, babbling, persistent=True)
    bench.device.waits_for_requests = False
    assert await bench.failure("no answer within 5 s") is Unreachable


async def test_what_came_behind_a_result_on_a_serial_line_is_thrown_away(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    async def twice(wire: Wire) -> None:
        await wire.request()
        await wire.write(*[Message.of({OPERATION: 1, AMOUNT: 1200, STATUS: 1}).frame()] * 3)
        assert [await wire.control(), await wire.control()] == [ACK, EOT]
        await wire.write(WAIT.frame())

    bench = Bench(nursery, twice, persistent=True)
    for _ in range(3):
        assert (await bench.pay()).verdict == "approved"
        await quiet()
    assert bench.stages.count("working") == 0


async def test_a_serial_line_that_broke_is_opened_again(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, answering(APPROVAL), persistent=True)
    await bench.pay()
    await bench.pinpad.aclose()
    bench.dialer.there = Faults(cut_at=0)
    assert await bench.failure() is Unreachable
    bench.dialer.there = Faults()
    await bench.pay()
    assert bench.dialer.dialled == 3


async def test_a_result_that_is_sent_again_is_not_the_next_ones(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, answering({**APPROVAL, NUMBER: None}, repeats=True))
    await bench.pay()
    assert await bench.failure("RRN 632612345678 of the operation before") is Unknown
    bench.device.script = answering({**APPROVAL, NUMBER: None, RRN: "632612345679"})
    await bench.pay()


# -- questions


async def test_the_connection_check_tells_the_real_terminal(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, answering({TERMINAL_ID: "50101799", STATUS: 16}))
    assert await bench.pinpad.check() == "50101799"
    await quiet()
    assert bench.device.controls == [ACK, ACK, ACK, EOT]


async def test_the_connection_check_of_a_pinpad_that_is_gone(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, silent)
    with pytest.raises(Unknown):
        await bench.pinpad.check()
    bench.dialer.refusing = True
    with pytest.raises(Unreachable):
        await bench.pinpad.check()


async def test_a_check_that_was_answered_counts_though_the_answer_cannot_be_acknowledged(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    answer = Message.of({OPERATION: 26, TERMINAL_ID: "50101700"}).frame()

    async def dies(wire: Wire) -> None:
        await wire.request()
        await wire.write(answer)
        raise HungUp

    bench = Bench(nursery, dies)
    bench.device.serve = partial(_serve_once, dies)  # type: ignore[method-assign]  # the link breaks behind it
    pinpad = SmartSale(MemoryDialer(nursery, bench.device.serve), PLACE, default_profile())
    assert await pinpad.check() == "50101700"


async def _serve_once(script: Script, stream: ByteStream) -> None:
    try:
        await script(Wire(stream, []))
    except HungUp:
        await stream.aclose()


async def test_the_last_operation(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    slip = "ОПЛАТА\nСУММА 12.00\nОДОБРЕНО"
    bench = Bench(nursery, answering({SLIPS: write_slips(SlipData(slip))}))
    assert await bench.pinpad.last_operation(SALE) == LastOperation(
        approved=True, kind="payment", amount=1200, slip=slip
    )
    [request] = bench.device.requests
    assert request.operation == 63


async def test_a_terminal_that_cannot_be_asked_for_its_last_operation(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    bench = Bench(nursery, silent, profile=TerminalProfile())
    with pytest.raises(NotConfigured, match=r"set operations\.receipt_copy\.code"):
        await bench.pinpad.last_operation()
    assert bench.dialer.dialled == 0


async def test_a_question_that_needs_what_is_not_known_is_not_asked(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    profile = make_profile({"operations": {"connection_check": {"fields": {"13": "{auth_code}"}}}})
    with pytest.raises(Unreachable, match="auth_code is needed"):
        await Bench(nursery, silent, profile=profile).pinpad.check()


@pytest.mark.parametrize("question", ["check", "last_operation"])
async def test_a_question_answered_with_nonsense(autojump_clock: Clock, nursery: trio.Nursery, question: str) -> None:
    nonsense = ((27, b"1"), (27, b"2"), (39, b"a"))

    async def script(wire: Wire) -> None:
        request = await wire.request()
        await wire.say(Message(((25, str(request.operation).encode()), *nonsense)))
        await wire.control()

    with pytest.raises(Unknown):
        await getattr(Bench(nursery, script).pinpad, question)()


async def test_no_secret_shows(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    card = "4111111111111111"
    said = {**APPROVAL, PAN: card, TEXT: f"карта {card}"}
    bench = Bench(nursery, answering(said))
    answer = await bench.pay()
    assert card not in repr((answer, bench.progress, bench.device.heard))
    assert Control(EOT) in bench.device.heard
    assert [event for event in bench.device.heard if isinstance(event, Frame)]


async def test_all_kinds_are_run_alike(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bench = Bench(nursery, answering({STATUS: 1, TERMINAL_ID: "50101700"}))
    for kind in ("void", "refund", "emergency_void", "settlement", "full_report", "connection_check"):
        asked = order(kind, amount=1200)
        assert (await bench.run(bench.pinpad.intend(asked))).verdict == "approved"
        await bench.pinpad.acknowledge()
