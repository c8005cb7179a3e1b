"""The null modem: bytes arrive whole, or fail exactly as its faults say."""

import pytest
import trio
import trio.testing

from transports.link import ByteStream, NothingWritten
from transports.memory import Faults, MemoryDialer, null_modem


async def drained(stream: ByteStream) -> bytes:
    data = b""
    while more := await stream.receive_some():
        data += more
    return data


async def test_bytes_go_both_ways() -> None:
    ours, theirs = null_modem()
    await ours.send_all(b"there")
    await theirs.send_all(b"back")
    assert await theirs.receive_some() == b"there"
    assert await ours.receive_some(2) == b"ba"
    assert await ours.receive_some() == b"ck"


async def test_closing_ends_both_directions() -> None:
    ours, theirs = null_modem()
    await ours.send_all(b"last")
    await ours.aclose()
    assert await drained(theirs) == b"last"
    with pytest.raises(NothingWritten):
        await theirs.send_all(b"x")
    with pytest.raises(trio.ClosedResourceError):
        await ours.receive_some()
    with pytest.raises(trio.ClosedResourceError):
        await ours.send_all(b"x")


async def test_one_byte_at_a_time() -> None:
    ours, theirs = null_modem(Faults(one_byte=True))
    await ours.send_all(b"ab")
    assert await theirs.receive_some() == b"a"
    assert await theirs.receive_some() == b"b"


@pytest.mark.parametrize("cut", range(5))
async def test_a_cut_lets_exactly_so_many_bytes_through(cut: int) -> None:
    ours, theirs = null_modem(Faults(cut_at=cut))
    if cut == 0:
        with pytest.raises(NothingWritten):
            await ours.send_all(b"abcd")
    else:
        await ours.send_all(b"abcd")
    assert await drained(theirs) == b"abcd"[:cut]
    assert await ours.receive_some() == b""


async def test_a_cut_counts_over_several_writes() -> None:
    ours, theirs = null_modem(Faults(cut_at=3))
    await ours.send_all(b"ab")
    await ours.send_all(b"cd")
    with pytest.raises(NothingWritten):
        await ours.send_all(b"e")
    assert await drained(theirs) == b"abc"


async def test_a_reset_is_no_end_of_stream() -> None:
    ours, theirs = null_modem(Faults(cut_at=1, reset=True))
    await ours.send_all(b"ab")
    assert await theirs.receive_some() == b"a"
    with pytest.raises(trio.BrokenResourceError):
        await theirs.receive_some()


async def test_delay_is_on_trios_clock(autojump_clock: trio.testing.MockClock) -> None:
    ours, theirs = null_modem(Faults(delay=7))
    began = trio.current_time()
    await ours.send_all(b"late")
    with trio.move_on_after(3):
        await theirs.receive_some()
    assert await theirs.receive_some() == b"late", "a reader that gave up takes nothing with it"
    assert trio.current_time() - began == pytest.approx(7)


async def test_loss_is_repeatable() -> None:
    received = []
    for _ in range(2):
        ours, theirs = null_modem(Faults(loss=0.5, seed=3))
        await ours.send_all(bytes(range(100)))
        received.append(await theirs.receive_some())
    assert received[0] == received[1]
    assert 20 < len(received[0]) < 80


async def test_the_dialer_starts_the_device_for_each_connection(nursery: trio.Nursery) -> None:
    async def echo(stream: ByteStream) -> None:
        await stream.send_all(await stream.receive_some())

    dialer = MemoryDialer(nursery, echo)
    for count in (1, 2):
        stream = await dialer.dial()
        await stream.send_all(b"hello")
        assert await drained(stream) == b"hello"
        assert dialer.dialled == count
    dialer.refusing = True
    with pytest.raises(ConnectionRefusedError):
        await dialer.dial()


async def test_a_device_may_be_cut_off(nursery: trio.Nursery) -> None:
    async def talker(stream: ByteStream) -> None:
        while True:
            await stream.send_all(b"more")

    stream = await MemoryDialer(nursery, talker).dial()
    await stream.aclose()
    await trio.testing.wait_all_tasks_blocked()
