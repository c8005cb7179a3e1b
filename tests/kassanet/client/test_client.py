"""The client against the service itself, with a simulated register behind it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import anyio
import msgspec
import pytest
import trio

from kassanet import client as package
from kassanet.client import Kassanet, NotFinal, Refused
from schemas.receipts import ReceiptRequest
from schemas.stream import Delta, Snapshot
from tests.kassanet.edge.openapi.service import INN, Running, running
from tests.kassanet.edge.posted import receipt

ALLOWED = {"schemas", "httpx", "anyio", "msgspec", "trio", "trio_websocket", "kassanet"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("client")) as found:
        yield found


def connected(service: Running) -> Kassanet:
    return Kassanet(service.url, service.token, patience=10.0)


async def post_and_wait(service: Running, number: str) -> None:
    circuit = int(service.known["circuit_id"])
    wanted = msgspec.convert(receipt(external_id=number), ReceiptRequest)
    async with connected(service) as kassanet:
        accepted = await kassanet.post(circuit, wanted)
        assert (await kassanet.post(circuit, receipt(external_id=number))).id == accepted.id
        found = await kassanet.wait(accepted.id, timeout=60)
        assert found.status == "fiscalized"
        assert found.fiscal is not None
        assert found.fiscal.qr.startswith("t=")
        with pytest.raises(Refused) as refused:
            await kassanet.post(circuit, receipt(external_id=number, kind="sell_refund"))
        assert refused.value.slug == "other-content"
        with pytest.raises(Refused, match=r"items\[0\]\.price") as refused:
            await kassanet.post(circuit, receipt(external_id=number, items=[{"name": "x", "price": -1}]))
        assert refused.value.problem.status == 422


async def test_a_receipt_is_posted_and_waited_for_on_trio(service: Running) -> None:
    await post_and_wait(service, "trio-1")


def test_a_receipt_is_posted_and_waited_for_on_asyncio(service: Running) -> None:
    """In a thread of its own: whoever else uses asyncio in this process may have left a loop running here."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(partial(anyio.run, post_and_wait, service, "asyncio-1", backend="asyncio")).result()


async def test_receipts_are_listed_page_by_page(service: Running) -> None:
    circuit = int(service.known["circuit_id"])
    async with connected(service) as kassanet:
        posted = [(await kassanet.post(circuit, receipt(external_id=f"page-{number}"))).id for number in range(5)]
        found = [each.id async for each in kassanet.every_receipt(circuit, limit=2)]
        assert found == sorted(found, reverse=True)
        assert set(posted) <= set(found)
        page = await kassanet.receipts(external_id="page-3")
        assert [each.id for each in page.receipts] == [posted[3]]
        history = await kassanet.history(posted[0])
        assert history[0].status == "queued"


async def test_circuits_registers_and_integrations(service: Running) -> None:
    async with connected(service) as kassanet:
        made = await kassanet.create_circuit(INN, "Second")
        assert made.sinn in {each.sinn for each in await kassanet.circuits(INN)}
        assert made.id in {each.id for each in await kassanet.circuit_states()}
        eip = "127.0.0.1:9"
        assert (await kassanet.add_register(made.id, "terminalfa", eip)).is_active == 0
        with pytest.raises(Refused) as refused:
            await kassanet.add_register(made.id, "terminalfa", eip)
        assert refused.value.slug == "kkt-exists"
        assert eip in {each.eip for each in await kassanet.registers()}
        waiting = await kassanet.post(made.id, receipt(external_id="nobody makes it"))
        with pytest.raises(NotFinal) as unfinished:
            await kassanet.wait(waiting.id, timeout=0.3)
        assert unfinished.value.receipt.status == "queued"
        assert (await kassanet.cancel(waiting.id, "a test")).status == "cancelled"
        await kassanet.remove(eip)
        with pytest.raises(Refused, match="404"):
            await kassanet.register(eip)
        api = await kassanet.add_api(made.id, "shop")
        assert (await kassanet.switch_integration(api.id, active=True)).is_active == 1
        async with Kassanet(service.url, api.token) as shop:
            assert (await shop.post(made.id, receipt(external_id="by the shop"))).status == "queued"


async def test_commands_by_hand(service: Running) -> None:
    eip = str(service.known["eip"])
    async with connected(service) as kassanet:
        assert (await kassanet.activate(eip)).is_active == 1
        assert (await kassanet.register(eip)).eip == eip
        assert await kassanet.command(eip, "x_report") is None
        closed = await kassanet.command(eip, "z_report", "Иванова А.")
        assert closed is not None
        assert closed.fd > 0


async def test_the_stream_is_followed_and_resumed(service: Running) -> None:
    circuit = int(service.known["circuit_id"])
    with trio.fail_after(120):
        async with connected(service) as kassanet, kassanet.follow("kkt", f"receipts:{circuit}") as messages:
            first = await anext(messages)
            assert isinstance(first, Snapshot)
            assert service.known["eip"] in {change.key for change in first.changes}
            posted = await kassanet.post(circuit, receipt(external_id="followed"))
            seen = await _until(messages, str(posted.id))
            assert seen.rev == messages.rev
            await messages.aclose()  # a cut
            later = await kassanet.post(circuit, receipt(external_id="followed after a cut"))
            await _until(messages, str(later.id))


async def _until(messages: package.Following, key: str) -> Delta:
    async for message in messages:
        assert isinstance(message, Delta), "what was missed is at hand, so no snapshot comes"
        if any(change.topic.startswith("receipts") and change.key == key for change in message.changes):
            return message
    raise AssertionError("it never ends")


async def test_a_service_that_is_away_is_waited_for(service: Running) -> None:
    """Refused by a proxy, cut in the middle of the handshake, and then let in."""
    answers = [b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", b""]
    host, port = service.url.removeprefix("http://").split(":")

    async def proxy(client: trio.SocketStream) -> None:
        request = await client.receive_some()
        if answers:
            await client.send_all(answers.pop(0))
            await client.aclose()
            return
        async with await trio.open_tcp_stream(host, int(port)) as server, trio.open_nursery() as both:
            await server.send_all(request)
            both.start_soon(_pump, client, server, both.cancel_scope)
            await _pump(server, client, both.cancel_scope)

    with trio.fail_after(120):
        async with trio.open_nursery() as nursery:
            [listener] = await nursery.start(partial(trio.serve_tcp, proxy, 0, host="127.0.0.1"))
            url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
            async with Kassanet(url, service.token) as kassanet, kassanet.follow("kkt") as messages:
                assert isinstance(await anext(messages), Snapshot)
            nursery.cancel_scope.cancel()
    assert not answers


async def _pump(source: trio.SocketStream, sink: trio.SocketStream, both: trio.CancelScope) -> None:
    with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        async for piece in source:
            await sink.send_all(piece)
    both.cancel()


async def test_what_may_not_be_followed_is_refused(service: Running) -> None:
    async with connected(service) as kassanet:
        with pytest.raises(Refused) as refused:
            async with kassanet.follow("weather") as messages:
                await anext(messages)
        assert refused.value.problem.status == 422
    stranger = Kassanet(service.url, "kassa_wrong")
    async with stranger:
        with pytest.raises(Refused) as refused:
            async with stranger.follow("kkt") as messages:
                await anext(messages)
        assert refused.value.problem.status == 401


def test_the_client_needs_none_of_the_service() -> None:
    for path in Path(package.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.split(".")[0]
                assert top in ALLOWED or top in sys.stdlib_module_names, f"{path.name} imports {name}"
                assert top != "kassanet" or name.startswith("kassanet.client"), f"{path.name} imports {name}"
    loaded = (
        "import sys, kassanet.client; print([name for name in ('quart', 'hypercorn', 'actors') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "[]\n"
