"""The stream as it is served, over a hub that a bench changes: the real edge, with no registers and no store behind it.

``python -m bench.stream_service REGISTERS CHANGES_A_SECOND`` prints its port and serves until it is terminated. Each
change is a whole state, as a register's actor publishes it; ``read_at`` is the moment on the monotonic clock.
"""

import sys
import time
from datetime import datetime
from functools import partial

import trio
from msgspec.structs import replace

from actors.hub import Hub
from actors.journal import Availability, Reader
from kassanet import logs
from kassanet.edge.application import make_app
from kassanet.edge.auth import Access, Grants, TokenBook, token_hash
from kassanet.edge.server import serve
from kassanet.edge.settings import EdgeSettings, ServerSettings
from kassanet.edge.stream.route import stream_blueprint
from kassanet.edge.stream.stream import Stream
from schemas.kkt import DeviceStatus, FnStatus, Identity, KktState, OfdStatus, ShiftStatus
from schemas.rows import StoredCircuit, StoredToken
from schemas.stream import Command
from schemas.tree import ActorNode

TOKEN = "kassa_bench"
BATCHES = 20
"""Changes come in so many portions a second."""


def register(number: int) -> KktState:
    """As full as a register's state is when everything was read."""
    fn, at = f"99990789{number:08}", datetime(2026, 11, 22, 12, 0)
    return KktState(
        f"127.0.0.1:{10_000 + number}", "terminalfa", 1, "ready",
        identity=Identity(f"{number:012}", fn, f"{number:016}", "7801234564", 1, 2, 0),
        fn=FnStatus(fn, 3, 0, True, 0, 41, at),
        device=DeviceStatus(f"{number:012}", at, False, 0, True),
        ofd=OfdStatus(0, 0, None), shift=ShiftStatus(True, 3, 17), fn_expires=at,
    )  # fmt: skip


async def change(hub: Hub, registers: int, rate: float) -> None:
    """Every register in turn, evenly over time."""
    states = [register(number) for number in range(registers)]
    number, due, started = 0, 0.0, trio.current_time()
    while True:
        due += rate / BATCHES
        while number < due:
            place = number % registers
            state = states[place] = replace(
                states[place], documents=number, condition="busy" if number % 2 else "ready", read_at=time.monotonic()
            )
            hub.publish("kkt", state.eip, state, circuit=1)
            number += 1
        await trio.sleep_until(started + due / rate)


async def grants() -> Grants:
    return Grants((StoredToken(1, token_hash(TOKEN), "admin", None, None, 0.0, None),), ())


async def refuse(access: Access, command: Command) -> tuple[int, object]:
    raise NotImplementedError


async def main(registers: int, rate: float) -> None:
    logs.configure("error")
    hub, tokens = Hub(), TokenBook(grants)
    reader = Reader(lambda: None, Availability())  # type: ignore[arg-type,return-value]  # nobody asks for receipts
    tree = ActorNode("root", "supervisor", "running", 0.0, 0)
    stream = Stream(hub, tokens, reader, {1: StoredCircuit(1, "7801234564", 1, "Bench", None)}, lambda: tree, refuse)
    app = make_app(tokens=tokens, ready=lambda: None, settings=EdgeSettings(), blueprints=(stream_blueprint(stream),))
    async with trio.open_nursery() as nursery:
        await nursery.start(tokens.keep_fresh)
        await nursery.start(stream.run)
        settings, stop = ServerSettings(port=0), trio.Event()
        addresses = await nursery.start(partial(serve, app, settings, stop=stop))
        print(addresses[0].rpartition(":")[2], flush=True)
        await change(hub, registers, rate)


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]), float(sys.argv[2]))
