"""A process to be killed: accepts receipts through the supervised journal and says which were acknowledged.

``python -m tests.kassanet.store.acceptor ENGINE DIR PREFIX``: prints ``ready``, then one external id for each answer.
"""

import itertools
import sys
from functools import partial
from pathlib import Path

import trio

from actors.journal import Availability, Journal
from actors.runtime import ChildSpec, Ref, Supervisor
from tests.kassanet.store.engines import ENGINES
from tests.kassanet.store.writes import begin, fiscalized, new

ASKERS = 8


async def ask_on(journal: Ref, prefix: str) -> None:
    """Every third receipt is also made into a document, on an FN of its own asker."""
    for number in itertools.count():
        key = f"{prefix}-{number}"
        accepted = await journal.ask(new(key))
        sys.stdout.write(f"accepted {key}\n")
        if number % 3 == 0:
            attempt = await journal.ask(begin(accepted.receipt_id, number, eip=prefix, fn=prefix))
            await journal.ask(fiscalized(attempt, number + 1, fn=prefix))
            sys.stdout.write(f"fiscalized {key}\n")
        sys.stdout.flush()


async def main(engine: str, folder: Path, prefix: str) -> None:
    availability = Availability()
    spec = ChildSpec("journal", lambda: Journal(partial(ENGINES[engine].store, folder), availability))
    tree = Supervisor("root", children=[spec])
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        print("ready", flush=True)
        for asker in range(ASKERS):
            nursery.start_soon(ask_on, tree.ref("journal"), f"{prefix}/{asker}")


if __name__ == "__main__":
    trio.run(main, sys.argv[1], Path(sys.argv[2]), sys.argv[3])
