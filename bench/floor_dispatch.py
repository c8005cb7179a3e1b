"""The floor of dispatch: a durable write, an event in memory, a task that wakes and sends a ready-made command.

No HTTP, no queue, no choice of a register: what getting from *accepted* to the first byte costs on this machine, with
this disk. With further registers given, the bare loops of the fleet's floor run beside it.
``python -m bench.floor_dispatch FILE PORT TIMES PAUSE [FIRST COUNT]`` prints the moments of acceptance.
"""

import sqlite3
import sys
import time

import msgspec
import trio

from bench.floor_fleet import exchange
from bench.floor_fleet import main as keep_busy
from bench.receipts import receipt
from transports.terminalfa.commands import encode_request
from transports.terminalfa.commands.information import ReadFnStatus

BODY = msgspec.json.encode(receipt("floor"))


class Journal:
    """One table, one row a commit, as durable as ours."""

    def __init__(self, file: str) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE receipts (id INTEGER PRIMARY KEY, body BLOB)")

    def write(self) -> None:
        self._connection.execute("INSERT INTO receipts (body) VALUES (?)", (BODY,))


async def dispatch(port: int, woken: trio.Event) -> None:
    await woken.wait()
    await exchange(("127.0.0.1", port), encode_request(ReadFnStatus()))


async def main(file: str, port: int, times: int, pause: float, busy: list[int]) -> None:
    journal = Journal(file)
    async with trio.open_nursery() as nursery:
        if busy:
            nursery.start_soon(keep_busy, "127.0.0.1", busy[0], busy[1])
        moments = [await _accept(journal, port, pause) for _ in range(times)]
        nursery.cancel_scope.cancel()
    print(msgspec.json.encode(moments).decode(), flush=True)


async def _accept(journal: Journal, port: int, pause: float) -> float:
    woken = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatch, port, woken)
        await trio.sleep(pause)
        accepted = time.time()
        await trio.to_thread.run_sync(journal.write)
        woken.set()
    return accepted


if __name__ == "__main__":
    trio.run(main, sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), [int(n) for n in sys.argv[5:]])
