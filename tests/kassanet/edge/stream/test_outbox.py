"""An outbox is bounded: who lets it fill is told, once, and gets nothing more."""

import json

import pytest
import trio
from trio.testing import MockClock

from kassanet.edge.stream import outbox as outbox_module
from kassanet.edge.stream.frames import Frame
from kassanet.edge.stream.outbox import LAGGED, Outbox


async def test_frames_come_out_in_order_and_large_ones_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "AT_ONCE", 10)
    outbox = Outbox()
    for size in (4, 4, 4, 20):
        assert outbox.put(Frame(b"x" * size))
    assert [len(frame) for frame in await outbox.take()] == [4, 4, 4]
    assert [len(frame) for frame in await outbox.take()] == [20]
    assert outbox.size == 0


@pytest.mark.parametrize(("bound", "most"), [("FRAMES", 3), ("BYTES", 30)])
async def test_overflow_drops_what_waits_and_says_so(bound: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, bound, most)
    outbox = Outbox()
    for _ in range(3):
        assert outbox.put(Frame(b"x" * 10))
    assert not outbox.put(Frame(b"x" * 10))
    assert not outbox.put(Frame(b"late"))
    assert outbox.closing == LAGGED
    assert [json.loads(frame.payload) for frame in await outbox.take()] == [{"type": "lagged"}]
    assert await outbox.take() == []


async def test_one_frame_may_be_larger_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "BYTES", 30)
    outbox = Outbox()
    assert outbox.put(Frame(b"x" * 100))
    assert not outbox.put(Frame(b"x"))


async def test_a_reader_is_woken_by_a_frame_and_by_the_end(autojump_clock: MockClock) -> None:
    outbox = Outbox()
    taken: list[bytes] = []
    async with trio.open_nursery() as nursery:

        async def read() -> None:
            while frames := await outbox.take():
                taken.extend(frame.payload for frame in frames)

        nursery.start_soon(read)
        await trio.sleep(1)
        outbox.put(Frame(b"one"))
        await trio.sleep(1)
        outbox.close(1000, "enough", Frame(b"bye"))
    assert taken == [b"one", b"bye"]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_frame_on_the_wire_is_one_that_websockets_read(size: int) -> None:
    from wsproto import ConnectionType
    from wsproto.connection import Connection
    from wsproto.events import TextMessage

    connection = Connection(ConnectionType.CLIENT)
    connection.receive_data(Frame(b"x" * size).wire)
    text = "".join(event.data for event in connection.events() if isinstance(event, TextMessage))
    assert text == "x" * size


async def test_lag_is_that_of_the_oldest_frame_also_while_it_is_written(autojump_clock: MockClock) -> None:
    outbox = Outbox()
    assert outbox.lag == 0
    outbox.put(Frame(b"first"))
    await trio.sleep(1)
    await outbox.take()
    await trio.sleep(2)
    outbox.put(Frame(b"second"))
    assert outbox.lag == 3
    await trio.sleep(4)
    assert outbox.sent() == 7
    assert outbox.lag == 4
    await outbox.take()
    assert (outbox.sent(), outbox.lag) == (4, 0)
