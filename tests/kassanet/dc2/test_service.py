"""Tills that speak to DUALConnector: over our service to simulated terminals, and ourselves as such a till."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from kassanet.config import Dc2
from tests.kassanet.service.premises import premises
from tests.kassanet.service.terminals import Bank, Counter, quick
from transports.dc2.documents import Answer, Request, read_answer, write_request
from transports.smartsale.fields import AMOUNT, AUTH_CODE, NUMBER, OPERATION, PAN, RRN, SLIPS, STATUS, TERMINAL_ID
from transports.smartsale.message import Message


class Till:
    """A till's HTTP client, and the bank that knows the truth."""

    def __init__(self, url: str, bank: Bank, counter: Counter) -> None:
        self.url = url
        self.bank = bank
        self.counter = counter

    async def post(self, document: bytes) -> Answer:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            answer = await http.post(self.url, content=document, headers={"Content-Type": "text/xml"})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/xml; charset=windows-1251"
        return read_answer(answer.content)

    async def ask(self, *fields: tuple[int, str], **how: Any) -> Answer:  # noqa: ANN401 - what a request has besides
        message = Message((number, text.encode()) for number, text in fields)
        return await self.post(write_request(Request(message=message, **how)))

    async def pay(self, amount: int = 1200, **how: Any) -> Answer:  # noqa: ANN401
        return await self.ask((0, str(amount)), (4, "643"), (25, "1"), (27, "50101700"), **how)


@asynccontextmanager
async def till(folder: Path, **said: Any) -> AsyncIterator[Till]:  # noqa: ANN401 - the section's keys
    async with (
        premises(folder, 0, pinpads=quick(folder), dc2=Dc2(port=0, **said)) as place,
        trio.open_nursery() as nursery,
    ):
        bank = Bank(nursery)
        await bank.open()
        async with place.client(place.token("admin")) as http:
            counter = Counter(http)
            await counter.add(await bank.terminal())
            assert place.service is not None
            yield Till(place.service.dc2[0] + "/", bank, counter)
        await place.stop()
        nursery.cancel_scope.cancel()


async def test_a_payment_and_its_void(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        paid = await desk.pay()
        message = paid.message
        assert (paid.code, message.get(STATUS), message.get(OPERATION), message.get(AMOUNT)) == (0, 1, 1, 1200)
        assert (message.get(TERMINAL_ID), desk.bank.left) == ("50101700", 1200)
        assert (message.get(PAN) or "").startswith("*")
        assert message.get(SLIPS)
        rrn, code = message.get(RRN) or "", message.get(AUTH_CODE) or ""
        voided = await desk.ask((0, "1200"), (4, "643"), (13, code), (14, rrn), (25, "4"), (27, "50101700"))
        assert (voided.code, voided.message.get(STATUS), desk.bank.left) == (0, 1, 0)


async def test_reports_and_the_emergency_void(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        await desk.pay()
        undone = await desk.ask((0, "1200"), (4, "643"), (25, "53"))
        assert (undone.code, undone.message.get(STATUS), desk.bank.left) == (0, 1, 0)
        for fields in (
            ((25, "26"),),
            ((25, "63"), (64, "0"), (65, "20")),
            ((25, "63"), (64, "0"), (65, "00021")),
            ((25, "63"), (64, "1"), (65, "22")),
            ((25, "59"),),
        ):
            answer = await desk.ask(*fields)
            assert (answer.code, answer.message.get(STATUS)) == (0, 1), (fields, answer.text)


async def test_an_emergency_void_is_of_the_payment_that_it_names(tmp_path: Path) -> None:
    """Another till has paid meanwhile: its payment is not this till's to undo."""
    async with till(tmp_path) as desk:
        await desk.pay(1200)
        await desk.pay(3400)
        other = await desk.ask((0, "1200"), (4, "643"), (25, "53"))
        assert (other.code, other.message.items, desk.bank.left) == (4, (), 4600)
        undone = await desk.ask((0, "3400"), (4, "643"), (25, "53"))
        assert (undone.code, undone.message.get(STATUS), desk.bank.left) == (0, 1, 1200)


async def test_a_refusal_is_field_39(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        refused = await desk.pay(99_990_051)
        assert refused.code == 0
        assert refused.message.get(STATUS) not in (None, 0, 1)
        assert desk.bank.left == 0


async def test_the_same_request_is_the_same_operation(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        numbered = ((0, "1200"), (4, "643"), (21, "20261122141800"), (25, "1"), (26, "12"))
        first = await desk.ask(*numbered)
        assert first.message.get(NUMBER) == 12  # its own, not the terminal's
        assert (await desk.ask(*numbered)).message.get(RRN) == first.message.get(RRN)
        assert desk.bank.left == 1200
        await desk.ask(*numbered[:-1], (26, "13"))
        assert desk.bank.left == 2400


async def test_a_copy_does_not_pretend_to_be_the_last_operation(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        await desk.pay()
        copy = await desk.ask((25, "63"), (64, "1"), (65, "22"))
        assert copy.message.get(NUMBER) is None


async def test_not_completed_in_time(tmp_path: Path) -> None:
    """The till never hears of a success, and in the end nobody was charged."""
    async with till(tmp_path) as desk:
        desk.bank.terminals[0].settings.card_seconds = 30.0
        late = await desk.pay(timeout=1)
        assert late.message.get(STATUS) in (None, 16)
        operations = (await desk.counter.http.get(f"{desk.counter.path}/operations")).json()["operations"]
        await desk.counter.show(operations[0]["id"])
        assert desk.bank.left == 0


async def test_two_tills_at_one_pinpad(tmp_path: Path) -> None:
    async with till(tmp_path) as desk:
        desk.bank.terminals[0].settings.card_seconds = 1.0
        codes = []
        async with trio.open_nursery() as nursery:

            async def one(amount: int) -> None:
                codes.append((await desk.pay(amount)).code)

            nursery.start_soon(one, 100)
            nursery.start_soon(one, 200)
        assert {code or 0 for code in codes} == {0, 16}


async def test_devices_by_name(tmp_path: Path) -> None:
    async with till(tmp_path, devices={"COM3": 1, "10.0.0.7:9000": 1}) as desk:
        assert (await desk.pay(com=3)).code == 0
        assert (await desk.pay(address="10.0.0.7:9000")).code == 0
        assert (await desk.pay(com=4)).code == 9
        assert (await desk.pay(address="10.0.0.8:9000")).code == 9
        assert desk.bank.left == 2400


async def test_who_is_not_of_the_networks(tmp_path: Path) -> None:
    async with till(tmp_path, networks=("10.0.0.0/8",)) as desk, httpx.AsyncClient(trust_env=False) as http:
        assert (await http.post(desk.url, content=b"<request/>")).status_code == 403


async def test_no_web_page_charges_anybody(tmp_path: Path) -> None:
    """A page from elsewhere, open in a browser at the till: plain text needs no preflight."""
    payment = write_request(Request(message=Message([(0, b"1200"), (4, b"643"), (25, b"1")])))
    headers = {"Content-Type": "text/plain", "Origin": "https://elsewhere.example"}
    async with till(tmp_path) as desk, httpx.AsyncClient(trust_env=False, timeout=60) as http:
        assert (await http.post(desk.url, content=payment, headers=headers)).status_code == 403
        assert desk.bank.book == []


@pytest.mark.parametrize(
    "fields",
    [
        ((0, "1200"),),
        ((25, "999"),),
        ((25, "one"),),
        ((25, "1"),),
        ((0, "0"), (25, "1")),
        ((0, "-5"), (25, "1")),
        ((0, "1234567890123"), (25, "1")),
        ((0, "100"), (4, "840"), (25, "1")),
        ((0, "100"), (25, "4")),
        ((25, "63"), (65, "77")),
    ],
)
async def test_bad_requests(tmp_path: Path, fields: tuple[tuple[int, str], ...]) -> None:
    async with till(tmp_path) as desk:
        answer = await desk.ask(*fields)
        assert (answer.code, answer.message.items) == (4, ()), answer
        assert answer.text
        assert desk.bank.book == []
        assert (await desk.post(b"<request>")).code == 4


async def test_through_ourselves(tmp_path: Path) -> None:
    """A pinpad with the driver ``dc2`` behind our own service is the same pinpad."""
    async with till(tmp_path, devices={"COM1": 1}) as desk:
        outer = Counter(desk.counter.http)
        service = desk.url.removeprefix("http://").rstrip("/")
        await outer.add(service, driver="dc2", device="COM1", terminal_id=None)
        paid = await outer.do()
        assert (paid["status"], desk.bank.left) == ("approved", 1200)
        assert paid["result"]["slips"]["customer"]
        undone = await outer.do("emergency_void")
        assert (undone["status"], desk.bank.left) == ("approved", 0)
        refused = await outer.do(amount=99_990_051)
        assert refused["status"] == "refused"
