"""The dashboard as it is served, over a hub that the bench changes: real page, session and stream, no registers.

``python -m bench.dashboard_service REGISTERS CHANGES_A_SECOND`` prints its port and serves until it is terminated.
"""

import sys
import time
from functools import partial

import trio
from msgspec.structs import replace
from quart import Blueprint, Response

from actors.hub import Hub
from actors.journal import Availability, Reader
from bench.stream_service import BATCHES, grants, refuse, register
from kassanet import logs
from kassanet.edge.answers import answer
from kassanet.edge.application import make_app
from kassanet.edge.auth import TokenBook
from kassanet.edge.dashboard import dashboard_blueprint
from kassanet.edge.dashboard.diary import Diary
from kassanet.edge.server import serve
from kassanet.edge.session import session_blueprint
from kassanet.edge.settings import EdgeSettings, ServerSettings, Trust
from kassanet.edge.stream.route import stream_blueprint
from kassanet.edge.stream.stream import Stream
from schemas.circuits import CircuitState
from schemas.rows import StoredCircuit
from schemas.tree import ActorNode

SHIFT_OPENED_AT = time.time() - 5 * 3600


def pace_blueprint(diary: Diary) -> Blueprint:
    """What the page asks beside the stream, without the fleet that would say who may see what."""
    blueprint = Blueprint("pace", __name__)

    @blueprint.get("/api/v1/pace")
    async def pace() -> Response:
        return answer(diary.pace())

    return blueprint


async def change(hub: Hub, registers: int, rate: float) -> None:
    """Every register in turn, evenly over time; each change is one that a person sees: a receipt begins, or is made."""
    states = [register(number) for number in range(registers)]
    number, due, started = 0, 0.0, trio.current_time()
    while True:
        due += rate / BATCHES
        while number < due:
            turn, place = divmod(number, registers)
            begins = turn % 2 == 0
            states[place] = state = replace(
                states[place],
                documents=turn // 2,
                condition="busy" if begins else "ready",
                receipt_id=number if begins else None,
                read_at=time.time(),
                shift_opened_at=SHIFT_OPENED_AT,
            )
            hub.publish("kkt", state.eip, state, circuit=1)
            number += 1
        await trio.sleep_until(started + due / rate)


async def main(registers: int, rate: float) -> None:
    logs.configure("error")
    hub, tokens = Hub(), TokenBook(grants)
    hub.publish("circuit", "1", CircuitState(1, "7801234564-1", "Bench", 0, None, registers, 0, 0), circuit=1)
    reader = Reader(lambda: None, Availability())  # type: ignore[arg-type,return-value]  # nobody asks for receipts
    tree = ActorNode("root", "supervisor", "running", 0.0, 0)
    stream = Stream(hub, tokens, reader, {1: StoredCircuit(1, "7801234564", 1, "Bench", None)}, lambda: tree, refuse)
    blueprints = (
        dashboard_blueprint(),
        session_blueprint(tokens, Trust(), 3.0),
        stream_blueprint(stream),
        pace_blueprint(Diary(hub, 0.0)),
    )
    app = make_app(tokens=tokens, ready=lambda: None, settings=EdgeSettings(), blueprints=blueprints)
    async with trio.open_nursery() as nursery:
        await nursery.start(tokens.keep_fresh)
        await nursery.start(stream.run)
        addresses = await nursery.start(partial(serve, app, ServerSettings(port=0), stop=trio.Event()))
        print(addresses[0].rpartition(":")[2], flush=True)
        await change(hub, registers, rate)


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]), float(sys.argv[2]))
