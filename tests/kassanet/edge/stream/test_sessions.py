"""One client's session: tokens, nonsense, commands, heartbeats; on a virtual clock."""

from typing import Any

import pytest
import trio
from msgspec.structs import replace
from trio.testing import MockClock

from kassanet.edge.rates import Rates
from kassanet.edge.stream.session import AUTH_SECONDS, HEARTBEAT, IN_HAND
from tests.kassanet.edge.stream.memory import MemorySocket, hall

NONSENSE: list[tuple[object, int, str]] = [
    ("not json", 400, ""),
    (b"\xff\xfe", 400, ""),
    ("[" * 100_000, 400, ""),
    ("[]", 422, ""),
    ({"op": "dance"}, 422, "op"),
    ({"op": "subscribe"}, 422, "topics"),
    ({"op": "subscribe", "topics": []}, 422, "topics"),
    ({"op": "subscribe", "topics": ["kkt", 5]}, 422, "topics[1]"),
    ({"op": "subscribe", "topics": ["kkt", "moon"]}, 422, "topics[1]"),
    ({"op": "subscribe", "topics": ["kkt"], "since": "yesterday"}, 422, "since"),
    ({"op": "subscribe", "topics": ["kkt"], "sinse": "1-1"}, 422, "sinse"),
    ({"op": "command", "id": 1}, 422, "target"),
    ({"op": "auth", "token": "again"}, 409, ""),
]


@pytest.mark.parametrize(("message", "status", "path"), NONSENSE)
async def test_what_is_wrong_is_told_where_it_is(
    message: object, status: int, path: str, autojump_clock: MockClock
) -> None:
    async with hall() as built:
        client = built.connect()
        await client.enter(built.tokens.add("admin"))
        await client.say(message)
        failed = await client.hear("error")
        assert failed["problem"]["status"] == status
        if path:
            assert path in [error["path"] for error in failed["problem"]["errors"]]
        await client.say({"op": "subscribe", "topics": ["kkt"]})
        assert (await client.hear("snapshot"))["type"] == "snapshot"


async def test_too_much_nonsense_ends_the_session(autojump_clock: MockClock) -> None:
    async with hall() as built:
        client = built.connect()
        await client.enter(built.tokens.add("admin"))
        for _ in range(11):
            await client.say("nonsense")
        await trio.sleep(0.1)
        assert client.closed is not None
        assert client.closed[0] == 4400


async def test_too_many_subscriptions_are_refused(autojump_clock: MockClock) -> None:
    async with hall() as built:
        client = built.connect()
        await client.enter(built.tokens.add("admin"))
        for _ in range(21):
            await client.say({"op": "subscribe", "topics": ["kkt"]})
        assert (await client.hear("error"))["problem"]["status"] == 429
        await trio.sleep(2)
        await client.say({"op": "subscribe", "topics": ["kkt"]})
        assert (await client.hear())["type"] == "snapshot"


async def refused(client: MemorySocket) -> dict[str, Any]:
    failed = await client.hear("error")
    await trio.sleep(0.1)
    assert client.closed is not None
    assert client.closed[0] == 4401
    problem: dict[str, Any] = failed["problem"]
    return problem


async def test_a_wrong_token_no_token_and_silence_are_refused(autojump_clock: MockClock) -> None:
    async with hall() as built:
        wrong, none, silent = built.connect(), built.connect(), built.connect()
        await wrong.say({"op": "auth", "token": "kassa_wrong"})
        assert (await refused(wrong))["status"] == 401
        await none.say({"op": "subscribe", "topics": ["kkt"]})
        assert (await refused(none))["status"] == 401
        began = trio.current_time()
        await refused(silent)
        assert trio.current_time() - began <= AUTH_SECONDS + 1
        assert built.stream.clients == 0


async def test_the_token_of_the_header_needs_no_message(autojump_clock: MockClock) -> None:
    async with hall() as built:
        client = built.connect(built.tokens.add("viewer"))
        assert await client.hear() == {"type": "welcome", "name": "token 1", "role": "viewer"}


async def test_a_revoked_token_is_cut_off_within_two_seconds(autojump_clock: MockClock) -> None:
    async with hall() as built, trio.open_nursery() as nursery:
        token = built.tokens.add("viewer")
        await nursery.start(built.book.keep_fresh)
        client = built.connect()
        await client.enter(token, "kkt")
        built.tokens.rows[0] = replace(built.tokens.rows[0], revoked_at=1.0)
        began = trio.current_time()
        assert (await refused(client))["status"] == 401
        assert trio.current_time() - began <= 2
        nursery.cancel_scope.cancel()


async def test_commands_go_with_the_rights_of_the_token_and_come_back_by_id(autojump_clock: MockClock) -> None:
    async with hall() as built:
        operator, viewer = built.connect(), built.connect()
        await operator.enter(built.tokens.add("operator"))
        await viewer.enter(built.tokens.add("viewer"))
        command = {"op": "command", "id": "7", "target": "kkt/x", "name": "open_shift", "args": {"cashier": "Ann"}}
        for client in (operator, viewer):
            await client.say(command)
        done, not_allowed = await operator.hear("reply"), await viewer.hear("reply")
        assert (done["id"], done["status"], done["result"]) == ("7", 200, {"done": "open_shift"})
        assert (not_allowed["id"], not_allowed["status"]) == ("7", 403)
        assert not_allowed["problem"]["type"] == "urn:kassanet:problem:not-allowed"
        assert [command.args for command in built.carried_out] == [{"cashier": "Ann"}]


async def test_a_slow_command_holds_up_nothing_and_too_many_are_refused(autojump_clock: MockClock) -> None:
    async with hall() as built:
        client = built.connect()
        await client.enter(built.tokens.add("operator"), "kkt")
        slow = {"op": "command", "target": "kkt/x", "name": "slow"}
        for number in range(IN_HAND):
            await client.say({**slow, "id": number})
        await client.say({"op": "command", "id": 999, "target": "kkt/x", "name": "quick"})
        assert (await client.hear("error"))["problem"]["status"] == 429
        built.publish("a", 1)
        await client.hear("delta")
        built.gate.set()
        assert {(await client.hear("reply"))["id"] for _ in range(IN_HAND)} == set(range(IN_HAND))


async def test_silence_is_broken_by_heartbeats(autojump_clock: MockClock) -> None:
    async with hall() as built:
        client = built.connect()
        await client.enter(built.tokens.add("viewer"), "kkt")
        began = trio.current_time()
        assert (await client.hear("heartbeat"))["rev"] == f"{built.hub.epoch}-{built.hub.number}"
        assert trio.current_time() - began == pytest.approx(HEARTBEAT, abs=0.5)


async def test_a_new_subscription_takes_the_place_of_the_old(autojump_clock: MockClock) -> None:
    async with hall() as built:
        client = built.connect()
        await client.enter(built.tokens.add("viewer"), "kkt")
        await client.say({"op": "subscribe", "topics": ["circuit:1"]})
        await client.hear("snapshot")
        built.publish("a", 1)
        await trio.sleep(1)
        assert built.stream.broadcast.topics == {"circuit:1"}
        assert not [frame for frame in client.sent if b'"type":"delta"' in frame.payload]


async def test_commands_count_as_requests_do(autojump_clock: MockClock) -> None:
    async with hall(Rates(0.2, 3)) as built:
        client = built.connect()
        await client.enter(built.tokens.add("operator"))  # the first of three
        for number in range(4):
            await client.say({"op": "command", "id": number, "target": "kkt/x", "name": "x_report"})
        replies = [await client.hear("reply") for _ in range(4)]
        assert sorted((reply["id"], reply["status"]) for reply in replies) == [(0, 200), (1, 200), (2, 429), (3, 429)]
        refused = next(reply for reply in replies if reply["id"] == 3)
        assert refused["problem"]["type"].endswith(":too-many-requests")
        assert "Come back in 5 s" in refused["problem"]["detail"]
        assert len(built.carried_out) == 2
        await trio.sleep(5)
        await client.say({"op": "command", "id": 5, "target": "kkt/x", "name": "x_report"})
        assert (await client.hear("reply"))["status"] == 200


async def test_a_token_that_connects_too_often_is_told_and_closed(autojump_clock: MockClock) -> None:
    async with hall(Rates(0.2, 2)) as built:
        token = built.tokens.add("viewer")
        for _ in range(2):
            await built.connect().enter(token)
        client = built.connect()
        await client.say({"op": "auth", "token": token})
        assert (await client.hear("error"))["problem"]["status"] == 429
        await trio.sleep(0.1)
        assert client.closed == (4429, "the token asks too often")
        await trio.sleep(5)
        await built.connect().enter(token)
