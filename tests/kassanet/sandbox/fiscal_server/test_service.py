"""The server on a real port, asked by a plain HTTP client: headers, compression, faults, and what they leave behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from kassanet.sandbox.faults import FaultPlan, Line
from kassanet.sandbox.fiscal_server.seals import plain_content
from kassanet.sandbox.fiscal_server.server import BINARY
from kassanet.sandbox.fiscal_server.service import MORE_ACTIONS, Service, is_command
from kassanet.sandbox.occasions import PlanError
from schemas.prro import OpenShift
from tests.kassanet.sandbox.fiscal_server.till import COFFEE, REGISTER, Shop, Till
from transports.prro import commands
from transports.prro.commands import encode_command
from transports.prro.documents import decode_ticket, encode
from transports.prro.errors import ErrorCode, decode_error

HEADERS = {"Content-Type": BINARY}


def plan(do: str, on: str = "*", **more: Any) -> FaultPlan:  # noqa: ANN401 - fields of a line
    return FaultPlan([Line(do=do, on=on, **more)], actions=MORE_ACTIONS)


@asynccontextmanager
async def served(shop: Shop, faults: FaultPlan | None = None) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    service = Service(shop.server, plan=faults, stamp=lambda request: b"stamped " + request)
    async with trio.open_nursery() as nursery:
        port = await nursery.start(partial(service.serve, "127.0.0.1", 0))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=HEADERS, timeout=60) as client:
            yield service, client
        nursery.cancel_scope.cancel()


def opening(till: Till) -> bytes:
    return till.sign(encode(till.compose(OpenShift())))


def numbers(shop: Shop) -> int:
    """How many documents are registered."""
    return shop.server.register(REGISTER).standing.next_local - 1


async def test_documents_and_commands(till: Till) -> None:
    async with served(till.shop) as (_, client):
        answer = await client.post("/fs/doc", content=opening(till))
        assert answer.headers["Content-Type"] == BINARY
        assert answer.headers["Content-Encoding"] == "gzip"
        assert decode_ticket(plain_content(answer.content)).fiscal_number
        asked = encode_command(commands.ServerState(uid="u"))
        state = await client.post("/fs/cmd", content=asked, headers={"Content-Type": "application/json"})
        assert state.json()["UID"] == "u"
        info = commands.DocumentInfoByLocalNum(uid="u", num_fiscal=str(REGISTER), num_local="9")
        assert (await client.post("/fs/cmd", content=till.sign(encode_command(info)))).status_code == 204
        assert (await client.post("/fs/nothing", content=b"x" * 20)).status_code == 403
        assert (await client.get("/fs/doc")).status_code == 405


async def test_time_stamps_are_mounted(till: Till) -> None:
    async with served(till.shop) as (_, client):
        answer = await client.post("/tsp", content=b"query")
        assert (answer.content, answer.headers["Content-Type"]) == (b"stamped query", "application/timestamp-reply")


async def test_a_client_that_expects_to_be_told_to_go_on(till: Till) -> None:
    async with served(till.shop) as (_, client):
        answer = await client.post("/fs/doc", content=opening(till), headers={"Expect": "100-continue"})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("do", "more", "registered"),
    [
        ("cut_request", {}, 0),
        ("cut_reply", {"at": 0}, 1),
        ("cut_reply", {"at": 30}, 1),
        ("drop_reply", {"seconds": 0.01}, 1),
        ("power_cycle", {"at": 0, "seconds": 0.01}, 0),
        ("power_cycle", {"at": 1, "seconds": 0.01}, 1),
    ],
)
async def test_dropped_before_and_after_registering(till: Till, do: str, more: dict[str, Any], registered: int) -> None:
    """The client sees the same; what it asks afterwards tells the difference."""
    async with served(till.shop, plan(do, nth=1, **more)) as (service, client):
        with pytest.raises(httpx.TransportError):
            await client.post("/fs/doc", content=opening(till))
        assert numbers(till.shop) == registered
        (event,) = service.events.read()
        assert (event.event, event.do, event.in_window) == ("fault", do, bool(registered))
        assert len(event.documents) == registered
        with trio.fail_after(60):
            while True:
                try:
                    found = await client.post("/fs/doc", content=till.sign(encode(till.compose(COFFEE, 2))))
                    break
                except httpx.ConnectError:
                    await trio.sleep(0.01)
        assert decode_ticket(plain_content(found.content)).error == (None if registered else 7)


@pytest.mark.parametrize("more", [{"do": "delay", "seconds": 0.01}, {"do": "split", "at": 20, "seconds": 0.01}])
async def test_late_answers_arrive(till: Till, more: dict[str, Any]) -> None:
    async with served(till.shop, plan(**more)) as (service, client):
        answer = await client.post("/fs/doc", content=opening(till))
        assert decode_ticket(plain_content(answer.content)).fiscal_number
        assert [event.in_window for event in service.events.read()] == [False]


async def test_a_request_that_the_network_sent_twice(till: Till) -> None:
    """Registered once; the answer is that to the second."""
    async with served(till.shop, plan("duplicate", "doc")) as (_, client):
        answer = await client.post("/fs/doc", content=opening(till))
        assert decode_ticket(plain_content(answer.content)).error == ErrorCode.CHECK_LOCAL_NUMBER_INVALID
        assert numbers(till.shop) == 1


async def test_a_damaged_answer(till: Till) -> None:
    async with served(till.shop, plan("bad_crc", "doc")) as (_, client):
        headers = {"Accept-Encoding": "identity"}
        answer = await client.post("/fs/doc", content=opening(till), headers=headers)
        assert not answer.content.endswith(b">")
        assert numbers(till.shop) == 1


@pytest.mark.parametrize("code", list(ErrorCode)[1:])
async def test_any_code_in_both_forms(till: Till, code: ErrorCode) -> None:
    lines = [Line(do=f"error:{code:02X}", on="OpenShift", nth=at + 1, at=at) for at in (0, 1)]
    async with served(till.shop, FaultPlan(lines, actions=MORE_ACTIONS)) as (_, client):
        ticket = await client.post("/fs/doc", content=opening(till))
        assert decode_ticket(plain_content(ticket.content)).error == code
        over_http = await client.post("/fs/doc", content=opening(till))
        assert 400 <= over_http.status_code < 500
        assert decode_error(over_http.content)[0] == code
        assert numbers(till.shop) == 0


async def test_statuses_and_maintenance(till: Till) -> None:
    lines = [Line(do="status", on="doc", nth=1, at=500), Line(do="maintenance", on="doc", nth=2, seconds=0.02)]
    async with served(till.shop, FaultPlan(lines, actions=MORE_ACTIONS)) as (_, client):
        assert (await client.post("/fs/doc", content=opening(till))).status_code == 500
        assert (await client.post("/fs/doc", content=opening(till))).status_code == 503
        body = encode_command(commands.ServerState(uid="u"))
        with trio.fail_after(60):
            while (await client.post("/fs/cmd", content=till.sign(body))).status_code == 503:  # noqa: ASYNC110 - a server
                await trio.sleep(0.01)
        assert numbers(till.shop) == 0


async def test_faults_by_register_and_name(till: Till) -> None:
    """A line for another register, or another command, does nothing."""
    others = [Line(do="cut_request", device="4000000002"), Line(do="cut_request", on="ServerState")]
    async with served(till.shop, FaultPlan(others, actions=MORE_ACTIONS)) as (_, client):
        assert (await client.post("/fs/doc", content=opening(till))).status_code == 200
        body = encode_command(commands.ServerState(uid="u"))
        with pytest.raises(httpx.TransportError):
            await client.post("/fs/cmd", content=till.sign(body))


def test_plans_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "plan.jsonl"
    for good in ('{"do":"maintenance"}', '{"do":"status","at":502,"on":"zrep"}', '{"do":"delay","on":"ZRepExt"}'):
        file.write_text(good)
        FaultPlan.load(file, commands=is_command, actions=MORE_ACTIONS)
    for bad in ('{"do":"explode"}', '{"do":"delay","on":"Dance"}'):
        file.write_text(bad)
        with pytest.raises(PlanError):
            FaultPlan.load(file, commands=is_command, actions=MORE_ACTIONS)
    file.write_text('{"do":"maintenance"}')
    with pytest.raises(PlanError):
        FaultPlan.load(file)
