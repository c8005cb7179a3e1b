"""The floor of an import: lines from a socket, decoded, made durable in batches, answered with a count.

No HTTP, no rules, no digest, no token, no answer for each line; the same disk and the same batches.
``python -m bench.floor_lines PORT FILE`` prints ``ready`` and serves until terminated.
"""

import sqlite3
import sys

import msgspec
import trio

from kassanet.edge.bulk import BATCH
from schemas.receipts import ReceiptRequest

Row = tuple[str, bytes]

_decode = msgspec.json.Decoder(ReceiptRequest).decode


def open_journal(file: str) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE receipts (id INTEGER PRIMARY KEY, external_id TEXT UNIQUE, body BLOB)")
    return connection


def write(journal: sqlite3.Connection, rows: list[Row]) -> None:
    journal.execute("BEGIN IMMEDIATE")
    journal.executemany("INSERT INTO receipts (external_id, body) VALUES (?, ?)", rows)
    journal.execute("COMMIT")


async def take(journal: sqlite3.Connection, stream: trio.SocketStream) -> None:
    rows: list[Row] = []
    rest, count = b"", 0
    async for chunk in stream:
        *lines, rest = (rest + chunk).split(b"\n")
        rows += [(_decode(line).external_id, line) for line in lines]
        if len(rows) >= BATCH:
            await trio.to_thread.run_sync(write, journal, rows)
            count, rows = count + len(rows), []
    await trio.to_thread.run_sync(write, journal, rows)
    await stream.send_all(str(count + len(rows)).encode())
    await stream.send_eof()


async def main(port: int, file: str) -> None:
    journal = open_journal(file)

    async def handle(stream: trio.SocketStream) -> None:
        await take(journal, stream)

    async with trio.open_nursery() as nursery:
        await nursery.start(trio.serve_tcp, handle, port)
        print("ready", flush=True)


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]), sys.argv[2])
