"""Nonsense over HTTP: each piece is refused with a reason, and the service goes on as if nothing had come."""

import itertools
import json
from collections.abc import AsyncIterator
from math import inf
from pathlib import Path
from typing import Any

import httpx
import trio

from kassanet.config import Limits
from kassanet.store.sqlite import Opening, SqliteReader
from tests.kassanet.edge.posted import receipt
from tests.kassanet.service.premises import INN, PATIENCE, Premises, premises
from tests.kassanet.service.shop import Shop

DEEP = b"[" * 100_000
GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "not json": b"{",
    "a word": b"receipt",
    "null": b"null",
    "a number": b"17",
    "a list": b"[]",
    "a huge number": b'{"inn": 1e999999, "title": 5}',
    "not utf-8": b'{"title": "\xff\xfe"}',
    "a lone surrogate": b'{"title": "\\ud800", "external_id": "\\ud800"}',
    "nul": b'{"title": "\\u0000"}',
    "deep": DEEP,
    "deep inside": b'{"items": ' + DEEP + b"}",
    "a key twice": b'{"title": "a", "title": "b"}',
}
BODIES = (
    "/fcircuit",
    "/fcircuit/1/fr",
    "/fcircuit/1/int",
    "/api/v1/circuits/1/receipts",
    "/api/v1/receipts/1/resolve",
    "/api/v1/receipts/1/cancel",
    "/api/v1/kkt/10.0.0.1:7777/open_shift",
)


async def test_garbage_in_every_body(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        await shop.add("10.0.0.1:7777")
        number = await shop.post()
        for path in BODIES:
            for name, body in GARBAGE.items():
                if name == "nothing" and path.endswith(("/cancel", "/open_shift")):
                    continue  # there a body is not needed
                answer = await shop.http.post(path, content=body)
                assert answer.status_code in (400, 422), (path, name, answer.status_code, answer.text)
                assert answer.headers["Content-Type"] == "application/problem+json"
                assert answer.json()["status"] == answer.status_code
        assert (await shop.receipt(number))["status"] == "queued"
        [circuit] = (await shop.http.get(f"/fcircuit/{INN}")).json()
        assert (len(circuit["frs"]), len(circuit["integrations"])) == (1, 0)


async def test_garbage_as_lines(tmp_path: Path) -> None:
    headers = {"Content-Type": "application/x-ndjson"}
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        lines = [*GARBAGE.values(), json.dumps(receipt()).encode()]
        answer = await shop.http.post(shop.path, content=b"\n".join(lines), headers=headers)
        assert answer.status_code == 200
        told = [json.loads(line) for line in answer.text.splitlines()]
        assert len(told) == len(lines) - 1  # the empty one is no line
        assert {line["status_code"] for line in told[:-1]} <= {400, 422}
        assert told[-1]["status_code"] == 202


WRONG_TYPES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"items": "all"}, "items"),
    ({"items": []}, "items"),
    ({"items": [5]}, "items[0]"),
    ({"payments": []}, "payments"),
    ({"kind": 5}, "kind"),
    ({"external_id": ""}, "external_id"),
    ({"external_id": None}, "external_id"),
    ({"customer": {"email": "no address"}}, "customer.email"),
    ({"customer": {"phone": "٣٤٥٦٧٨٩"}}, "customer.phone"),
    ({"callback_url": "ftp://x"}, "callback_url"),
    ({"colour": "red"}, "colour"),
    ({"cashier": "two\nlines"}, "cashier"),
)


async def test_wrong_types_are_named(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        for changes, path in WRONG_TYPES:
            answer = await shop.http.post(shop.path, json=receipt(**changes))
            assert answer.status_code == 422, changes
            assert path in {error["path"] for error in answer.json()["errors"]}, answer.text


async def test_bodies_that_are_too_large(tmp_path: Path) -> None:
    small = Limits(body=2048, line=4096, import_body=65_536)
    async with premises(tmp_path, 0, limits=small) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        for path, size in (("/fcircuit", 4096), (shop.path, 8192), (shop.path, 10**6)):
            answer = await shop.http.post(path, content=b'{"title": "' + b"x" * size + b'"}')
            assert (answer.status_code, answer.json()["status"]) == (413, 413), (path, size)
        ndjson = {"Content-Type": "application/x-ndjson"}
        line = json.dumps(receipt()).encode() + b"\n"
        assert (await shop.http.post(shop.path, content=line * 1000, headers=ndjson)).status_code == 413

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(1000):
                yield line

        answer = await shop.http.post(shop.path, content=endless(), headers=ndjson)
        told = [json.loads(each) for each in answer.text.splitlines()]
        assert (told[0]["status_code"], told[-1]["status_code"]) == (202, 413)
        assert (await shop.http.get("/readyz")).status_code == 200


async def test_a_body_that_never_ends_holds_up_nobody(tmp_path: Path) -> None:
    async with premises(tmp_path, 0, shutdown=0.5) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        assert place.service is not None
        port = int(place.service.addresses[0].rsplit(":", 1)[1])
        stuck = await trio.open_tcp_stream("127.0.0.1", port)
        async with stuck:
            await stuck.send_all(
                f"POST {shop.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.token}\r\n"
                "Content-Length: 1000\r\n\r\n{".encode()
            )
            assert (await shop.http.post(shop.path, json=receipt())).status_code == 202
            with trio.fail_after(60):
                await place.stop()


QUERIES = (
    "limit=0",
    "limit=501",
    "limit=x",
    "limit=",
    "cursor=-1",
    "cursor=1e9",
    f"cursor={2**63}",
    "status=done",
    "since=yesterday",
    "since=2026-11-22T10:00:00",
    "until=9999-99-99T00:00:00Z",
    "total=-5",
    "total=" + "9" * 5000,
    "fd=one",
    "colour=red",
    "limit=%00",
    "circuit_id=\N{ARABIC-INDIC DIGIT ONE}x",
)


async def test_queries_that_mean_nothing(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        for path, query in itertools.product(("/api/v1/receipts", shop.path), QUERIES):
            answer = await shop.http.get(f"{path}?{query}")
            assert answer.status_code == 422, (query, answer.text)
            assert [error["path"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


async def test_times_at_the_ends_of_time(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        query = "since=0001-01-01T00:00:00%2B23:59&until=9999-12-31T23:59:59-23:59"
        assert (await shop.http.get(f"/api/v1/receipts?{query}")).status_code == 200


PATHS = (
    "/frs/",
    "/frs/%00",
    "/frs/%ff%fe",
    "/frs/..%2f..%2fetc%2fpasswd",
    "/frs/" + "x" * 5000,
    "/fcircuit/",
    "/fcircuit/%20",
    "/fcircuit/ \N{CYRILLIC SMALL LETTER A}",
    "/api/v1/receipts/%31%30x",
    "/api/v1/receipts/1/",
    "/api/v1/receipts/0",
    "/api/v1/circuits/0/receipts",
    "/api/v2/receipts",
    "/../../etc/passwd",
)


async def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        for path in PATHS:
            answer = await shop.http.get(path)
            assert answer.status_code == 404, (path, answer.status_code)
            assert answer.headers["Content-Type"] == "application/problem+json", path
        for method in ("PUT", "DELETE", "TRACE", "BREW"):
            answer = await shop.http.request(method, "/fcircuit")
            assert answer.status_code in (404, 405, 501), method


async def test_requests_that_are_no_http(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        assert place.service is not None
        port = int(place.service.addresses[0].rsplit(":", 1)[1])
        for data in (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 200_000,
            b"POST /fcircuit HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
            b"POST /fcircuit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
            b"\x00" * 1000,
        ):
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            async with stream:
                await stream.send_all(data)
                with trio.move_on_after(0.2):
                    while await stream.receive_some():
                        pass
        assert (await shop.http.get("/healthz")).status_code == 200
        assert (await shop.http.get("/frs")).status_code == 200


async def test_headers_that_lie(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit()
        said = ("Bearer", "Basic YTpi", "Bearer " + "x" * 8000, "Bearer kassa_\N{LATIN SMALL LETTER E WITH ACUTE}")
        async with httpx.AsyncClient(base_url=shop.http.base_url, trust_env=False) as http:
            for header in said:
                headers = {b"Authorization": header.encode("latin-1")}
                assert (await http.get("/frs", headers=headers)).status_code == 401
        for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = await shop.http.post(shop.path, content=b"a=b", headers={"Content-Type": kind})
            assert answer.status_code in (400, 415, 422), kind


async def test_who_hangs_up_leaves_nothing_half_done(tmp_path: Path) -> None:
    """Whenever the asker goes: what is on disk is what is shown, and every register shown has its actor."""
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        first = await shop.create_circuit()
        for number in range(40):
            delay = number / 40 * 0.004 if number < 38 else inf  # a busy machine may take nothing in that time
            await hang_up(place, shop, "/fcircuit", {"inn": INN, "title": "x"}, delay)
            register = {"type": "terminalfa", "eip": f"10.0.0.{number + 1}:7777"}
            await hang_up(place, shop, f"/fcircuit/{first}/fr", register, delay)
            await hang_up(place, shop, f"/fcircuit/{first}/int", {"type": "api"}, delay)
        with trio.fail_after(PATIENCE):
            while (shown := await shown_alike(shop)) != on_disk(place):  # noqa: ASYNC110 - what was begun still ends
                await trio.sleep(0.05)
        assert all(count > 1 for count in shown)


def on_disk(place: Premises) -> list[int]:
    """Circuits, registers and integrations."""
    reader = SqliteReader(Opening(place.folder))
    stored = [len(rows) for rows in (reader.circuits(), reader.kkts(), reader.integrations())]
    reader.close()
    return stored


async def shown_alike(shop: Shop) -> list[int]:
    """The same, where lists and actors tell the same; else nothing."""
    circuits = (await shop.http.get(f"/fcircuit/{INN}")).json()
    shown = [len(circuits), len(circuits[0]["frs"]), len(circuits[0]["integrations"])]
    tree = {child["name"]: child for child in (await shop.http.get("/api/v1/actors")).json()["children"]}
    living = [len(tree[name]["children"]) for name in ("circuits", "kkts")]
    return shown if living == shown[:2] else []


async def hang_up(place: Premises, shop: Shop, path: str, said: dict[str, str], delay: float) -> None:
    """Ask, and go after ``delay`` seconds without waiting for the answer; ``inf``: once it comes."""
    assert place.service is not None
    port, body = int(place.service.addresses[0].rsplit(":", 1)[1]), json.dumps(said).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.token}\r\n"
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        await stream.send_all(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        with trio.move_on_after(delay):
            await stream.receive_some()
