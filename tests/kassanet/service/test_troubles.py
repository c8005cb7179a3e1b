"""Registers that misbehave under a running service: garbage, other people's data, exchanged addresses, poison, power.

Judged by the books that the registers keep: one document for each receipt, whatever happened.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio

from kassanet.sandbox.books import MemoryLines
from kassanet.sandbox.terminalfa import register_at_factory, registration_of
from tests.kassanet.service.premises import INN, Premises, premises, storage
from tests.kassanet.service.shop import Shop


@asynccontextmanager
async def selling(folder: Path, registers: int) -> AsyncIterator[tuple[Premises, Shop]]:
    """Everything in rotation, with an open shift each."""
    async with premises(folder, registers) as place, Shop(place, place.token("operator")) as shop:
        await shop.open()
        await shop.ready()
        for register in place.registers:
            assert (await shop.http.post(f"/api/v1/kkt/{register.eip}/open_shift")).status_code == 200
        yield place, shop


def judge(place: Premises, receipts: list[dict[str, Any]]) -> None:
    """Each fiscalized receipt is one document of the books, each document one receipt."""
    made = Counter((each["fiscal"]["fn"], each["fiscal"]["fd"]) for each in receipts if each["status"] == "fiscalized")
    books = Counter((register.device.fn.serial, line.fd) for register in place.registers for line in register.made())
    assert made == books


async def rogue(seed: int, stream: trio.SocketStream) -> None:
    """A device that answers anything with noise, frames of nonsense among it, or with nothing at all."""
    random = Random(seed)
    answers = [
        random.randbytes(random.randint(1, 300)),
        b"\xb6\x29\xff\xff" + random.randbytes(100),
        b"\xb6\x29\x00\x01\x00\xad\xff" * random.randint(1, 3),
        b"\xb6\x29\x00\x02\x01\x7f" + random.randbytes(2),
        b"",
    ]
    async with stream:
        await stream.receive_some(1024)
        await stream.send_all(random.choice(answers))


@pytest.mark.parametrize("seed", range(4))
async def test_a_device_that_talks_nonsense_is_left_alone(tmp_path: Path, seed: int) -> None:
    async with selling(tmp_path, 1) as (place, shop), trio.open_nursery() as nursery:
        [listener] = await nursery.start(partial(trio.serve_tcp, partial(rogue, seed), 0, host="127.0.0.1"))
        eip = f"127.0.0.1:{listener.socket.getsockname()[1]}"
        await shop.add(eip)
        assert (await shop.http.patch(f"/frs/{eip}/activate")).status_code == 200
        numbers = [await shop.post() for _ in range(5)]
        judge(place, await shop.ended(*numbers))
        assert (await shop.state(eip))["condition"] in ("unreachable", "out_of_rotation")
        assert (await shop.http.get(f"/frs/{eip}")).json()["fs"] is None
        assert (await shop.http.delete(f"/frs/{eip}")).status_code == 204
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("do", ["bad_crc", "cut_reply", "duplicate", "split", "error:EE"])
async def test_a_device_that_stumbles_over_every_third_command(tmp_path: Path, do: str) -> None:
    async with selling(tmp_path, 2) as (place, shop):
        stumbling, _sound = place.registers
        stumbling.disturb("*", do, every=3)
        numbers = [await shop.post() for _ in range(10)]
        await trio.sleep(0.3)
        stumbling.heal()
        receipts = await shop.ended(*numbers)
        assert Counter(each["status"] for each in receipts) == {"fiscalized": 10}
        judge(place, receipts)
        await shop.back()


async def test_a_device_that_answers_with_anothers_data_makes_nothing(tmp_path: Path) -> None:
    async with selling(tmp_path, 2) as (place, shop):
        impostor, model = place.registers
        impostor.device.posing_as = model.device
        numbers = [await shop.post() for _ in range(10)]
        receipts = await shop.ended(*numbers)
        assert {each["status"] for each in receipts} == {"fiscalized"}
        assert {each["kkt"] for each in receipts} == {model.eip}
        judge(place, receipts)
        state = await shop.condition(impostor.eip, "out_of_rotation", "unreachable")
        assert state["reason"]
        impostor.device.posing_as = None
        await shop.condition(impostor.eip, "ready")
        for register in place.registers:
            codes = {each["code"] for each in (await shop.state(register.eip))["concerns"]}
            assert "foreign_writer" not in codes


async def test_devices_exchanged_with_documents_unknown(tmp_path: Path) -> None:
    """Both lose the answer to a commit and come back at each other's address: one made, one not."""
    async with selling(tmp_path, 2) as (place, shop):
        one, two = place.registers
        one.disturb("24", "power_cycle", at=1, seconds=600, nth=1)
        two.disturb("24", "power_cycle", at=0, seconds=600, nth=1)
        unknown = [await shop.post() for _ in range(2)]
        for number in unknown:
            await shop.becomes(number, "unknown")
        one.device.posing_as, two.device.posing_as = two.device, one.device
        for register in place.registers:
            register.device.power.restore()
        later = [await shop.post() for _ in range(6)]
        receipts = await shop.ended(*unknown, *later)
        assert {each["status"] for each in receipts} == {"fiscalized"}
        judge(place, receipts)
        holders = {one.eip: two.device.fn.serial, two.eip: one.device.fn.serial}
        await shop.ready()
        assert {eip: (await shop.state(eip))["identity"]["fn"] for eip in holders} == holders
        await place.restart()
        await shop.again()
        await shop.ready()
        judge(place, [*receipts, *await shop.ended(await shop.post())])


async def test_a_poison_receipt_is_set_aside_and_the_registers_return(tmp_path: Path) -> None:
    async with selling(tmp_path, 4) as (place, shop):
        for register in place.registers:
            register.disturb("2D", "error:03", nth=1)
        poison = await shop.post()
        [aside] = await shop.ended(poison)
        assert aside["status"] == "manual"
        assert "poison" in aside["reason"]
        await shop.ready()
        numbers = [await shop.post() for _ in range(8)]
        receipts = await shop.ended(*numbers)
        assert {each["status"] for each in receipts} == {"fiscalized"}
        judge(place, receipts)
        said = {"verdict": "absent", "reason": "the registers were at fault"}
        assert (await shop.http.post(f"/api/v1/receipts/{poison}/resolve", json=said)).status_code == 200
        judge(place, [*receipts, *await shop.ended(poison)])


async def test_a_receipt_that_silences_registers_is_poison_too(tmp_path: Path) -> None:
    """Each register that is given it falls dead at its commit: after three the receipt is the suspect."""
    async with selling(tmp_path, 3) as (place, shop):
        for register in place.registers:
            register.disturb("24", "power_cycle", at=0, seconds=0.2, nth=1)
        poison = await shop.post()
        [aside] = await shop.ended(poison)
        assert aside["status"] == "manual"
        await shop.ready()
        receipts = await shop.ended(*[await shop.post() for _ in range(3)])
        judge(place, receipts)


async def test_registers_are_switched_off_and_on(tmp_path: Path) -> None:
    """At any moment, with a document in hand or not; what was on its way is made once."""
    async with selling(tmp_path, 3) as (place, shop):
        random = Random(5)
        numbers = []
        for _ in range(12):
            numbers += [await shop.post() for _ in range(3)]
            random.choice(place.registers).device.power_cycle(random.uniform(0.05, 0.2))
            await trio.sleep(random.uniform(0.0, 0.08))
        receipts = await shop.ended(*numbers)
        assert {each["status"] for each in receipts} <= {"fiscalized", "manual"}
        made = [each for each in receipts if each["status"] == "fiscalized"]
        assert len(made) >= len(numbers) - 3
        claims = Counter((each["fiscal"]["fn"], each["fiscal"]["fd"]) for each in made)
        books = {(r.device.fn.serial, line.fd) for r in place.registers for line in r.made()}
        assert max(claims.values()) == 1
        assert set(claims) <= books
        assert len(books) <= len(numbers)
        await shop.back()


async def test_a_register_that_stays_off_keeps_its_unknown_receipt(tmp_path: Path) -> None:
    async with selling(tmp_path, 2) as (place, shop):
        gone, sound = place.registers
        gone.disturb("24", "power_cycle", at=1, seconds=600, nth=1)
        numbers = [await shop.post() for _ in range(2)]
        for number in numbers:
            await shop.becomes(number, "unknown", "fiscalized")
        more = await shop.ended(*[await shop.post() for _ in range(3)])
        assert {each["kkt"] for each in more} == {sound.eip}
        [unknown] = [number for number in numbers if (await shop.receipt(number))["status"] == "unknown"]
        assert (await shop.receipt(unknown))["kkt"] == gone.eip
        await place.restart()
        await shop.again()
        await trio.sleep(0.5)
        assert (await shop.receipt(unknown))["status"] == "unknown"
        gone.device.power.restore()
        judge(place, [*more, *await shop.ended(*numbers)])


@pytest.mark.parametrize("in_hand", [False, True])
async def test_the_storage_is_replaced(tmp_path: Path, in_hand: bool) -> None:
    """The new one is taken up by itself; what the old one alone could tell is for a person."""
    async with selling(tmp_path, 1) as (place, shop):
        [register] = place.registers
        old, before = register.device.fn.serial, await shop.ended(await shop.post())
        numbers = []
        if in_hand:
            register.disturb("24", "power_cycle", at=1, seconds=600, nth=1)
            numbers = [await shop.post()]
            await shop.becomes(numbers[0], "unknown")
        else:
            register.device.power_cycle(600)
        lines = MemoryLines()
        register.device.storage = storage(77, lines)
        register_at_factory(register.device, registration_of(register.device.serial, 9, INN))
        judged_old, register.lines = register.made(), lines
        register.device.power.restore()
        later = await shop.ended(await shop.post())
        assert later[0]["fiscal"]["fn"] == register.device.fn.serial != old
        assert (await shop.http.get(f"/frs/{register.eip}")).json()["fs"]["sn"] == register.device.fn.serial
        judge(place, later)
        assert before[0]["fiscal"]["fn"] == old
        for number in numbers:
            aside = await shop.becomes(number, "manual")
            assert (aside["window"]["fn"], aside["window"]["first"]) == (old, judged_old[-1].fd)


async def test_a_printer_without_paper_takes_its_register_out_until_it_has_some(tmp_path: Path) -> None:
    async with selling(tmp_path, 2) as (place, shop):
        empty, full = place.registers
        empty.device.printer = 2
        receipts = await shop.ended(*[await shop.post() for _ in range(6)])
        assert {each["kkt"] for each in receipts} == {full.eip}
        state = await shop.condition(empty.eip, "out_of_rotation")
        assert state["reason"]
        judge(place, receipts)
        empty.device.printer = 0
        await shop.condition(empty.eip, "ready")


async def test_a_jam_behind_the_commit_does_not_make_a_second_document(tmp_path: Path) -> None:
    """The document exists and only its paper is missing: an error answer is no proof."""
    async with selling(tmp_path, 2) as (place, shop):
        for register in place.registers:
            register.device.jams = True
        receipts = await shop.ended(*[await shop.post() for _ in range(2)])
        assert {each["status"] for each in receipts} == {"fiscalized"}
        judge(place, receipts)
