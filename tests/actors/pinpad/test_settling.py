"""Unknown outcomes: whatever is lost, the terminal's bank and our journal agree afterwards, or a person is asked."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from trio.testing import MockClock

from actors.pinpad import PinpadSettings
from schemas.operations import OperationKind, PinpadAnswer
from schemas.records import Conflict
from tests.actors.pinpad.counter import Counter, running_counter
from tests.actors.pinpad.scripted import Entry, Script, ScriptedPinpad, Terminal
from transports.pinpad import Abilities, Intent, Order

NOTHING_TOLD = frozenset[str]()


def agree(counter: Counter) -> None:
    """What our journal says stands is what the bank has."""
    charged = sum(
        (row.amount or 0) - row.returned
        for row in counter.all()
        if row.status == "approved" and row.sent in ("payment", "preauthorisation", "top_up", "cash_withdrawal")
    )
    assert charged == counter.terminal.standing


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (Script(lose="before"), "refused"),
        (Script(lose="after"), "refused"),
        (Script(ack="before"), "reversed"),
        (Script(ack="after"), "reversed"),
        (Script(verdict="undefined"), "refused"),
        (Script(change=lambda answer: replace(answer, amount=500)), "reversed"),
        (Script(change=lambda answer: replace(answer, terminal_id="99999999")), "refused"),
        (Script(change=lambda answer: replace(answer, terminal_id="0050101700")), "approved"),
    ],
    ids=[
        "request lost", "answer lost", "acknowledgement lost", "acknowledgement not known", "neither yes nor no",
        "another amount", "another terminal", "the same terminal with zeros before it",
    ],
)  # fmt: skip
async def test_a_lost_payment_ends_the_same_on_both_sides(
    tmp_path: Path, autojump_clock: MockClock, script: Script, status: str
) -> None:
    async with running_counter(tmp_path) as counter:
        await counter.do(amount=1200)
        counter.terminal.scripts.append(script)
        assert (await counter.do(amount=1200))[1] == status
        agree(counter)
        assert counter.state.condition == "ready"
        assert (await counter.do())[1] == "approved"


@pytest.mark.parametrize("kind", ["payment", "refund", "preauthorisation", "top_up", "cash_withdrawal"])
async def test_what_stands_after_a_lost_answer_is_voided(
    tmp_path: Path, autojump_clock: MockClock, kind: OperationKind
) -> None:
    """A terminal that does not reverse by itself."""
    async with running_counter(tmp_path, Terminal(reverses_itself=False)) as counter:
        rrn = {"rrn": "632600000099", "amount": 700} if kind == "refund" else {}
        counter.terminal.scripts.append(Script(lose="after"))
        number, status = await counter.do(kind, **rrn, forced=kind == "refund")
        assert status == "reversed"
        assert counter.operation(number).voids == 1
        assert counter.terminal.standing == 0


async def test_an_amount_and_a_time_alone_do_not_tell_two_alike_apart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """The last slip of the payment before, equal in all, must neither confirm this one nor be voided for it."""
    async with running_counter(tmp_path, Terminal(tells=frozenset({"amount", "at"}))) as counter:
        before, _ = await counter.do(amount=1200)
        counter.terminal.scripts.append(Script(lose="before"))
        lost, status = await counter.do(amount=1200)
        assert status == "manual"
        assert (counter.terminal.standing, counter.operation(before).status) == (1200, "approved")
        assert [order.kind for order in counter.terminal.sent] == ["payment", "payment"]
        with pytest.raises(Conflict) as caught:
            await counter.submit()
        assert (caught.value.code, counter.state.condition) == ("pinpad_blocked", "blocked")
        assert (await counter.do("short_report"))[1] == "approved"
        await counter.verdict(lost, "refused")
        assert (counter.operation(lost).status, counter.state.condition) == ("refused", "ready")
        assert (await counter.do())[1] == "approved"


async def test_a_slip_with_another_amount_is_not_ours(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path, Terminal(tells=frozenset({"amount", "at"}))) as counter:
        await counter.do(amount=1200)
        counter.terminal.scripts.append(Script(lose="before"))
        assert (await counter.do(amount=1300))[1] == "refused"
        agree(counter)


async def test_a_clock_that_is_wrong_proves_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path, Terminal(tells=frozenset({"amount", "at"}), reverses_itself=False)) as counter:
        counter.terminal.scripts.append(Script(lose="after", change=lambda answer: _misdated(counter.terminal, answer)))
        number, status = await counter.do()
        assert status == "manual"
        await counter.verdict(number, "approved")
        agree(counter)


def _misdated(terminal: Terminal, answer: PinpadAnswer) -> PinpadAnswer:
    terminal.journal[-1].at = "20010101000000"
    return answer


async def test_a_pinpad_that_cannot_tell_leaves_it_to_a_person_unless_the_approval_is_known(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_counter(tmp_path, Terminal(tells=NOTHING_TOLD)) as counter:
        await counter.do()
        counter.terminal.scripts.append(Script(ack="after"))
        known, status = await counter.do()
        assert (status, counter.operation(known).voids) == ("reversed", 1)
        counter.terminal.scripts.append(Script(lose="after"))
        assert (await counter.do())[1] == "manual"
        assert counter.terminal.standing == 1200


@pytest.mark.parametrize(
    ("voids", "status", "tries"),
    [
        ([Script()], "reversed", 1),
        ([Script(lose="before")], "reversed", 2),
        ([Script(lose="after")], "reversed", 1),
        ([Script(unreachable=True)], "reversed", 1),
        ([Script(verdict="refused")], "manual", 1),
        ([Script(lose="before"), Script(verdict="refused")], "manual", 2),
        ([Script(lose="before"), Script(lose="before")], "manual", 2),
    ],
    ids=["approved", "lost, again", "lost after", "not reached, again", "refused", "lost, refused", "lost twice"],
)
async def test_an_emergency_void_is_tried_at_most_twice(
    tmp_path: Path, autojump_clock: MockClock, voids: list[Script], status: str, tries: int
) -> None:
    async with running_counter(tmp_path, Terminal(reverses_itself=False)) as counter:
        counter.terminal.scripts.extend([Script(lose="after"), *voids])
        number, ended = await counter.do()
        assert (ended, counter.operation(number).voids) == (status, tries)
        assert counter.terminal.standing == (0 if status == "reversed" else 1200)
        recorded = [row for row in counter.all(of=number) if row.status != "failed"]
        assert len(recorded) == tries
        if status == "manual":
            await counter.verdict(number, "reversed")
            assert {row.status for row in counter.all(of=number)} <= {"approved", "refused"}
            assert counter.state.condition == "ready"


async def test_nothing_else_is_done_while_an_outcome_is_unknown(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path, Terminal(silent=6, reverses_itself=False)) as counter:
        counter.terminal.scripts.append(Script(lose="after"))
        number = await counter.submit()
        await counter.until(lambda: counter.operation(number).status == "unknown")
        for kind in ("payment", "short_report"):
            with pytest.raises(Conflict) as caught:
                await counter.submit(kind)
            assert caught.value.code == "pinpad_busy"
        assert counter.state.condition == "settling"
        assert await counter.ended(number) == "reversed"


async def test_a_person_may_decide_over_a_pinpad_that_never_comes_back(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_counter(tmp_path, Terminal(silent=10**6)) as counter:
        counter.terminal.scripts.append(Script(lose="before"))
        number = await counter.submit()
        await counter.until(lambda: counter.operation(number).status == "unknown")
        await counter.until(lambda: counter.terminal.silent < 10**6 - 3)
        await counter.verdict(number, "refused")
        assert await counter.ended(number) == "refused"
        await counter.until(lambda: counter.state.condition == "ready")


async def test_a_pinpad_that_answers_only_its_check_is_not_asked_for_ever(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_counter(
        tmp_path, Terminal(mute_slips=10**6), settings=PinpadSettings(unreadable=3, unreadable_for=2.5)
    ) as counter:
        counter.terminal.scripts.append(Script(lose="before"))
        assert (await counter.do())[1] == "manual"
        assert counter.terminal.mute_slips == 10**6 - 3


@pytest.mark.parametrize(
    ("script", "status", "left"),
    [
        (Script(lose="before"), "refused", 1200),
        (Script(lose="after"), "approved", 0),
        (Script(ack="after"), "approved", 0),
        (Script(verdict="undefined"), "refused", 1200),
    ],
)
async def test_a_lost_void_is_looked_up_and_never_voided(
    tmp_path: Path, autojump_clock: MockClock, script: Script, status: str, left: int
) -> None:
    async with running_counter(tmp_path, Terminal(reverses_itself=False)) as counter:
        paid, _ = await counter.do()
        counter.terminal.scripts.append(script)
        assert (await counter.do("void", of=paid))[1] == status
        assert counter.terminal.standing == left
        assert [order.kind for order in counter.terminal.sent] == ["payment", "void"]
        assert counter.operation(paid).status == ("approved" if left else "reversed")


@pytest.mark.parametrize(
    ("scripts", "status", "left"),
    [
        ([Script()], "approved", 0),
        ([Script(verdict="refused")], "refused", 1200),
        ([Script(lose="before")], "approved", 0),
        ([Script(lose="after")], "approved", 0),
        ([Script(lose="before"), Script(lose="before")], "manual", 1200),
    ],
)
async def test_an_emergency_void_that_a_till_asks_for(
    tmp_path: Path, autojump_clock: MockClock, scripts: list[Script], status: str, left: int
) -> None:
    async with running_counter(tmp_path) as counter:
        paid, _ = await counter.do()
        counter.terminal.scripts.extend(scripts)
        assert (await counter.do("emergency_void"))[1] == status
        assert counter.terminal.standing == left
        assert counter.operation(paid).status == ("approved" if left else "reversed")


async def test_a_settlement_without_an_answer_is_asked_for_again(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_counter(tmp_path) as counter:
        counter.terminal.scripts.extend([Script(lose="after"), Script(lose="before")])
        number, status = await counter.do("settlement")
        assert (status, counter.history(number).count("sending")) == ("approved", 3)
        counter.terminal.scripts.extend([Script(lose="before")] * 3)
        assert (await counter.do("settlement"))[1] == "manual"
        assert (await counter.do())[1] == "approved"


@pytest.mark.parametrize(
    ("script", "status", "left"),
    [
        (Script(lose="before"), "refused", 0),
        (Script(lose="after"), "approved", 1200),
        (Script(ack="after"), "approved", 1200),
        (Script(change=lambda answer: replace(answer, amount=500)), "manual", 500),
    ],
)
async def test_a_protocol_without_an_emergency_void(
    tmp_path: Path, autojump_clock: MockClock, script: Script, status: str, left: int
) -> None:
    """There is nothing to acknowledge either, so what the terminal holds as its last operation stands."""
    terminal = Terminal(reverses_itself=False, abilities=Abilities(absent=frozenset({"emergency_void"})))
    async with running_counter(tmp_path, terminal) as counter:
        counter.terminal.scripts.append(script)
        assert (await counter.do())[1] == status
        assert counter.terminal.standing == left
        assert len(counter.all()) == 1


async def test_an_emergency_void_that_cannot_even_be_said(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    intend = ScriptedPinpad.intend

    def stubborn(pinpad: ScriptedPinpad, order: Order) -> Intent:
        if order.kind == "emergency_void":
            raise ValueError("there is no room for it")
        return intend(pinpad, order)

    monkeypatch.setattr(ScriptedPinpad, "intend", stubborn)
    async with running_counter(tmp_path, Terminal(reverses_itself=False)) as counter:
        counter.terminal.scripts.append(Script(lose="after"))
        number, status = await counter.do()
        assert (status, counter.operation(number).reason) == ("manual", "there is no room for it")


def test_a_terminal_of_ours_keeps_books() -> None:
    terminal = Terminal(journal=[Entry("payment", 5, 1, "1", ""), Entry("void", 5, 2, "2", "")])
    assert terminal.standing == 0
