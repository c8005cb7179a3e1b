"""What stands around a provider in the demonstration: its billings as processes, a folder for statements, the players.

Everything keeps its state below the demonstration's folder, so that a second run goes on where the first one ended.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from kassanet.config import PaymentsSection, WatchedFolder
from kassanet.demo_processes import sandbox
from kassanet.demo_provider import Provider
from kassanet.demo_schemes import FAULTS, SCHEMES, SchemeName
from kassanet.demo_shop import Shop


class Premises:
    """``port`` is that of the first billing; the others follow, and YooKassa's API after them."""

    def __init__(self, scheme: SchemeName, data: Path, port: int) -> None:
        self._scheme = SCHEMES[scheme]
        self._data = data / "billings"
        self._folder = data / "statements"
        self._billings = {name: port + place for place, name in enumerate(self._scheme.billings)}
        self._api_port = port + len(self._billings)

    @contextmanager
    def open(self) -> Iterator[None]:
        """The billings, as long as it lasts. Raises ``DevicesMissing``."""
        for folder in (self._data, self._folder):
            folder.mkdir(parents=True, exist_ok=True)
        faults = self._data / "faults.jsonl"
        faults.write_bytes(msgspec.json.Encoder().encode_lines(FAULTS))
        with ExitStack() as stack:
            for name, kind in self._scheme.billings.items():
                port = self._billings[name]
                words = [f"--kind={kind}", f"--name={name}", f"--port={port}", f"--state={self._data}"]
                stack.enter_context(sandbox(["billing", *words, f"--faults={faults}"], port))
            yield

    def section(self) -> PaymentsSection:
        """``[payments]`` of the service: the folder is watched where somebody puts statements into it."""
        files = [channel for channel in self._scheme.channels if channel.kind == "file"]
        return PaymentsSection(folders=tuple(WatchedFolder(str(self._folder), one.name, 2.0) for one in files))

    async def trade(self, shop: Shop, url: str, token: str, circuits: Mapping[str, int], rate: float) -> None:
        """Make channels, billings and routes, then let everybody pay for ever."""
        provider = Provider(shop, url, token, self._scheme, circuits, rate, self._folder)
        await provider.build(self._billings, f"http://127.0.0.1:{self._api_port}")
        await provider.serve(self._api_port)
