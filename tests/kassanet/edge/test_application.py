"""The application around the routes: who gets in, what errors look like, and what health says."""

import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import trio
from quart import Blueprint, Response, g, request

from actors.journal import StoreUnavailable
from actors.runtime import ActorCrashed, ActorStopped, AskTimedOut, Expired, Overloaded
from kassanet import logs
from kassanet.edge.answers import answer
from kassanet.edge.application import current_access, public
from kassanet.edge.decoding import decode
from kassanet.edge.problems import problem_of
from kassanet.edge.settings import EdgeSettings, Trust, parse_networks
from schemas.circuits import NewCircuit
from schemas.problems import ProblemError, problem
from schemas.records import Conflict, NotFound
from tests.kassanet.edge.conversation import UPGRADE, Tokens, application, read_until, running

FAILURES: dict[str, tuple[Exception, int, str]] = {
    "own": (problem(409, "taken", "It is taken."), 409, "It is taken."),
    "store": (StoreUnavailable("the disk is full"), 503, "the disk is full"),
    "overloaded": (Overloaded("kkt/1", "work", 64), 503, "nothing was done"),
    "expired": (Expired(), 503, "nothing was done"),
    "stopped": (ActorStopped("kkt/1"), 503, "nothing was done"),
    "late": (AskTimedOut(), 504, "not known"),
    "crashed": (ActorCrashed("kkt/1"), 500, "read the state"),
    "conflict": (Conflict("kkt_exists", "It stands already", "circuit 4"), 409, "circuit 4"),
    "missing": (NotFound("receipt 9"), 404, "There is no receipt 9."),
    "unforeseen": (ZeroDivisionError("secret insides"), 500, "the log names request"),
}


@pytest.mark.parametrize(
    ("conflict", "detail"),
    [
        (Conflict("pinpad_busy", "pinpad 1 is busy", "operation 14"), "pinpad 1 is busy. Held by operation 14."),
        (Conflict("status", "sale 7 is refused", "refused"), "sale 7 is refused."),
        (Conflict("pinpad_exists", "10.0.0.5:7001 is pinpad 2", "2"), "10.0.0.5:7001 is pinpad 2."),
        (Conflict("other_content", "order-14 was asked before", "14a"), "order-14 was asked before. Held by 14a."),
    ],
)
def test_a_holder_is_told_once(conflict: Conflict, detail: str) -> None:
    told = problem_of(conflict)
    assert told is not None
    assert told.detail == detail


def test_a_body_that_is_not_json_is_told_as_that() -> None:
    for body in (b"", b"{", b"receipt"):
        with pytest.raises(ProblemError) as refused:
            decode(body, NewCircuit)
        assert refused.value.problem.detail.startswith("The body is not JSON: ")


def routes() -> Blueprint:
    blueprint = Blueprint("routes", __name__)

    @blueprint.get("/who")
    async def who() -> Response:
        return answer({"name": current_access().name, "role": current_access().role})

    @blueprint.get("/frs/<eip>")
    async def old(eip: str) -> Response:
        return answer({"name": current_access().name, "role": current_access().role})

    @blueprint.get("/open")
    @public
    async def opened() -> Response:
        return answer({"known": g.access is not None})

    @blueprint.get("/fail/<name>")
    @public
    async def fail(name: str) -> Response:
        raise FAILURES[name][0]

    @blueprint.get("/group")
    @public
    async def group() -> Response:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_raise, problem(409, "inner", "From a nursery."))
        return answer({})

    @blueprint.post("/circuits")
    @public
    async def circuits() -> Response:
        return answer(decode(await request.get_data(), NewCircuit), 201)

    @blueprint.websocket("/stream")
    async def stream() -> None:
        raise AssertionError("nobody gets here without a token")

    return blueprint


async def _raise(error: Exception) -> None:
    raise error


def check_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:kassanet:problem:")
    assert body["title"]
    return body


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged while a test runs."""
    stream = io.StringIO()
    logs.configure("info", stream)
    yield stream
    logs.configure("info", io.StringIO())


async def test_a_route_is_closed_without_a_token_and_open_with_one() -> None:
    tokens = Tokens()
    secret = tokens.add("viewer")
    async with running(application(tokens, [routes()])) as server, server.client() as http:
        refused = await http.get("/who")
        check_problem(refused, 401)
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        for header in ("Bearer", f"Basic {secret}", f"Bearer {secret}x", secret):
            check_problem(await http.get("/who", headers={"Authorization": header}), 401)
        for header in (f"Bearer {secret}", f"bearer  {secret}"):
            answered = await http.get("/who", headers={"Authorization": header})
            assert answered.json() == {"name": "token 1", "role": "viewer"}


async def test_a_public_route_needs_no_token_but_a_wrong_one_is_told() -> None:
    async with running(application(blueprints=[routes()])) as server, server.client() as http:
        assert (await http.get("/open")).json() == {"known": False}
        check_problem(await http.get("/open", headers={"Authorization": "Bearer kassa_wrong"}), 401)


async def test_unknown_paths_and_methods_are_problems() -> None:
    async with running(application(blueprints=[routes()])) as server, server.client() as http:
        check_problem(await http.get("/nowhere"), 404)
        wrong = await http.delete("/who")
        check_problem(wrong, 405)
        assert "GET" in wrong.headers["Allow"]


@pytest.mark.parametrize("name", FAILURES)
async def test_every_failure_has_its_status(name: str) -> None:
    _, status, text = FAILURES[name]
    async with running(application(blueprints=[routes()])) as server, server.client() as http:
        response = await http.get(f"/fail/{name}")
        body = check_problem(response, status)
        assert text in body["detail"]
        assert "secret insides" not in response.text
        assert ("Retry-After" in response.headers) == (status == 503)


async def test_a_failure_inside_a_nursery_is_the_failure() -> None:
    async with running(application(blueprints=[routes()])) as server, server.client() as http:
        check_problem(await http.get("/group"), 409)


async def test_bodies_are_decoded_with_every_wrong_field() -> None:
    async with running(application(blueprints=[routes()])) as server, server.client() as http:
        made = await http.post("/circuits", content=b'{"inn": "5190114620", "title": "Office"}')
        assert made.status_code == 201
        check_problem(await http.post("/circuits", content=b"{"), 400)
        wrong = check_problem(await http.post("/circuits", json={"inn": "1", "titel": "x"}), 422)
        assert {error["path"] for error in wrong["errors"]} == {"inn", "titel", "title"}


async def test_a_body_beyond_the_limit_is_413() -> None:
    settings = EdgeSettings(body_limit=1000)
    async with running(application(blueprints=[routes()], settings=settings)) as server, server.client() as http:
        check_problem(await http.post("/circuits", content=b" " * 1001), 413)
        assert (await http.post("/circuits", content=b"{}" + b" " * 998)).status_code == 422


async def test_who_is_answered_before_the_end_of_its_body_is_told_that_the_connection_closes() -> None:
    async with running(application(blueprints=[routes()])) as server:
        stream = await server.connect()
        await stream.send_all(b"POST /circuits HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n{")
        head = (await read_until(stream, b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 413")
        assert b"\r\nconnection: close\r\n" in head
        await stream.aclose()


@pytest.mark.parametrize("announced", [b"", b"Content-Length: 0\r\n"])
async def test_who_is_refused_at_the_door_without_a_body_keeps_the_connection(announced: bytes) -> None:
    async with running(application(blueprints=[routes()])) as server:
        stream = await server.connect()
        for _ in range(3):
            await stream.send_all(b"GET /who HTTP/1.1\r\nHost: x\r\n%b\r\n" % announced)
            answer = (await read_until(stream, b"}")).lower()
            assert answer.startswith(b"http/1.1 401")
            assert b"connection: close" not in answer
        await stream.aclose()


async def test_requests_carry_an_id_and_leave_one_line_in_the_log(log: io.StringIO) -> None:
    tokens = Tokens()
    secret = tokens.add("viewer")
    async with running(application(tokens, [routes()])) as server, server.client(secret) as http:
        given = await http.get("/who", headers={"X-Request-Id": "shop-17.a"})
        assert given.headers["X-Request-Id"] == "shop-17.a"
        made = await http.get("/who", headers={"X-Request-Id": "no\tgood"})
        assert made.headers["X-Request-Id"] not in ("", "no\tgood")
        await http.get("/healthz")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    found = [line for line in lines if line["event"] == "request"]
    assert [line["request_id"] for line in found] == ["shop-17.a", made.headers["X-Request-Id"]]
    assert found[0]["path"] == "/who"
    assert found[0]["status"] == 200
    assert found[0]["by"] == "token 1"
    assert secret not in log.getvalue()


async def test_an_unforeseen_failure_is_in_the_log_with_the_requests_id(log: io.StringIO) -> None:
    async with running(application(blueprints=[routes()])) as server, server.client() as http:
        response = await http.get("/fail/unforeseen")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    [failure] = [line for line in lines if line["event"] == "request_failed"]
    assert failure["request_id"] == response.headers["X-Request-Id"]
    assert response.headers["X-Request-Id"] in response.json()["detail"]
    assert failure["exception"][0]["exc_type"] == "ZeroDivisionError"


async def test_health_and_readiness_need_no_token() -> None:
    reasons: list[str] = []
    app = application(ready=lambda: reasons[0] if reasons else None)
    async with running(app) as server, server.client() as http:
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        assert (await http.get("/readyz")).status_code == 200
        reasons.append("the journal cannot be written: disk full")
        unready = await http.get("/readyz")
        assert "disk full" in check_problem(unready, 503)["detail"]
        assert (await http.get("/healthz")).status_code == 200


async def test_a_websocket_needs_a_token_unless_its_route_is_public() -> None:
    async with running(application(blueprints=[routes()])) as server:
        stream = await server.connect()
        await stream.send_all(UPGRADE % b"/stream")
        head = await read_until(stream, b"\r\n\r\n")
        assert b"401" in head.splitlines()[0]
        await stream.aclose()


@pytest.mark.parametrize(
    ("networks", "proxies", "forwarded", "path", "status"),
    [
        (["127.0.0.0/8"], [], None, "/frs/x", 200),
        (["127.0.0.0/8"], [], None, "/who", 401),
        (["10.0.0.0/8"], [], None, "/frs/x", 401),
        ([], [], None, "/frs/x", 401),
        (["127.0.0.0/8"], [], "10.1.1.1", "/frs/x", 401),
        (["10.0.0.0/8"], ["127.0.0.1"], "10.1.1.1", "/frs/x", 200),
        (["10.0.0.0/8"], ["127.0.0.1"], "10.1.1.1, 203.0.113.5", "/frs/x", 401),
    ],
)
async def test_listed_networks_need_no_token_for_the_old_calls(
    networks: list[str], proxies: list[str], forwarded: str | None, path: str, status: int
) -> None:
    settings = EdgeSettings(trust=Trust(parse_networks(networks), parse_networks(proxies)))
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    async with running(application(blueprints=[routes()], settings=settings)) as server, server.client() as http:
        answered = await http.get(path, headers=headers)
        assert answered.status_code == status
        if status == 200:
            assert answered.json()["role"] == "operator"


async def test_a_trusted_network_does_not_excuse_a_wrong_token() -> None:
    settings = EdgeSettings(trust=Trust(parse_networks(["127.0.0.0/8"])))
    async with running(application(blueprints=[routes()], settings=settings)) as server, server.client() as http:
        check_problem(await http.get("/frs/x", headers={"Authorization": "Bearer kassa_wrong"}), 401)
