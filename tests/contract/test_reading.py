"""What a driver reads from a register: identity, states, shifts."""

from datetime import timedelta

from schemas.kkt import FnStatus, OfdStatus, ShiftStatus
from tests.actors.receipts import receipt
from tests.contract.rig import Rig


async def test_identity(rig: Rig) -> None:
    assert await rig.register.identify() == rig.device.identity()


async def test_the_storage_before_anything_was_made(rig: Rig) -> None:
    [registration] = rig.device.book()
    status = await rig.register.fn_status()
    assert status == FnStatus(
        fn=rig.device.identity().fn,
        phase=3,
        current_document=0,
        shift_is_open=False,
        flags=status.flags,
        last_fd=registration.fd,
        last_document_at=rig.device.local(),
    )


async def test_the_storage_tells_of_every_document_and_of_the_one_being_made(rig: Rig) -> None:
    opened = await rig.register.open_shift()
    assert (await rig.register.fn_status()).last_fd == opened.fd
    await rig.register.prepare(receipt(), None)
    status = await rig.register.fn_status()
    assert status.current_document != 0
    assert (status.shift_is_open, status.last_fd) == (True, opened.fd)
    await rig.register.cancel()
    assert (await rig.register.fn_status()).current_document == 0
    done = await rig.sell(receipt())
    status = await rig.register.fn_status()
    assert (status.last_fd, status.current_document) == (done.fd, 0)


async def test_a_sound_device(rig: Rig) -> None:
    status = await rig.register.device_status()
    assert status.serial == rig.device.identity().serial
    assert (status.fatal_error, status.printer, status.fn_present) == (False, 0, True)
    assert status.clock is not None
    assert abs(status.clock - rig.device.local()) < timedelta(minutes=1)


async def test_a_device_in_trouble(rig: Rig) -> None:
    rig.device.break_printer()
    assert (await rig.register.device_status()).printer != 0
    rig.device.remove_fn()
    assert not (await rig.register.device_status()).fn_present


async def test_what_waits_for_the_operator(rig: Rig) -> None:
    made = len(rig.device.book())
    first = await rig.register.ofd_status()
    assert first == OfdStatus(made, 1, rig.device.local())
    rig.device.advance(86_400)
    await rig.register.open_shift()
    later = await rig.register.ofd_status()
    assert later == OfdStatus(made + 1, 1, first.first_at)


async def test_how_long_the_storage_lives(rig: Rig) -> None:
    validity = await rig.register.validity()
    assert validity.expires is not None
    assert validity.expires > rig.device.local() + timedelta(days=365)
    assert validity.reregistrations_left > 0


async def test_shifts(rig: Rig) -> None:
    assert not (await rig.register.shift_status()).is_open
    for number in (1, 2):
        opened = await rig.register.open_shift("Иванова")
        assert opened.shift == number
        for receipts in range(3):
            assert await rig.register.shift_status() == ShiftStatus(True, number, receipts)
            await rig.sell(receipt())
        closed = await rig.register.close_shift("Иванова")
        assert closed.shift == number
        assert not (await rig.register.shift_status()).is_open
        told = [(line.kind, line.fd, line.fpd, line.shift) for line in rig.device.book()]
        assert ("open_shift", opened.fd, opened.fpd, number) in told
        assert told[-1] == ("close_shift", closed.fd, closed.fpd, number)


async def test_the_information_report_makes_no_document(rig: Rig) -> None:
    await rig.register.open_shift()
    before = rig.device.book()
    await rig.register.x_report()
    assert rig.device.book() == before


async def test_the_clock_is_set(rig: Rig) -> None:
    wanted = rig.device.local() + timedelta(minutes=17)
    await rig.register.set_clock(wanted)
    assert abs(rig.device.local() - wanted) < timedelta(minutes=1)
