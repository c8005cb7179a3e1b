"""The shipped unit's command line as a process, with the test in the place of systemd."""

import os
import re
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from tests.deploy.unit import DEPLOY, PROGRAM, command, read

UNIT = read("kassanet.service")
PATIENCE = 60.0
_ADDRESS = re.compile(r"http://[\d.]+:\d+")


@dataclass
class Running:
    """A service under what it takes for systemd."""

    process: trio.Process
    listener: trio.socket.SocketType
    address: str
    folder: Path
    said: list[bytes]

    async def says(self, wanted: bytes) -> None:
        while wanted not in self.said:
            self.said.append(await self.listener.recv(4096))


def places(place: Path, folder: Path) -> dict[str, str]:
    return {PROGRAM: str(place), "%E": str(folder / "etc"), "%S": str(folder / "lib")}


def environment(folder: Path) -> dict[str, str]:
    """As bare as systemd's: no locale, no virtual environment, no home."""
    watchdog = int(UNIT["Service.WatchdogSec"][0]) * 1_000_000
    return {"PATH": os.defpath, "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": str(watchdog)}


def prepare(folder: Path, proxies: str) -> None:
    """The directories that systemd would make, and the configuration as it is shipped, on a free port."""
    for name in ("etc", "lib"):
        (folder / name / "kassanet").mkdir(parents=True)
    shipped = (DEPLOY / "kassanet.toml").read_text()
    for said, wanted in (("port = 8080", "port = 0"), ("trusted_proxies = []", f"trusted_proxies = {proxies}")):
        assert shipped.count(f"\n{said}\n") == 1
        shipped = shipped.replace(f"\n{said}\n", f"\n{wanted}\n")
    (folder / "etc/kassanet/kassanet.toml").write_text(shipped)


@asynccontextmanager
async def running(place: Path, folder: Path, proxies: str = "[]") -> AsyncIterator[Running]:
    """Ready, as systemd understands it; killed by its id if it outlives the block."""
    prepare(folder, proxies)
    listener = trio.socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    await listener.bind(str(folder / "notify"))
    with (folder / "log").open("wb") as log:
        words = command(UNIT, places(place, folder))
        process = await trio.lowlevel.open_process(words, env=environment(folder), cwd="/", stdout=log, stderr=log)
    try:
        service = Running(process, listener, "", folder, [])
        await ready(service)
        yield service
    finally:
        listener.close()
        if process.poll() is None:
            process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()


async def ready(service: Running) -> None:
    """Waits for READY=1, and finds the address in the log."""
    with trio.move_on_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_ends, service.process, nursery.cancel_scope)
            await service.says(b"READY=1")
            nursery.cancel_scope.cancel()
    log = (service.folder / "log").read_text()
    found = _ADDRESS.search(log)
    assert found, log
    service.address = found[0]


async def _ends(process: trio.Process, scope: trio.CancelScope) -> None:
    await process.wait()
    scope.cancel()


def printed(place: Path, *words: str) -> str:
    """What a command of the installation prints."""
    return subprocess.run(
        [place / "bin" / "kassanet", *words], env={"PATH": os.defpath}, cwd="/", check=True, stdout=subprocess.PIPE
    ).stdout.decode()
