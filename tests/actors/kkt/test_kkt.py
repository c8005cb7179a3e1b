"""A register's whole life under its circuit: documents, lost answers, faults, shifts, restarts."""

from pathlib import Path

import msgspec
import pytest
import trio
from trio.testing import MockClock

from actors.kkt import KktSettings
from kassanet.store.sqlite import Opening, SqliteStore
from schemas.commands import Activate, CloseShift, Deactivate, NotInRotation, OpenShift, PrintReport, ReadDocument
from schemas.records import Conflict, SaveKktState, SetKktActive
from tests.actors.kkt.rack import Rack, running_rack, wall
from tests.actors.kkt.scripted import ScriptedRegister
from tests.actors.receipts import receipt
from transports.register import Lost, Refused, Unreachable

PAPER_OUT = Refused(0x40, "register", "printer")
BAD_ITEM = Refused(0x58, "receipt", "VAT not allowed")
FN_FAULT = Refused(0x03, "check", "FN error")
BUSY = Refused(0x7F, "transient", "not executed")
OLD_SHIFT = Refused(0x16, "shift_expired", "shift longer than 24 h")


def only(rack: Rack) -> ScriptedRegister:
    return rack.registers[0]


async def test_a_receipt_becomes_a_document_and_the_first_one_opens_the_shift(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path) as rack:
        number = rack.post()
        assert await rack.ended(number) == ["fiscalized"]
        fiscal = rack.receipt(number).fiscal
        [document] = only(rack).made()
        assert fiscal is not None
        assert (fiscal.fn, fiscal.fd, fiscal.fpd, fiscal.shift) == (only(rack).fn, document.fd, document.fpd, 1)
        assert fiscal.qr.startswith("t=20261122T1200&s=500.00&fn=9999078902003800&i=3&fp=1000003&n=1")
        assert [each.kind for each in only(rack).documents] == ["registration", "open_shift", "receipt"]


async def test_many_receipts_are_made_in_order_one_for_each(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path, 3) as rack:
        numbers = [rack.post() for _ in range(30)]
        assert set(await rack.ended(*numbers)) == {"fiscalized"}
        claims = {(r.fiscal.fn, r.fiscal.fd) for n in numbers if (r := rack.receipt(n)).fiscal is not None}
        assert len(claims) == 30
        assert sum(len(register.made()) for register in rack.registers) == 30
        assert trio.current_time() < 13  # three registers, a second each


async def test_a_lost_answer_is_settled_from_the_fn_and_not_made_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path) as rack:
        only(rack).fail("commit", Lost("cut"), after=True)
        number = rack.post()
        assert await rack.ended(number) == ["fiscalized"]
        assert len(only(rack).made()) == 1
        assert [line.status for line in rack.read.history(number)] == ["queued", "assigned", "unknown", "fiscalized"]


async def test_a_commit_that_never_happened_is_proved_absent_and_made_once(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path) as rack:
        only(rack).fail("commit", Lost("cut"))
        number = rack.post()
        assert await rack.ended(number) == ["fiscalized"]
        assert len(only(rack).made()) == 1
        statuses = [line.status for line in rack.read.history(number)]
        assert statuses == ["queued", "assigned", "unknown", "queued", "assigned", "fiscalized"]


async def test_a_silent_register_keeps_its_unknown_receipt_until_it_answers(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path, 2) as rack:
        await rack.until(lambda: all(rack.state(n).condition == "ready" for n in range(2)))
        rack.registers[0].fail("commit", Lost("cut"), after=True)
        rack.registers[0].fail("cancel", Unreachable("gone"), times=4)
        numbers = [rack.post(), rack.post()]
        await rack.until(lambda: any(rack.receipt(n).status == "fiscalized" for n in numbers))
        await trio.sleep(60)
        [unknown] = [n for n in numbers if rack.receipt(n).status == "unknown"]
        assert rack.state(0).condition == "settling"
        assert await rack.ended(unknown) == ["fiscalized"]
        assert trio.current_time() > 75  # a try each settle_after
        assert [len(register.made()) for register in rack.registers] == [1, 1]


async def test_an_error_answer_to_cancel_is_no_fence(tmp_path: Path, autojump_clock: MockClock) -> None:
    """A busy register may answer *cancel* with an error while it still works: absent is not believed before time."""
    async with running_rack(tmp_path) as rack:
        await rack.until(lambda: rack.state().condition == "ready")
        register = only(rack)
        register.fail("commit", Lost("cut"))
        register.fail("cancel", BUSY)
        number = rack.post()
        await rack.until(lambda: rack.receipt(number).status == "unknown")
        await trio.sleep(5)
        register.prepared = receipt(external_id="order-1")
        register.mark = "k1"
        register.finish()  # the document lands late
        assert await rack.ended(number) == ["fiscalized"]
        assert len(register.made()) == 1


async def test_a_register_that_finds_new_shifts_too_old_makes_no_more_of_them(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path) as rack:
        only(rack).fail("commit", OLD_SHIFT, times=50)
        rack.post()
        await rack.until(lambda: rack.state().condition == "out_of_rotation")
        assert only(rack).shift <= 2


async def test_a_poison_receipt_does_not_stop_a_circuit_of_one(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        await rack.until(lambda: rack.state().condition == "ready")
        only(rack).fail("prepare", FN_FAULT, times=2)
        numbers = [rack.post() for _ in range(5)]
        await rack.until(lambda: sum(rack.receipt(n).status == "fiscalized" for n in numbers) >= 4, limit=120)


async def test_an_archive_that_cannot_be_read_is_for_a_person_in_the_end(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path) as rack:
        only(rack).fail("commit", Lost("cut"), after=True)
        only(rack).fail("document", FN_FAULT, times=50)
        number = rack.post()
        await rack.until(lambda: rack.state().level == "critical")
        assert await rack.ended(number) == ["manual"]


async def test_a_health_look_notices_another_fn(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        await rack.ended(rack.post())
        only(rack).fn = "9999078902009999"
        await trio.sleep(200)
        identity = rack.state().identity
        assert identity is not None
        assert identity.fn == "9999078902009999"  # through connecting, not in passing


async def test_a_changed_fn_makes_an_unknown_receipt_a_persons(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        await rack.until(lambda: rack.state().condition == "ready")
        register = only(rack)
        register.fail("commit", Lost("cut"), after=True)
        register.fail("cancel", Unreachable("gone"))
        number = rack.post()
        await rack.until(lambda: rack.receipt(number).status == "unknown")
        old = register.fn
        register.fn = "9999078902009999"
        assert await rack.ended(number) == ["manual"]
        window = rack.receipt(number).window
        assert window is not None
        assert (window.fn, window.first) == (old, 3)
        assert rack.state().condition == "ready"  # manual does not hold the register


async def test_two_documents_that_fit_are_for_a_person(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path, settings=KktSettings(mark=False)) as rack:
        await rack.until(lambda: rack.state().condition == "ready")
        register = only(rack)
        register.fail("commit", Lost("cut"), after=True)
        register.fail("cancel", Unreachable("gone"))
        number = rack.post()
        await rack.until(lambda: rack.receipt(number).status == "unknown")
        register.make_behind_our_back(receipt())
        assert await rack.ended(number) == ["manual"]


async def test_an_error_answer_to_the_commit_is_no_proof(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        only(rack).fail("commit", FN_FAULT, after=True)  # the FN wrote, then the printer failed
        number = rack.post()
        assert await rack.ended(number) == ["fiscalized"]
        assert len(only(rack).made()) == 1


async def test_a_receipts_own_fault_ends_it_and_the_register_goes_on(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        only(rack).fail("prepare", BAD_ITEM)
        bad, good = rack.post(), rack.post()
        assert await rack.ended(bad, good) == ["refused", "fiscalized"]
        assert "VAT not allowed" in str(rack.receipt(bad).reason)


async def test_a_registers_fault_takes_it_out_and_the_receipt_goes_elsewhere(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path, 2) as rack:
        broken, sound = rack.registers
        broken.fail("prepare", PAPER_OUT)
        broken.printer = 2
        numbers = [rack.post(), rack.post()]
        assert await rack.ended(*numbers) == ["fiscalized", "fiscalized"]
        assert len(sound.made()) == 2
        assert rack.state(0).condition == "out_of_rotation"
        broken.printer = 0
        await rack.until(lambda: rack.state(0).condition == "ready")


async def test_three_registers_that_fail_on_a_receipt_make_it_the_suspect(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path, 4) as rack:
        for register in rack.registers:
            register.fail("prepare", FN_FAULT)
        poison = rack.post()
        assert await rack.ended(poison) == ["manual"]
        assert "poison" in str(rack.receipt(poison).reason)
        await rack.until(lambda: all(rack.state(n).condition == "ready" for n in range(4)), limit=5)


async def test_transient_refusals_are_tried_again_on_the_same_register(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path) as rack:
        only(rack).fail("prepare", BUSY, times=2)
        number = rack.post()
        assert await rack.ended(number) == ["fiscalized"]
        assert rack.read.register_faults(number) == []


async def test_a_shift_refused_as_too_old_is_renewed(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        only(rack).fail("commit", OLD_SHIFT)
        number = rack.post()
        assert await rack.ended(number) == ["fiscalized"]
        kinds = [each.kind for each in only(rack).documents]
        assert kinds == ["registration", "open_shift", "close_shift", "open_shift", "receipt"]


async def test_a_shift_closes_by_itself_before_a_day_is_over_and_opens_with_the_next_receipt(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    settings = KktSettings(shift_max_age=3 * 3600, shift_spread=1800)
    async with running_rack(tmp_path, settings=settings) as rack:
        await rack.ended(rack.post())
        await rack.until(lambda: not only(rack).shift_is_open, limit=86_400, step=10)
        assert 2.5 * 3600 < trio.current_time() <= 3 * 3600 + 60
        assert await rack.ended(rack.post()) == ["fiscalized"]
        assert only(rack).shift == 2


async def test_a_lost_answer_to_a_shift_opening_is_settled_too(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        only(rack).fail("open_shift", Lost("cut"), after=True)
        assert await rack.ended(rack.post()) == ["fiscalized"]
        assert only(rack).shift == 1


async def test_foreign_documents_are_noticed(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        await rack.ended(rack.post())
        only(rack).make_behind_our_back(receipt(external_id="theirs"))
        await rack.until(lambda: any(each.code == "foreign_writer" for each in rack.state().concerns))
        assert rack.state().level == "critical"


async def test_foreign_documents_made_while_the_service_was_down(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as first:
        await first.ended(first.post())
    only(first).make_behind_our_back(receipt(external_id="theirs"))
    async with running_rack(tmp_path, registers=first.registers) as rack:
        assert await rack.ended(rack.post(external_id="after")) == ["fiscalized"]
        assert [each.text for each in rack.state().concerns if each.code == "foreign_writer"] == [
            "1 documents were made by somebody else"
        ]


async def test_our_own_documents_before_a_crash_are_not_foreign(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as first:
        await first.until(lambda: first.state().condition == "ready")
        early = msgspec.json.encode(first.state())
        await first.ended(first.post(), first.post())
        await first.kkt().ask(CloseShift())
    store = SqliteStore.open(Opening(tmp_path))
    store.commit([SaveKktState(first.eips[0], early)])  # as a SIGKILL leaves it
    store.close()
    async with running_rack(tmp_path, registers=first.registers) as rack:
        assert await rack.ended(rack.post(external_id="after")) == ["fiscalized"]
        assert not [each for each in rack.state().concerns if each.code == "foreign_writer"]


def swap(one: ScriptedRegister, two: ScriptedRegister) -> None:
    """Each answers at the other's address, with all that it holds."""
    for name in ("fn", "serial", "documents", "shift", "shift_is_open", "receipts_in_shift"):
        mine = getattr(one, name)
        setattr(one, name, getattr(two, name))
        setattr(two, name, mine)


async def test_swapped_devices_make_no_document_before_they_are_known(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path, 2) as rack:
        await rack.until(lambda: all(rack.state(n).condition == "ready" for n in range(2)))
        one, two = rack.registers
        swap(one, two)
        exchanged = one.local()
        numbers = [rack.post() for _ in range(4)]
        assert set(await rack.ended(*numbers)) == {"fiscalized"}
        claims = [(found.fn, found.fd, found.kkt) for n in numbers if (found := rack.receipt(n).fiscal) is not None]
        assert len(set(claims)) == len(one.made()) + len(two.made()) == 4
        holders = dict(zip(rack.eips, (one.fn, two.fn), strict=True))
        assert all(holders[eip] == fn for fn, _, eip in claims)
        assert {kkt.eip: kkt.fn for kkt in rack.read.kkts()} == holders
        assert min(each.at for register in (one, two) for each in register.made()) > exchanged


async def test_devices_exchanged_while_documents_are_unknown(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Attempts are of the FN: each is settled where its storage is found, one made and one not."""
    async with running_rack(tmp_path, 2) as rack:
        await rack.until(lambda: all(rack.state(n).condition == "ready" for n in range(2)))
        one, two = rack.registers
        one.fail("commit", Lost("cut"), after=True)
        two.fail("commit", Lost("cut"))
        for register in (one, two):
            register.fail("cancel", Unreachable("unplugged"), times=3)
        numbers = [rack.post() for _ in range(2)]
        await rack.until(lambda: {rack.receipt(n).status for n in numbers} == {"unknown"})
        swap(one, two)
        assert set(await rack.ended(*numbers)) == {"fiscalized"}
        assert len(one.made()) + len(two.made()) == 2


async def test_the_same_device_under_another_address_is_refused(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path, 2) as rack:
        await rack.until(lambda: all(rack.state(n).condition == "ready" for n in range(2)))
        rack.store.commit([SetKktActive(rack.eips[1], 0, wall())])
        rack.kkt(1).tell(Deactivate(), control=True)
        await rack.until(lambda: rack.state(1).condition == "inactive")
        rack.registers[1].fn, rack.registers[1].serial = rack.registers[0].fn, rack.registers[0].serial
        with pytest.raises(Conflict) as refused:
            await rack.kkt(1).ask(Activate(), control=True)
        assert refused.value.code == "same_device"
        assert rack.state(1).condition == "inactive"


async def test_deactivating_lets_the_document_in_hand_finish(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        first, second = rack.post(), rack.post()
        await rack.until(lambda: rack.state().condition == "busy")
        rack.kkt().tell(Deactivate(), control=True)
        await rack.until(lambda: rack.state().condition == "inactive")
        await trio.sleep(30)
        assert [rack.receipt(n).status for n in (first, second)] == ["fiscalized", "queued"]
        await rack.kkt().ask(Activate(), control=True)
        assert await rack.ended(second) == ["fiscalized"]


async def test_a_deactivated_register_still_settles_what_it_left_open(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path) as rack:
        await rack.until(lambda: rack.state().condition == "ready")
        only(rack).fail("commit", Lost("cut"), after=True)
        only(rack).fail("cancel", Unreachable("gone"))
        number = rack.post()
        await rack.until(lambda: rack.state().condition == "settling")
        rack.kkt().tell(Deactivate(), control=True)
        only(rack).fail("identify", Unreachable("still gone"), times=3)
        assert await rack.ended(number) == ["fiscalized"]
        await rack.until(lambda: rack.state().condition == "inactive")


async def test_a_full_disk_makes_no_document_and_loses_none(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        await rack.ended(rack.post())
        number = rack.post()
        rack.journal.away = True
        await trio.sleep(30)
        assert len(only(rack).made()) == 1
        rack.journal.away = False
        assert await rack.ended(number) == ["fiscalized"]
        assert len(only(rack).made()) == 2


async def test_a_disk_that_fills_while_a_document_runs_does_not_lose_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path) as rack:
        number = rack.post()
        await rack.until(lambda: "commit" in only(rack).calls)
        rack.journal.away = True
        await trio.sleep(20)
        assert rack.receipt(number).status == "assigned"
        rack.journal.away = False
        assert await rack.ended(number) == ["fiscalized"]
        assert len(only(rack).made()) == 1


async def test_after_a_restart_an_open_attempt_is_settled_first(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        number = rack.post()
        only(rack).commit_seconds = 1000  # answers long after the service has gone
        await rack.until(lambda: rack.receipt(number).status == "assigned")
        devices = rack.registers
        rack.root.stop()
    rack = Rack(tmp_path, 1, KktSettings())
    rack.registers = devices
    devices[0].commit_seconds = 1
    async with trio.open_nursery() as nursery:
        await rack.start(nursery)
        assert await rack.ended(number) == ["fiscalized"]
        assert len(devices[0].made()) == 1
        rack.root.stop()


async def test_after_a_restart_a_switched_off_register_settles_too(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        number = rack.post()
        only(rack).commit_seconds = 1000
        await rack.until(lambda: rack.receipt(number).status == "assigned")
        rack.store.commit([SetKktActive(rack.eips[0], 0, wall())])
        devices = rack.registers
        rack.root.stop()
    rack = Rack(tmp_path, 1, KktSettings())
    rack.registers = devices
    async with trio.open_nursery() as nursery:
        await rack.start(nursery)
        await rack.until(lambda: rack.receipt(number).status == "queued")  # proved absent, and nobody makes it
        await rack.until(lambda: rack.state().condition == "inactive")
        assert only(rack).made() == []
        rack.root.stop()


async def test_people_open_and_close_shifts_and_print_reports(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        await rack.until(lambda: rack.state().condition == "ready")
        opened = await rack.kkt().ask(OpenShift("Иванова"))
        assert (opened.shift, opened.fd) == (1, 2)
        with pytest.raises(Conflict):
            await rack.kkt().ask(OpenShift())
        await rack.kkt().ask(PrintReport())
        closed = await rack.kkt().ask(CloseShift())
        assert (closed.shift, closed.fd) == (1, 3)
        document = await rack.kkt().ask(ReadDocument(only(rack).fn, 2))
        assert document is not None
        assert document.kind == "open_shift"


async def test_commands_by_hand_need_a_register_in_rotation(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        only(rack).fail("identify", Unreachable("off"), times=1000)
        await rack.until(lambda: rack.state().condition == "unreachable")
        with pytest.raises(NotInRotation):
            await rack.kkt().ask(OpenShift())


async def test_a_receipt_nobody_can_make_in_time_is_refused(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path, max_wait=60) as rack:
        only(rack).fail("identify", Unreachable("off"), times=1000)
        number = rack.post()
        assert await rack.ended(number) == ["refused"]
        assert rack.receipt(number).reason == "no_capable_register"


async def test_an_fn_that_is_closed_never_gets_into_rotation(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        only(rack).phase = 7
        await rack.until(lambda: rack.state().condition == "out_of_rotation")
        assert "phase 7" in str(rack.state().reason)


async def test_a_crashed_circuit_finds_its_registers_and_its_queue_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_rack(tmp_path, 2) as rack:
        numbers = [rack.post() for _ in range(6)]
        await rack.until(lambda: rack.state().condition == "busy")
        rack.root.ref("circuit/1").tell("what no circuit understands")
        assert set(await rack.ended(*numbers)) == {"fiscalized"}
        assert sum(len(register.made()) for register in rack.registers) == 6


async def test_a_crashed_register_actor_settles_what_it_left(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        numbers = [rack.post() for _ in range(3)]
        await rack.until(lambda: "commit" in only(rack).calls)
        only(rack).fail("commit", ZeroDivisionError("a bug"), after=True)
        assert set(await rack.ended(*numbers)) == {"fiscalized"}
        assert len(only(rack).made()) == 3
