"""A site with registers, its central server, and the proxy between them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import trio
from msgspec.structs import replace

from kassanet.store.backup import backup, restore
from kassanet.uplink.settings import UplinkSection
from tests.kassanet.edge.posted import receipt
from tests.kassanet.service.premises import INN, Premises, premises
from tests.kassanet.sites.cutter import Cutter

PATIENCE = 60.0

Json = dict[str, Any]


class Two:
    """``near`` is the site, ``far`` the centre; both have an admin's client."""

    def __init__(self, near: Premises, far: Premises, cutter: Cutter, site: Json, folder: Path) -> None:
        self.near = near
        self.far = far
        self.cutter = cutter
        self.site = site
        self.folder = folder
        self.near_token = near.token("admin")
        self.far_token = far.token("admin")
        self.circuit = 0

    async def ask(self, method: str, path: str, said: Json | None = None, *, near: bool = False) -> httpx.Response:
        place, token = (self.near, self.near_token) if near else (self.far, self.far_token)
        async with place.client(token) as client:
            return await client.request(method, path, json=said)

    async def get(self, path: str, *, near: bool = False) -> Any:  # noqa: ANN401 - JSON
        answer = await self.ask("GET", path, near=near)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def state(self) -> Json:
        [state] = await self.get("/api/v1/sites")
        return dict(state)

    async def until(self, check: Callable[[], Awaitable[bool]]) -> None:
        with trio.fail_after(PATIENCE):
            while not await check():  # noqa: ASYNC110 - it is a service that is asked
                await trio.sleep(0.05)

    async def connected(self) -> None:
        async def is_connected() -> bool:
            state = await self.state()
            return bool(state["condition"] == "connected" and state["registers"] == len(self.near.registers))

        await self.until(is_connected)

    async def build(self) -> None:
        """A circuit at the site with its registers active."""
        answer = await self.ask("POST", "/fcircuit", {"inn": INN, "title": "Shop"}, near=True)
        self.circuit = answer.json()["id"]
        for register in self.near.registers:
            said = {"type": "terminalfa", "eip": register.eip}
            assert (await self.ask("POST", f"/fcircuit/{self.circuit}/fr", said, near=True)).status_code == 201
            assert (await self.ask("PATCH", f"/frs/{register.eip}/activate", near=True)).status_code == 200

    async def bind(self) -> int:
        """The circuit at the centre that stands for the site's."""

        async def told() -> bool:
            return bool((await self.get(f"/api/v1/sites/{self.site['id']}"))["circuits"])

        await self.until(told)
        answer = await self.ask("POST", f"/api/v1/sites/{self.site['id']}/circuits", {"remote": self.circuit})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["circuit_id"])

    async def post(self, circuit: int, external_id: str, *, near: bool = False, **changes: object) -> Json:
        said = receipt(external_id=external_id, **changes)
        answer = await self.ask("POST", f"/api/v1/circuits/{circuit}/receipts", said, near=near)
        assert answer.status_code in (200, 202), answer.text
        return dict(answer.json())

    async def near_backup(self) -> Path:
        """A copy of the site's journal as it is now."""
        return await self.backup(self.near)

    async def backup(self, place: Premises) -> Path:
        """A copy of a journal as it is now."""
        target = self.folder / f"{place.folder.parent.name}.backup"
        await trio.to_thread.run_sync(backup, place.folder, target)
        return target

    def restore_near(self, source: Path) -> None:
        """The site must be stopped."""
        restore(source, self.near.folder, nothing_made_since=True)

    async def ended(self, receipt_id: int, *, near: bool = False) -> Json:
        """The receipt once it is nobody's work any more."""
        found: list[Json] = []

        async def is_ended() -> bool:
            found[:] = [await self.get(f"/api/v1/receipts/{receipt_id}", near=near)]
            return found[0]["status"] not in ("queued", "assigned", "unknown")

        await self.until(is_ended)
        return found[0]


@asynccontextmanager
async def two(
    folder: Path,
    *,
    registers: int = 1,
    inn: str | None = None,
    **uplink: Any,  # noqa: ANN401 - settings of [uplink]
) -> AsyncIterator[Two]:
    """Both started and linked."""
    for name in ("near", "far"):
        (folder / name).mkdir()
    async with premises(folder / "far", 0) as far, premises(folder / "near", registers) as near:
        assert far.service is not None
        async with trio.open_nursery() as nursery:
            cutter = Cutter(int(far.service.addresses[0].rpartition(":")[2]))
            await nursery.start(cutter.run)
            async with far.client(far.token("admin")) as client:
                site = (await client.post("/api/v1/sites", json={"name": "shop", "inn": inn})).json()
            token = folder / "token"
            token.write_text(site["token"])
            said = UplinkSection(
                f"ws://127.0.0.1:{cutter.port}/api/v1/uplink",
                "shop",
                str(token),
                **{"heartbeat": 0.5, "first_wait": 0.05, "longest_wait": 0.2, **uplink},
            )
            far.config = replace(far.config, port=cutter.target)
            await near.stop()
            near.config = replace(near.config, uplink=said)
            await near.start()
            both = Two(near, far, cutter, site, folder)
            await both.build()
            await both.connected()
            yield both
            nursery.cancel_scope.cancel()
