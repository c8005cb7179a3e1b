"""The floor of a POST: an empty quart-trio application on the same HTTP server, which reads the body and answers.

No token, no rules, no log, nothing durable. ``python -m bench.floor_post PORT`` prints ``ready`` and serves until
terminated.
"""

import sys

import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from quart import request
from quart_trio import QuartTrio

app = QuartTrio(__name__)


@app.post("/empty")
async def empty() -> tuple[dict[str, int], int]:
    return {"bytes": len(await request.get_data())}, 202


async def main(port: int) -> None:
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.accesslog = config.errorlog = None
    config.keep_alive_max_requests = 1_000_000
    async with trio.open_nursery() as nursery:
        await nursery.start(serve, app, config)
        print("ready", flush=True)


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]))
