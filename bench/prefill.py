"""A journal that has seen much: receipts put into it directly, for what would take minutes over HTTP.

The records are those that the service's own intake makes, and its own store writes them; no service may run there.
"""

import time
from pathlib import Path

from bench.receipts import lines
from kassanet.edge.intake import Intake
from kassanet.store.lock import DirectoryLock
from kassanet.store.sqlite import Opening, SqliteStore
from schemas.records import AcceptReceipts


def prefill(data: Path, circuit: int, count: int, chunk: int = 2000) -> None:
    """Queue ``count`` receipts in a circuit of the journal under ``data``."""
    intake = Intake(circuit)
    with DirectoryLock(data):
        store = SqliteStore.open(Opening(data))
        try:
            for piece in lines("earlier", count, chunk):
                at = time.time()
                store.commit([AcceptReceipts(tuple(intake.record(line, at) for line in piece.splitlines()))])
        finally:
            store.close()
