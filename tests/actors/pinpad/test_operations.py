"""Operations that go well, that the bank refuses, and that never leave the house."""

import hashlib
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from trio.testing import MockClock

from actors.runtime import AskTimedOut
from schemas.operations import FullRequest, OperationKind, OperationRequest, content_digest, full
from schemas.pinpad_commands import Interrupt, NotPossible, Submit
from schemas.records import Conflict
from tests.actors.pinpad.counter import running_counter
from tests.actors.pinpad.scripted import TID, Script, Terminal
from transports.pinpad import Abilities, Intent


async def test_every_step_is_on_disk_before_the_next_byte(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path) as counter:
        seen: list[tuple[str, bool, bool]] = []

        def look(intent: Intent | None = None) -> None:
            row = counter.operation(1)
            seen.append((row.status, row.request is not None, row.result is not None))

        counter.pinpad.at_run, counter.pinpad.at_acknowledge = look, look
        assert await counter.do() == (1, "approved")
        assert seen == [("sending", True, False), ("received", True, True)]
        assert counter.history(1) == ["accepted", "sending", "received", "approved"]
        assert counter.observed == [("payment", "approved")]


async def test_a_result_is_kept_with_its_slips_and_without_a_card_number(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_counter(tmp_path) as counter:
        number, _ = await counter.do()
        result = counter.result(number)
        assert (result.pan, result.slips.customer, result.rrn) == (
            "************1234",
            "СЛИП ************1234",
            "632600000000",
        )
        assert counter.operation(number).number == 1


async def test_a_currency_that_is_not_said(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The first that the pinpad takes, or that of the operation which this one is about."""
    async with running_counter(tmp_path, currencies=("980", "978")) as counter:
        hryvnias, _ = await counter.do()
        euros, _ = await counter.do(currency="978")
        back, status = await counter.do("refund", of=euros, forced=True)
        assert [counter.operation(each).currency for each in (hryvnias, euros, back)] == ["980", "978", "978"]
        assert status == "approved"


async def test_a_repeat_may_say_what_was_meant(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path, currencies=("980", "978")) as counter:
        first = await counter.submit(external_id="order-1")
        assert await counter.submit(external_id="order-1", currency="980") == first
        with pytest.raises(Conflict, match="other content"):
            await counter.submit(external_id="order-1", currency="978")


def test_requests_in_roubles_stand_on_disk_as_they_always_did() -> None:
    request = OperationRequest(external_id="order-1", kind="payment", amount=1200)
    written = msgspec.json.encode(full(request, "643"))
    assert written == b'{"external_id":"order-1","kind":"payment","amount":1200}'
    assert msgspec.json.decode(written, type=FullRequest).currency == "643"
    assert content_digest(full(request, "643")) == hashlib.sha256(written).digest()


async def test_stages_are_shown_as_they_happen(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path) as counter:
        await counter.do()
        stages = [stage for condition, stage in counter.shown if condition == "busy" and stage]
        assert stages == ["sent", "card", "result"]
        assert (counter.state.condition, counter.state.status) == ("ready", "approved")


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (Script(verdict="refused"), "refused"),
        (Script(verdict="refused", ack="before"), "refused"),
        (Script(unreachable=True), "failed"),
        (Script(verdict="offline"), "manual"),
    ],
    ids=["refused", "refused and not told", "unreachable", "offline"],
)
async def test_what_did_not_come_about(tmp_path: Path, autojump_clock: MockClock, script: Script, status: str) -> None:
    async with running_counter(tmp_path) as counter:
        counter.terminal.scripts.append(script)
        assert (await counter.do())[1] == status
        assert counter.terminal.standing == 0


@pytest.mark.parametrize("policy", ["approved", "refused", "manual"])
async def test_what_an_offline_operation_counts_as_is_a_setting(
    tmp_path: Path, autojump_clock: MockClock, policy: str
) -> None:
    async with running_counter(tmp_path, offline=policy) as counter:
        counter.terminal.scripts.append(Script(verdict="offline"))
        assert (await counter.do())[1] == policy


async def test_a_repeat_gets_the_first_answer_and_other_content_a_conflict(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_counter(tmp_path) as counter:
        number, _ = await counter.do(external_id="order-7")
        request = OperationRequest(external_id="order-7", kind="payment", amount=1200)
        repeated = await counter.actor.ask(Submit(request))
        assert (repeated.operation_id, repeated.created, repeated.status) == (number, False, "approved")
        with pytest.raises(Conflict, match="other content") as caught:
            await counter.actor.ask(Submit(replace(request, amount=1300)))
        assert caught.value.code == "other_content"
        assert len(counter.terminal.journal) == 1


async def test_a_second_till_hears_busy_and_its_key_stays_free(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path) as counter:
        counter.terminal.scripts.append(Script(seconds=10))
        first = await counter.submit()
        with pytest.raises(Conflict) as caught:
            await counter.submit(external_id="other till")
        assert caught.value.code == "pinpad_busy"
        assert await counter.ended(first) == "approved"
        assert (await counter.do(external_id="other till"))[1] == "approved"


async def test_where_it_queues_each_has_its_turn(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path, busy="queue") as counter:
        counter.terminal.scripts.extend([Script(seconds=5)] * 3)
        numbers = [await counter.submit() for _ in range(3)]
        assert counter.state.waiting == 2
        assert [await counter.ended(number) for number in numbers] == ["approved"] * 3
        assert [order.number for order in counter.terminal.sent] == [1, 2, 3]


async def test_nobody_is_asked_for_a_card_long_after(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path, busy="queue") as counter:
        counter.terminal.scripts.append(Script(seconds=300))
        first, second = await counter.submit(), await counter.submit()
        assert await counter.ended(second) == "failed"
        assert counter.operation(first).status == "sending"
        assert await counter.ended(first) == "approved"


async def test_what_waits_is_taken_back_at_once_and_what_runs_is_interrupted(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_counter(tmp_path, busy="queue") as counter:
        counter.terminal.scripts.append(Script(seconds=60))
        first, second = await counter.submit(), await counter.submit()
        await counter.until(lambda: counter.operation(first).status == "sending")
        await counter.actor.ask(Interrupt(second))
        assert counter.operation(second).status == "cancelled"
        await counter.actor.ask(Interrupt(first))
        assert await counter.ended(first) == "refused"
        assert (counter.terminal.interrupted, counter.terminal.standing) == (1, 0)
        with pytest.raises(Conflict):
            await counter.actor.ask(Interrupt(first))


async def test_the_till_s_time_limit_ends_in_not_completed_on_both_sides(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_counter(tmp_path) as counter:
        counter.terminal.scripts.append(Script(seconds=90))
        number, status = await counter.do(time_limit=30)
        assert status == "refused"
        assert "unknown" in counter.history(number)
        assert counter.terminal.standing == 0


async def test_the_time_limit_counts_from_the_till_s_question(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Not from the operation's turn: the till has told its customer "not completed" long before."""
    async with running_counter(tmp_path, busy="queue") as counter:
        counter.terminal.scripts.extend([Script(seconds=40), Script(seconds=20)])
        first, late = await counter.submit(), await counter.submit(time_limit=30)
        later = await counter.submit(time_limit=80)
        assert await counter.ended(first) == "approved"
        assert await counter.ended(late) == "failed"
        assert await counter.ended(later) == "approved"
        slow = await counter.submit()
        counter.terminal.scripts.extend([Script(seconds=40), Script(seconds=40)])
        limited = await counter.submit(time_limit=60)
        assert (await counter.ended(slow), await counter.ended(limited)) == ("approved", "refused")


async def test_an_emergency_void_is_of_the_operation_it_was_asked_for(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """While it waited another till was paid: that payment is not to be voided."""
    async with running_counter(tmp_path, busy="queue") as counter:
        await counter.do(amount=100)
        counter.terminal.scripts.append(Script(seconds=20))
        other = await counter.submit(amount=200)
        void = await counter.submit("emergency_void", amount=None)
        assert await counter.ended(other) == "approved"
        assert await counter.ended(void) == "failed"
        assert counter.terminal.standing == 300


async def test_an_inactive_pinpad_takes_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    from schemas.pinpad_commands import ActivatePinpad, DeactivatePinpad

    async with running_counter(tmp_path) as counter:
        await counter.actor.ask(DeactivatePinpad())
        assert counter.state.condition == "inactive"
        with pytest.raises(Conflict) as caught:
            await counter.submit()
        assert caught.value.code == "pinpad_inactive"
        await counter.actor.ask(ActivatePinpad())
        assert (await counter.do())[1] == "approved"


async def test_what_the_profile_does_not_say_names_its_key(tmp_path: Path, autojump_clock: MockClock) -> None:
    terminal = Terminal(abilities=Abilities(missing={"balance": "operations.balance.code"}))
    async with running_counter(tmp_path, terminal) as counter:
        with pytest.raises(Conflict, match=r"set operations\.balance\.code") as caught:
            await counter.submit("balance")
        assert caught.value.code == "operation_not_configured"
        assert counter.all() == []


@pytest.mark.parametrize("kind", ["full_report", "short_report", "receipt_copy", "connection_check", "card_data"])
async def test_a_question_whose_answer_is_lost_is_over(
    tmp_path: Path, autojump_clock: MockClock, kind: OperationKind
) -> None:
    async with running_counter(tmp_path) as counter:
        counter.terminal.scripts.append(Script(lose="before"))
        assert (await counter.do(kind))[1] == "failed"
        assert (await counter.do(kind))[1] == "approved"
        assert (await counter.do())[1] == "approved"


async def test_our_own_keys_are_nobody_else_s(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path) as counter:
        with pytest.raises(NotPossible):
            await counter.submit(external_id="settle/1/1")


async def test_waiting_for_an_operation_has_an_end(tmp_path: Path, autojump_clock: MockClock) -> None:
    from schemas.pinpad_commands import Await

    async with running_counter(tmp_path) as counter:
        counter.terminal.scripts.append(Script(seconds=50))
        number = await counter.submit()
        with pytest.raises(AskTimedOut):
            await counter.actor.ask(Await(number), timeout=10)
        assert await counter.ended(number) == "approved"


async def test_a_terminal_id_that_was_not_set_is_asked_for(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path, terminal_id=None) as counter:
        assert (await counter.do())[1] == "approved"
        assert counter.terminal.sent[0].terminal_id == counter.state.terminal_id == TID
        counter.terminal.scripts.append(Script(change=lambda answer: replace(answer, terminal_id="99999999")))
        assert (await counter.do())[1] == "refused"
    counter.terminal.silent = 1
    async with running_counter(tmp_path, terminal_id=None) as counter:
        assert (await counter.do())[1] == "approved"
