"""Notices to integrators, through the whole service to a real HTTP server: signed, in order, until they arrive."""

import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from actors.callbacks import CallbackSettings
from kassanet import app
from kassanet.config import Callbacks
from tests.kassanet.service.listener import Listener, listening
from tests.kassanet.service.premises import Premises, premises
from tests.kassanet.service.shop import Shop, until
from tests.kassanet.service.test_receipts import make_manual

LOOPBACK = Callbacks(allow=("127.0.0.0/8",), first_wait=0.1, longest_wait=0.2, timeout=1.0, tries=4)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "CallbackSettings", partial(CallbackSettings, poll=0.05, host_pause=0.2))


@asynccontextmanager
async def selling(folder: Path) -> AsyncIterator[tuple[Premises, Shop, Listener]]:
    """Premises, an administrator's shop, and an integrator who listens."""
    async with (
        listening() as listener,
        premises(folder, callbacks=LOOPBACK) as place,
        Shop(place, place.token("admin")) as shop,
    ):
        yield place, shop, listener


async def arrived(listener: Listener, count: int) -> None:
    async def there() -> bool:
        return len(listener.notices) >= count

    await until(there, f"{count} notices")


async def callbacks(shop: Shop, number: int) -> list[dict[str, Any]]:
    answer = await shop.http.get(f"/api/v1/receipts/{number}/callbacks")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()
    return found


async def delivered(shop: Shop, number: int) -> None:
    async def there() -> bool:
        return {each["state"] for each in await callbacks(shop, number)} == {"delivered"}

    await until(there, f"the notices of receipt {number} to be delivered")


async def test_a_notice_is_the_receipt_signed_with_the_integrations_key(tmp_path: Path) -> None:
    async with selling(tmp_path) as (place, shop, listener):
        await shop.open()
        made = await shop.integration()
        async with place.client(made["token"]) as integrator:
            number = await shop.post(integrator, callback_url=listener.url("/done?x=1"))
            shown = (await shop.ended(number))[0]
            await arrived(listener, 1)
            [notice] = listener.notices
            assert (notice.path, notice.headers["content-type"]) == ("/done?x=1", "application/json")
            assert notice.said == (await integrator.get(f"/api/v1/receipts/{number}")).json() == shown
        timestamp = notice.headers["x-kassanet-timestamp"]
        assert abs(int(timestamp) - time.time()) < 3600
        signed = hmac.new(made["callback_key"].encode(), timestamp.encode() + b"." + notice.body, hashlib.sha256)
        assert notice.headers["x-kassanet-signature"] == f"sha256={signed.hexdigest()}"
        await delivered(shop, number)
        [told] = await callbacks(shop, number)
        assert (told["tries"], told["revision"], told["url"]) == (1, shown["revision"], listener.url("/done?x=1"))


async def test_a_notice_is_sent_again_until_it_is_taken_also_after_a_restart(tmp_path: Path) -> None:
    async with selling(tmp_path) as (place, shop, listener):
        await shop.open()
        listener.answer = lambda _notice: 503
        number = await shop.post(callback_url=listener.url())
        await arrived(listener, 2)
        await place.restart()
        await shop.again()
        listener.answer = lambda _notice: 204
        await delivered(shop, number)
        assert len({notice.body for notice in listener.notices}) == 1
        [told] = await callbacks(shop, number)
        assert told["tries"] == len(listener.notices) >= 3


async def test_what_was_given_up_is_visible_and_retried_by_hand(tmp_path: Path) -> None:
    async with selling(tmp_path) as (_, shop, listener):
        await shop.open()
        listener.answer = lambda _notice: 500
        number = await shop.post(callback_url=listener.url())

        async def given_up() -> bool:
            return [each["state"] for each in await callbacks(shop, number)] == ["given_up"]

        await until(given_up, "the notice to be given up")
        assert len(listener.notices) == LOOPBACK.tries
        listener.answer = lambda _notice: 200
        [told] = await callbacks(shop, number)
        again = await shop.http.post(f"/api/v1/receipts/{number}/callbacks/{told['id']}/retry")
        assert again.status_code == 200
        await delivered(shop, number)


async def test_the_notices_of_a_receipt_arrive_in_its_order(tmp_path: Path) -> None:
    """First that it is a person's case, then how the person decided; the second waits for the first."""
    async with selling(tmp_path) as (place, shop, listener):
        await shop.open()
        await shop.ended(await shop.post())
        refusals = iter([500, 500])
        listener.answer = lambda _notice: next(refusals, 200)
        doubtful = await make_manual(place, shop, place.registers[0], callback_url=listener.url())
        said = {"verdict": "cancelled", "reason": "nothing on the tape"}
        await shop.http.post(f"/api/v1/receipts/{doubtful['id']}/resolve", json=said)
        await delivered(shop, doubtful["id"])
        told = [(notice.said["status"], notice.said["revision"]) for notice in listener.notices]
        assert [status for status, _ in told] == ["manual"] * 3 + ["cancelled"]
        assert [revision for _, revision in told] == sorted(revision for _, revision in told)


async def test_a_dead_integrator_delays_nobody(tmp_path: Path) -> None:
    async with selling(tmp_path) as (_, shop, listener):
        await shop.open()
        dead = [await shop.post(callback_url="http://127.0.0.1:1/none") for _ in range(5)]
        alive = await shop.post(callback_url=listener.url())
        await delivered(shop, alive)
        for number in dead:
            assert (await shop.ended(number))[0]["status"] == "fiscalized"
            assert (await callbacks(shop, number))[0]["state"] != "delivered"


async def test_addresses_inside_are_not_reached_unless_listed(tmp_path: Path) -> None:
    async with listening() as listener, premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        number = await shop.post(callback_url=listener.url())

        async def refused() -> bool:
            return "not public" in str((await callbacks(shop, number))[:1])

        await shop.ended(number)
        await until(refused, "the notice to be refused")
        assert listener.notices == []


async def test_every_end_of_a_receipt_is_told_and_nothing_before(tmp_path: Path) -> None:
    async with selling(tmp_path) as (place, shop, listener):
        shop.circuit = await shop.create_circuit(max_wait=1)
        cancelled = await shop.post(callback_url=listener.url("/cancelled"))
        await shop.http.post(f"/api/v1/receipts/{cancelled}/cancel")
        refused = await shop.post(callback_url=listener.url("/refused"))
        await shop.becomes(refused, "refused")
        await shop.add(place.registers[0].eip)
        await shop.http.patch(f"/frs/{place.registers[0].eip}/activate")
        made = await shop.post(callback_url=listener.url("/made"))
        await shop.ended(made)
        await arrived(listener, 3)
        told = {notice.path: (notice.said["id"], notice.said["status"]) for notice in listener.notices}
        assert told == {
            "/cancelled": (cancelled, "cancelled"),
            "/refused": (refused, "refused"),
            "/made": (made, "fiscalized"),
        }
        assert len(listener.notices) == 3
        assert "x-kassanet-signature" not in listener.notices[0].headers  # posted by a person: nobody's key
