"""Changes of keys that others run into: locking, dropping and hanging up in the middle of them."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
import trio

from actors.runtime import Ref, Strategy, Supervisor
from actors.store import StoreUnavailable
from kassanet.agent.desk import Desk
from kassanet.agent.embedded import EmbeddedAgent
from kassanet.agent.master import VARIABLE, MasterKey, MasterKeyProblem
from kassanet.sandbox.keys.estate import PASSWORD
from schemas.records import NotFound
from schemas.signing import Agreement, ChangeKey, SignDocument, UploadKey
from tests.kassanet.agent.office import AGREEMENT, PASSPHRASE, check, serving, settings
from tests.kassanet.service.desk import MASTER, Here
from transports.dstu.imports import KeyMaterial, import_key

CONSENT = msgspec.convert(AGREEMENT, Agreement)


class Slowly:
    """Opens a container when it is told to."""

    def __init__(self, seconds: float) -> None:
        self.begun, self.go_on = trio.Event(), trio.Event()

    async def __call__(self, container: bytes, password: str, certificates: Sequence[bytes]) -> KeyMaterial:
        self.begun.set()
        await self.go_on.wait()
        return import_key(container, password, certificates)


@asynccontextmanager
async def desk_with(folder: Path) -> AsyncIterator[tuple[Desk, Slowly]]:
    slowly = Slowly(60.0)
    with patch("kassanet.agent.app.Importer", lambda seconds: slowly):
        async with serving(settings(folder)) as running:
            yield running.desk, slowly


def _upload(key_folder: Path, name: str = "one") -> UploadKey:
    container = (key_folder / name / "key.pfx").read_bytes()
    return UploadKey(container, PASSWORD, agreement=CONSENT)


async def test_a_key_is_never_wrapped_with_a_master_key_that_is_gone(tmp_path: Path, key_folder: Path) -> None:
    """The agent is locked, and unlocked, while a container is being opened."""
    async with desk_with(tmp_path) as (desk, slowly):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(desk.take_in, _upload(key_folder), None, "test")
            await slowly.begun.wait()
            await desk.lock("test")
            await desk.unlock(PASSPHRASE, None, "test")
            slowly.go_on.set()
        [key] = desk.keys
        signed = await desk.sign(key.id, SignDocument("d1", "check", check()), "test")
        assert signed.signature


def test_a_wiped_key_seals_nothing() -> None:
    master = MasterKey(bytes(range(32)))
    master.wipe()
    with pytest.raises(MasterKeyProblem):
        master.seal(b"secret", b"place")


async def test_who_hangs_up_leaves_no_key_half_taken_in_or_dropped(tmp_path: Path, key_folder: Path) -> None:
    async with desk_with(tmp_path) as (desk, slowly):
        slowly.go_on.set()
        await _cut_at_the_journal(partial(desk.take_in, _upload(key_folder), None, "test"))
        [key] = desk.keys
        assert (await desk.sign(key.id, SignDocument("d1", "check", check()), "test")).signature
        await _cut_at_the_journal(partial(desk.drop, key.id, "test"))
        assert desk.keys == []
        with pytest.raises(NotFound):
            await desk.change(key.id, ChangeKey(), "test")


async def _cut_at_the_journal(change: Callable[[], object]) -> None:
    """Cancelled as soon as it has asked for what is durable, which is then done without it."""
    ask = Ref.ask

    async def cut(self: Ref, message: object, **more: object) -> object:
        if type(message).__name__ in ("AddKey", "DropKey"):
            scope.cancel()
        return await ask(self, message, **more)  # type: ignore[arg-type]  # as it was asked

    with patch.object(Ref, "ask", cut), trio.CancelScope() as scope:
        await change()  # type: ignore[misc]  # a coroutine


async def test_a_key_that_is_changed_while_it_is_dropped_is_gone(tmp_path: Path, key_folder: Path) -> None:
    async with desk_with(tmp_path) as (desk, slowly):
        slowly.go_on.set()
        for _ in range(20):
            key = await desk.take_in(_upload(key_folder), None, "test")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_changed, desk, key.id)
                nursery.start_soon(desk.drop, key.id, "test")
            assert desk.keys == []


async def _changed(desk: Desk, key_id: str) -> None:
    with suppress(NotFound):
        await desk.change(key_id, ChangeKey(agreement=CONSENT), "test")


async def test_a_start_that_failed_half_way_goes_on(
    tmp_path: Path, key_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full when its keys have been read and its log is to be written."""
    (tmp_path / "master").write_bytes(MASTER)
    (tmp_path / "master").chmod(0o600)
    with patch("kassanet.agent.app.Importer", Here):
        async with serving(settings(tmp_path / "data", master_key_file=str(tmp_path / "master")), None) as running:
            await running.desk.take_in(_upload(key_folder), None, "test")
    monkeypatch.setenv(VARIABLE, MASTER.hex())
    agent = EmbeddedAgent(settings(tmp_path / "data"))
    root = Supervisor("root", Strategy.ONE_FOR_ONE, (agent.spec,))
    async with trio.open_nursery() as nursery:
        await nursery.start(root.run)
        with (
            patch.object(Desk, "_note", side_effect=StoreUnavailable("the disk is full")),
            pytest.raises(StoreUnavailable),
        ):
            await agent.start(root)
        await agent.start(root)
        status = await agent.status()
        assert (status.locked, status.keys, status.signing_keys) == (False, 1, 1)
        assert VARIABLE not in os.environ
        root.stop()
    await agent.aclose()
