"""When a request is repeated, and when it must not be."""

from collections.abc import Callable, Sequence

import httpx
import msgspec
import pytest
import trio
import trio.testing

from kassanet.client.asking import Asker
from kassanet.client.errors import Refused
from schemas.problems import problem
from schemas.shown import Acknowledged

DONE = httpx.Response(202, json={"id": 5, "external_id": "a", "status": "queued", "circuit_id": 1})
Turn = httpx.Response | Exception


class Service:
    """Answers with one turn after another, the last for ever."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = turns
        self.asked: list[tuple[float, bytes]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        turn = self._turns[min(len(self.asked), len(self._turns) - 1)]
        self.asked.append((trio.current_time(), request.content))
        if isinstance(turn, Exception):
            raise turn
        return httpx.Response(turn.status_code, content=turn.content, headers=turn.headers)


def refusal(status: int, slug: str = "x", **headers: str) -> httpx.Response:
    content = msgspec.json.encode(problem(status, slug, "because").problem)
    return httpx.Response(status, content=content, headers=headers)


def asker(service: Callable[[httpx.Request], httpx.Response], patience: float = 60.0) -> Asker:
    return Asker(httpx.AsyncClient(base_url="http://kassa", transport=httpx.MockTransport(service)), patience)


@pytest.mark.parametrize(
    "turns",
    [
        [refusal(503)],
        [refusal(504), refusal(500), refusal(429)],
        [httpx.ReadTimeout("no answer"), httpx.ConnectError("down"), httpx.ReadError("cut")],
        [httpx.Response(502, text="<html>proxy</html>")],
    ],
)
async def test_what_passes_is_repeated_with_the_same_body(
    turns: list[Turn], autojump_clock: trio.testing.MockClock
) -> None:
    service = Service([*turns, DONE])
    found = await asker(service).ask("POST", "/x", Acknowledged, body={"external_id": "a"})
    assert found.id == 5
    assert [body for _, body in service.asked] == [b'{"external_id":"a"}'] * (len(turns) + 1)


async def test_the_service_says_when_to_come_back(autojump_clock: trio.testing.MockClock) -> None:
    service = Service([refusal(429, **{"Retry-After": "7"}), DONE])
    began = trio.current_time()
    await asker(service).ask("POST", "/x", Acknowledged, body={})
    assert trio.current_time() - began == pytest.approx(7.0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
async def test_what_will_not_pass_is_not_repeated(status: int) -> None:
    service = Service([refusal(status, "other-content")])
    with pytest.raises(Refused, match="because") as refused:
        await asker(service).ask("POST", "/x", Acknowledged, body={})
    assert refused.value.slug == "other-content"
    assert len(service.asked) == 1


async def test_patience_ends(autojump_clock: trio.testing.MockClock) -> None:
    service = Service([refusal(503, "overloaded")])
    with pytest.raises(Refused) as refused:
        await asker(service, patience=20.0).ask("GET", "/x", Acknowledged)
    assert refused.value.problem.status == 503
    assert service.asked[-1][0] - service.asked[0][0] <= 20.0
    assert 5 < len(service.asked) < 20


@pytest.mark.parametrize(
    ("turn", "times"),
    [
        (refusal(503), 1),
        (refusal(504), 1),
        (httpx.ReadTimeout("perhaps done"), 1),
        (refusal(429), 2),
        (httpx.ConnectError("never arrived"), 2),
    ],
)
async def test_what_must_not_be_done_twice_is_repeated_only_when_nothing_was_done(
    turn: Turn, times: int, autojump_clock: trio.testing.MockClock
) -> None:
    service = Service([turn, DONE])
    try:
        await asker(service).ask("POST", "/x", Acknowledged, body={}, repeatable=False)
    except (Refused, httpx.TransportError):
        assert times == 1
    assert len(service.asked) == times


async def test_an_answer_without_a_body() -> None:
    service = Service([httpx.Response(204)])
    await asker(service).ask("DELETE", "/x", type(None))
    assert len(service.asked) == 1
