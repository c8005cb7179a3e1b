"""Limits of one token: as many as it may, then 429 with the time to wait, and nobody else notices."""

import math

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st
from quart import Blueprint, Response

from kassanet.edge import rates as module
from kassanet.edge.answers import answer
from kassanet.edge.application import current_access
from kassanet.edge.rates import Rates, TooManyRequests
from kassanet.edge.settings import EdgeSettings
from tests.kassanet.edge.conversation import UPGRADE, Tokens, application, read_until, running


def taken(rates: Rates, name: str, tries: int) -> int:
    """How many of so many tries are granted."""
    granted = 0
    for _ in range(tries):
        try:
            rates.take(name)
        except TooManyRequests:
            continue
        granted += 1
    return granted


async def test_a_burst_then_the_steady_rate(autojump_clock: trio.testing.MockClock) -> None:
    rates = Rates(2.0, 5)
    assert taken(rates, "a", 20) == 5
    await trio.sleep(1.0)
    assert taken(rates, "a", 20) == 2
    await trio.sleep(3600)
    assert taken(rates, "a", 20) == 5


async def test_what_was_refused_is_not_counted_and_hears_when_to_come_back(
    autojump_clock: trio.testing.MockClock,
) -> None:
    rates = Rates(0.1, 1)
    rates.take("a")
    for _ in range(50):
        with pytest.raises(TooManyRequests) as refused:
            rates.take("a")
    assert refused.value.retry_after == 10
    await trio.sleep(refused.value.wait)
    rates.take("a")


async def test_one_name_does_not_use_up_anothers(autojump_clock: trio.testing.MockClock) -> None:
    rates = Rates(1.0, 3)
    assert [taken(rates, name, 9) for name in "abc"] == [3, 3, 3]


async def test_names_that_owe_nothing_are_forgotten(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_NAMES", 100)
    rates = Rates(1.0, 1)
    for number in range(1000):
        rates.take(f"token {number}")
        await trio.sleep(0.1)
    assert len(rates._used_up) <= 101


@given(rate=st.floats(0.1, 1e4), burst=st.integers(1, 100), waits=st.lists(st.floats(0, 2), max_size=60))
def test_never_more_than_burst_and_rate_allow(rate: float, burst: int, waits: list[float]) -> None:
    async def ask() -> None:
        rates, granted = Rates(rate, burst), 0
        began = trio.current_time()
        for wait in waits:
            granted += taken(rates, "a", 3)
            assert granted <= burst + math.floor((trio.current_time() - began) * rate + 1e-6)
            await trio.sleep(wait)

    trio.run(ask, clock=trio.testing.MockClock(autojump_threshold=0))


def routes() -> Blueprint:
    blueprint = Blueprint("routes", __name__)

    @blueprint.get("/who")
    async def who() -> Response:
        return answer(current_access().name)

    @blueprint.websocket("/stream")
    async def stream() -> None:
        raise AssertionError("nobody gets here")

    return blueprint


async def test_a_token_over_its_rate_gets_429_and_others_are_served() -> None:
    tokens = Tokens()
    greedy, modest = tokens.add("viewer"), tokens.add("viewer")
    app = application(tokens, [routes()], EdgeSettings(rate=0.2, burst=3))
    async with running(app) as server, server.client(greedy) as http, server.client(modest) as other:
        answers = [await http.get("/who") for _ in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert answers[3].json()["type"] == "urn:kassanet:problem:too-many-requests"
        assert answers[3].headers["Content-Type"] == "application/problem+json"
        assert 4 <= int(answers[3].headers["Retry-After"]) <= 5
        assert (await other.get("/who")).status_code == 200
        async with server.client() as stranger:
            assert (await stranger.get("/healthz")).status_code == 200
        stream = await server.connect()
        token = f"\r\nAuthorization: Bearer {greedy}\r\n\r\n".encode()
        await stream.send_all((UPGRADE % b"/stream").removesuffix(b"\r\n\r\n") + token)
        assert b"429" in (await read_until(stream, b"\r\n\r\n")).splitlines()[0]
        await stream.aclose()


async def test_without_a_rate_nobody_is_counted() -> None:
    tokens = Tokens()
    async with running(application(tokens, [routes()])) as server, server.client(tokens.add("viewer")) as http:
        assert {(await http.get("/who")).status_code for _ in range(300)} == {200}
