"""The floor of a stream: the same frames, encoded beforehand, written to every socket in a bare loop.

``python -m bench.floor_stream REGISTERS CHANGES_A_SECOND`` prints its port and writes to whoever is connected. Like the
subject it sends, every 0.2 s, what changed in that time; unlike it, it knows nobody, keeps nothing and encodes nothing
but the moments, which it stamps into the ready bytes.
"""

import sys
import time
from functools import partial

import msgspec
import trio

from bench.stream_service import register

TICK = 0.2


def templates(registers: int) -> list[tuple[bytes, bytes]]:
    """Each register's change, cut where the moment goes."""
    cut = []
    for number in range(registers):
        state = msgspec.structs.replace(register(number), read_at=0.5, documents=number)
        text = msgspec.json.encode({"topic": "kkt", "key": state.eip, "state": state})
        head, _, tail = text.partition(b'"read_at":0.5')
        cut.append((head + b'"read_at":', tail))
    return cut


async def main(registers: int, rate: float) -> None:
    streams: set[trio.SocketStream] = set()

    async def hold(stream: trio.SocketStream) -> None:
        streams.add(stream)
        try:
            await trio.sleep_forever()
        finally:
            streams.discard(stream)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, hold, 0, host="127.0.0.1"))
        print(listeners[0].socket.getsockname()[1], flush=True)
        await _write(streams, templates(registers), rate)


async def _write(streams: set[trio.SocketStream], cut: list[tuple[bytes, bytes]], rate: float) -> None:
    number, began = 0, trio.current_time()
    while True:
        await trio.sleep(TICK)
        now, wall = trio.current_time(), time.monotonic()
        until = int((now - began) * rate)
        since = max(number, until - len(cut))
        parts = []
        for change in range(since, until):
            head, tail = cut[change % len(cut)]
            parts.append(b"%b%f%b" % (head, wall - (until - change) / rate, tail))
        number = until
        payload = b'{"type":"delta","rev":"0-%d","changes":[%b]}' % (number, b",".join(parts))
        frame = b"\x81\x7f" + len(payload).to_bytes(8, "big") + payload
        async with trio.open_nursery() as writers:
            for stream in streams:
                writers.start_soon(stream.send_all, frame)


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]), float(sys.argv[2]))
