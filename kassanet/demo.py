"""The demonstration: simulated registers in a second process, the service, and a shop that sells all day.

Everything goes the way a customer's would: the circuit, the registers and the integration are made over HTTP, and the
shop posts its receipts over HTTP with the integration's own token.
"""

import os
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import trio
from msgspec import Struct
from msgspec.structs import replace

from kassanet.app import Service, serve
from kassanet.config import Callbacks, Config
from kassanet.demo_shop import INN, Shop
from kassanet.edge.auth import new_token, token_hash
from schemas.records import AddToken


class DemoOptions(Struct, frozen=True):
    """The command line of ``kassanet demo``. ``rate`` is receipts a second, 0 for none."""

    host: str = "127.0.0.1"
    port: int = 8080
    kkts: int = 8
    document_seconds: float = 1.0
    rate: float = 4.0
    data: Path | None = None
    kkt_port: int = 7801


def run(options: DemoOptions, config: Config) -> None:
    """Run until interrupted. Raises ``RuntimeError`` when the registers do not start."""
    with ExitStack() as stack:
        data = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kassanet-demo-")))
        stack.enter_context(_sandbox(options, data / "sandbox"))
        loopback = Callbacks(allow=("127.0.0.0/8", "::1/128"))
        config = replace(config, host=options.host, port=options.port, data=str(data / "service"), callbacks=loopback)
        trio.run(_run, options, config)


@contextmanager
def _sandbox(options: DemoOptions, state: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "kassanet", "sandbox", "terminalfa", f"--count={options.kkts}", f"--inn={INN}"]
    command += [f"--port={options.kkt_port}", f"--state={state}", f"--document-seconds={options.document_seconds}"]
    # A session of its own: an interrupt from the keyboard is for the service, which then stops the registers.
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    try:
        if not process.stdout.readline().startswith("ready"):
            raise RuntimeError(f"the simulated registers did not start; is port {options.kkt_port} free?")
        yield
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


async def _run(options: DemoOptions, config: Config) -> None:
    async with trio.open_nursery() as nursery:
        service: Service = await nursery.start(serve, config)
        token = new_token()
        await service.journal.ask(AddToken(token_hash(token), "admin", None, None, time.time()))
        page = f"{service.addresses[0]}/#token={token}"
        print(f"\n  dashboard  {page}\n  token      {token}\n", flush=True)
        if _has_screen():
            webbrowser.open(page)
        nursery.start_soon(_trade, service, token, options)


def _has_screen() -> bool:
    """Where there is none, a browser would take over the terminal."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


async def _trade(service: Service, token: str, options: DemoOptions) -> None:
    """The shop closes as soon as the service begins to stop."""
    registers = [f"127.0.0.1:{options.kkt_port + number}" for number in range(options.kkts)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_close_with, service, nursery.cancel_scope)
        async with httpx.AsyncClient(base_url=service.addresses[0], timeout=30.0, trust_env=False) as client:
            shop = Shop(client, token, registers)
            await shop.build()
            await shop.sell(options.rate)


async def _close_with(service: Service, shop: trio.CancelScope) -> None:
    await service.stop.wait()
    shop.cancel()
