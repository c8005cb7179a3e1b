"""The demonstration: simulated devices in processes of their own, the service, and a shop that sells all day.

Everything goes the way a customer's would: the circuit, the registers, the pinpads and the integration are made over
HTTP, and the shop posts its receipts and its tills their sales over HTTP with the integration's own token. With a
``scheme`` a provider takes the shop's place, between payment channels and billings.
"""

import os
import sys
import tempfile
import time
import webbrowser
from contextlib import ExitStack
from importlib.resources import as_file, files
from pathlib import Path

import httpx
import msgspec
import trio
from msgspec import Struct
from msgspec.structs import replace

from kassanet.app import Service, serve
from kassanet.config import Callbacks, Config
from kassanet.demo_cafe import Cafe
from kassanet.demo_office import OUTAGE_AFTER, OUTAGE_SECONDS, TIN, Office
from kassanet.demo_premises import Premises
from kassanet.demo_processes import sandbox
from kassanet.demo_schemes import SCHEMES, SchemeName
from kassanet.demo_shop import INN, Shop
from kassanet.demo_tills import CARDS, Tills
from kassanet.edge.auth import new_token, token_hash
from kassanet.failures import DevicesMissing
from kassanet.sandbox.smartsale.fleet import Place, places
from schemas.records import AddToken, Role

FEW_KKTS, KKTS_FROM, MANY_KKTS_FROM, MOST_KKTS = 99, 7801, 10_001, 10_000
FEW_PINPADS, BANK_AT, LARGE_BANK_AT, MOST_PINPADS = 49, 7900, 25_000, 5_000
"""Ports of the demonstration's devices: few stand together, many have a range of their own."""


class DemoOptions(Struct, frozen=True):
    """The command line of ``kassanet demo``. ``rate`` is receipts a second, 0 for none.

    Each of the ``pinpads`` stands at a till, where a customer comes after ``customer_seconds`` and takes as long again.
    ``prro`` are software registers, each with its customers; the tax service goes away for ``outage_seconds`` at every
    so-manieth sale (``outage_after``) of one of them. With a ``scheme`` ``rate`` is payments a second.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    kkts: int = 8
    document_seconds: float = 1.0
    rate: float = 4.0
    data: Path | None = None
    kkt_port: int = KKTS_FROM
    pinpads: int = 0
    bank_port: int = BANK_AT
    customer_seconds: float = 2.0
    prro: int = 0
    tax_port: int = 8609
    agent_port: int = 8090
    outage_after: int = OUTAGE_AFTER
    outage_seconds: float = OUTAGE_SECONDS
    scheme: SchemeName | None = None
    billing_port: int = 7950

    @property
    def organisations(self) -> dict[str, list[str]]:
        """Addresses of registers by INN: where there are several organisations they share them out."""
        inns = (INN,) if self.scheme is None else SCHEMES[self.scheme].inns
        shares = {inn: range(place, self.kkts, len(inns)) for place, inn in enumerate(inns)}
        firsts = {inn: self.kkt_port + sum(len(shares[before]) for before in inns[:place])
                  for place, inn in enumerate(inns)}  # fmt: skip
        return {inn: [f"127.0.0.1:{firsts[inn] + number}" for number in range(len(shares[inn]))] for inn in inns}

    @property
    def terminals(self) -> list[Place]:
        """Where card terminals stand: behind their bank's port."""
        return places(self.pinpads, "127.0.0.1", self.bank_port + 1)

    def spread(self) -> "DemoOptions":
        """The same with ports at which so many devices have room. Raises :class:`DevicesMissing`: there is none."""
        if self.kkts > MOST_KKTS or self.pinpads > MOST_PINPADS:
            text = f"the demonstration has room for {MOST_KKTS} --kkts and {MOST_PINPADS} --pinpads"
            raise DevicesMissing(f"{text}; choose fewer")
        kkt_port = self.kkt_port if self.kkts <= FEW_KKTS else MANY_KKTS_FROM
        return replace(
            self, kkt_port=kkt_port, bank_port=self.bank_port if self.pinpads <= FEW_PINPADS else LARGE_BANK_AT
        )

    def office(self, data: Path) -> Office:
        """What software registers need around them."""
        return Office(data, self.prro, self.tax_port, self.agent_port, self.outage_after, self.outage_seconds)


def run(options: DemoOptions, config: Config) -> None:
    """Run until interrupted. Raises :class:`DevicesMissing` when the simulated devices do not start."""
    with ExitStack() as stack:
        data = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kassanet-demo-")))
        for inn, registers in options.organisations.items():
            if registers:
                port = int(registers[0].rpartition(":")[2])
                state = data / ("sandbox" if inn == INN else f"sandbox-{inn}")
                stack.enter_context(sandbox(_registers(options, inn, len(registers), port, state), port))
        premises = None if options.scheme is None else Premises(options.scheme, data, options.billing_port)
        if options.pinpads:
            stack.enter_context(sandbox(_terminals(options, data / "terminals"), options.bank_port))
        loopback = Callbacks(allow=("127.0.0.0/8", "::1/128"))
        config = replace(config, host=options.host, port=options.port, data=str(data / "service"), callbacks=loopback)
        profiles = stack.enter_context(as_file(files("kassanet.sandbox.smartsale").joinpath("profile.toml")))
        config = replace(config, pinpads=replace(config.pinpads, smartsale=str(profiles)))
        office = options.office(data) if options.prro else None
        if office is not None:
            stack.enter_context(office.open())
            config = replace(config, prro=office.section())
        if premises is not None:
            stack.enter_context(premises.open())
            config = replace(config, payments=premises.section())
        trio.run(_run, options, config, office, premises)


def _registers(options: DemoOptions, inn: str, count: int, port: int, state: Path) -> list[str]:
    where = [f"--count={count}", f"--port={port}", f"--state={state}", f"--inn={inn}"]
    return ["terminalfa", *where, f"--document-seconds={options.document_seconds}"]


def _terminals(options: DemoOptions, state: Path) -> list[str]:
    state.mkdir(parents=True, exist_ok=True)
    script = state / "cards.jsonl"
    script.write_bytes(msgspec.json.Encoder().encode_lines(CARDS))
    seconds = options.customer_seconds
    ways = [f"--card-seconds={seconds}", f"--set=pin_seconds={seconds}", "--set=dialogs=true", "--set=answers_eot=true"]
    where = [f"--count={options.pinpads}", f"--port={options.bank_port + 1}", f"--host-port={options.bank_port}"]
    return ["smartsale", *where, f"--state={state}", f"--cards={script}", *ways]


async def _run(options: DemoOptions, config: Config, office: Office | None, premises: Premises | None) -> None:
    async with trio.open_nursery() as nursery:
        service: Service = await nursery.start(serve, config)
        token = await _token(service, "admin")
        page = f"{service.addresses[0]}/#token={token}"
        print(f"\n  dashboard  {page}\n  token      {token}", flush=True)
        if premises is not None:
            print(f"  payments   {service.addresses[0]}/#/payments\n  topology   {service.addresses[0]}/#/topology")
        print(flush=True)
        if _has_screen():
            webbrowser.open(page)
        nursery.start_soon(_trade, service, token, options, office, premises)


async def _token(service: Service, role: Role, inn: str | None = None) -> str:
    token = new_token()
    await service.journal.ask(AddToken(token_hash(token), role, inn, None, time.time()))
    return token


def _has_screen() -> bool:
    """Where there is none, a browser would take over the terminal."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


async def _trade(
    service: Service, token: str, options: DemoOptions, office: Office | None, premises: Premises | None
) -> None:
    """The shop closes as soon as the service begins to stop."""
    async with (
        httpx.AsyncClient(base_url=service.addresses[0], timeout=30.0, trust_env=False) as client,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(_close_with, service, nursery.cancel_scope)
        shop = Shop(client, token, options.organisations[INN])
        await shop.build()
        tills = Tills(shop, options.terminals, options.customer_seconds)
        await tills.build()
        nursery.start_soon(tills.serve)
        if office is not None:
            cafe = Cafe(
                client, await _token(service, "operator", TIN), options.prro, shop.prefix, options.customer_seconds
            )
            nursery.start_soon(_open_cafe, cafe, office)
        if premises is None:
            await shop.sell(options.rate)
            return
        circuits = {INN: shop.circuit_id}
        for inn, registers in list(options.organisations.items())[1:]:
            circuits[inn] = await shop.open_circuit(inn, "ООО «Соседи»", registers)
        await premises.trade(shop, service.addresses[0], token, circuits, options.rate)


async def _open_cafe(cafe: Cafe, office: Office) -> None:
    keys = await office.hand_over()
    print(f"  agent      {office.agent_url}  {len(keys)} keys handed over\n  tax books  {office.tax}\n", flush=True)
    await cafe.build(keys, office.cashiers())
    await cafe.serve()


async def _close_with(service: Service, shop: trio.CancelScope) -> None:
    await service.stop.wait()
    shop.cancel()
