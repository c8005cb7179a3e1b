"""The simulated tax service and a signing agent for the browser's tests: a process of its own that listens to stdin.

``python -m tests.browser.office FOLDER`` says in one line of JSON how a service reaches them, and then does each word
that it is told: ``close`` sends the tax service into maintenance, ``reopen`` ends it. It ends with its stdin.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import trio

from bench.processes import last_line, stop
from tests.kassanet.service.tax_office import tax_office


class Office:
    """``section`` is what the service's configuration says of it, ``key_id`` a cashier's key."""

    def __init__(self, process: subprocess.Popen[bytes], section: str, key_id: str) -> None:
        self.section = section
        self.key_id = key_id
        self._process = process

    def tell(self, word: str) -> None:
        """Done when this returns."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n".encode())
        self._process.stdin.flush()
        assert self._process.stdout.readline() == f"{word}\n".encode()


@contextmanager
def open_office(folder: Path) -> Iterator[Office]:
    """Open as long as the block lasts."""
    folder.mkdir()
    log = folder / "log"
    with log.open("wb") as file:
        command = [sys.executable, "-m", "tests.browser.office", str(folder)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert said, last_line(log)
        yield Office(process, **json.loads(said))
    finally:
        process.stdin.close()
        stop(process)


async def main(folder: Path, said_to: TextIO) -> None:
    async with tax_office(folder) as place:
        said = place.section()
        agent = said.agents["shop"]
        section = (
            f'[prro]\ntax_server = "{said.tax_server}"\nauthorities = "{said.authorities}"\ntick = 0.5\n'
            f'[prro.agents.shop]\nurl = "{agent.url}"\ntoken_file = "{agent.token_file}"\n'
        )
        print(json.dumps({"section": section, "key_id": place.key_id}), file=said_to, flush=True)
        words = {"close": place.close, "reopen": place.reopen}
        while word := (await trio.to_thread.run_sync(sys.stdin.readline)).strip():
            words[word]()
            print(word, file=said_to, flush=True)


if __name__ == "__main__":
    spoken = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what is logged goes elsewhere
    trio.run(main, Path(sys.argv[1]), spoken)
