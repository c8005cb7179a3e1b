"""The agent's client: what it calls a document, and what it makes of every answer."""

import base64
from collections.abc import Callable

import httpx
import msgspec
import pytest
import trio

from schemas.problems import ProblemError
from schemas.prro_commands import NotSigned, NotStamped
from schemas.signing import DocumentKind, SignDocument, UploadKey
from tests.transports.test_stamping import HEAD, authority
from transports.prro.packets import encode_packet
from transports.signing_agent import MOST_OF_A_LISTING, SigningAgent, kind_of

CHECK = '<?xml version="1.0" encoding="windows-1251"?><CHECK><CHECKHEAD/></CHECK>'.encode("cp1251")
SIGNED = b"\x30\x82\x01\x00" + CHECK
ANSWER = {
    "id": "x",
    "key": "k",
    "signature": base64.b64encode(b"signed").decode(),
    "level": "CAdES-T",
    "signed_at": "2026-11-22T09:00:00Z",
    "repeated": False,
}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CHECK, "check"),
        (CHECK.replace(b"CHECK", b"ZREP"), "zrep"),
        (b'{"Command":"ServerState"}', "command"),
        (b'{"Registration":"cashier","Tin":"40000001"}', "registration"),
        (encode_packet([SIGNED] * 2), "packet"),
        (encode_packet([SIGNED] * 2, "big"), "packet"),
        (encode_packet([b"\x30" + bytes(0x3B)]), "packet"),  # its length begins like XML
        (encode_packet([b"\x30" + bytes(0x7A)]), "packet"),  # and like JSON
    ],
)
def test_a_document_says_what_it_is(content: bytes, kind: DocumentKind) -> None:
    assert kind_of(content) == kind


async def ask(answer: Callable[[httpx.Request], httpx.Response]) -> bytes:
    agent = SigningAgent("http://agent/", "secret", transport=httpx.MockTransport(answer))
    try:
        return await agent.sign("a/b", CHECK, stamped=True)
    finally:
        await agent.aclose()


async def test_the_same_document_is_asked_for_under_the_same_id() -> None:
    seen: list[SignDocument] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.raw_path == b"/api/v1/keys/a%2Fb/sign"
        assert request.headers["Authorization"] == "Bearer secret"
        seen.append(msgspec.json.decode(request.content, type=SignDocument))
        return httpx.Response(200, json=ANSWER)

    assert await ask(answer) == await ask(answer) == b"signed"
    assert seen[0] == seen[1]
    assert (seen[0].kind, seen[0].data, seen[0].stamped) == ("check", CHECK, True)


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (503, b'{"type":"urn:kassanet:problem:time-stamp-unavailable","title":"","status":503,"detail":"away."}',
         NotStamped, "away"),
        (403, b'{"type":"urn:kassanet:problem:foreign-tin","title":"","status":403,"detail":"no."}', NotSigned, "no"),
        (502, b"<html>", NotSigned, "502"),
        (200, b"{}", NotSigned, "no signature"),
    ],
)  # fmt: skip
async def test_what_is_no_signature(status: int, body: bytes, kind: type[Exception], said: str) -> None:
    with pytest.raises(NotSigned, match=said) as caught:
        await ask(lambda _: httpx.Response(status, content=body))
    assert type(caught.value) is kind


async def test_an_agent_that_is_away() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(NotSigned, match="no answer from the agent at http://agent: ConnectError"):
        await ask(refuse)


def refusing(status: int, slug: str) -> Callable[[httpx.Request], httpx.Response]:
    body = {"type": f"urn:kassanet:problem:{slug}", "title": "", "status": status, "detail": "Why not."}
    return lambda _: httpx.Response(status, json=body)


@pytest.mark.parametrize(
    ("status", "slug", "code"),
    [(503, "locked", "agent-locked"), (403, "licence-over", "agent-licence"), (403, "no-licence", "agent-licence"),
     (403, "no-agreement", "agent-agreement"), (403, "certificate-not-valid", "agent-certificate"),
     (429, "too-fast", "agent-too-fast"), (401, "unauthorized", "agent-token"),
     (503, "time-stamp-unavailable", "agent-no-time-stamp"), (403, "foreign-register", "agent-refused"),
     (409, "document-differs", "agent-refused")],
)  # fmt: skip
async def test_a_refusal_has_a_word_of_ours(status: int, slug: str, code: str) -> None:
    with pytest.raises(NotSigned) as caught:
        await ask(refusing(status, slug))
    assert caught.value.code == code


async def test_an_agent_that_is_late(autojump_clock: trio.testing.MockClock) -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await trio.sleep(100)
        return httpx.Response(200)

    agent = SigningAgent("http://agent", "secret", timeout=5.0, transport=httpx.MockTransport(never))
    with pytest.raises(NotSigned, match="within 5 s") as caught:
        await agent.sign("a", CHECK, stamped=False)
    assert caught.value.code == "agent-late"
    with pytest.raises(ProblemError) as told:
        await agent.status()
    assert (told.value.problem.status, told.value.problem.type) == (504, "urn:kassanet:problem:agent-late")
    await agent.aclose()


@pytest.mark.parametrize(
    ("answer", "status", "slug"),
    [(refusing(422, "wrong-password"), 422, "wrong-password"), (refusing(409, "key-exists"), 409, "key-exists"),
     (refusing(401, "unauthorized"), 503, "agent-token"), (refusing(403, "not-allowed"), 503, "agent-token"),
     (refusing(403, "licence-full"), 403, "licence-full"), (lambda _: httpx.Response(502), 503, "agent-away"),
     (lambda _: httpx.Response(200, content=b"<html>"), 503, "agent-away")],
)  # fmt: skip
async def test_what_an_agent_says_of_a_key_is_passed_on(
    answer: Callable[[httpx.Request], httpx.Response], status: int, slug: str
) -> None:
    agent = SigningAgent("http://agent", "secret", transport=httpx.MockTransport(answer))
    with pytest.raises(ProblemError) as told:
        await agent.take_in(UploadKey(b"container", "the password"))
    assert (told.value.problem.status, told.value.problem.type) == (status, f"urn:kassanet:problem:{slug}")
    assert "the password" not in repr(told.value)
    await agent.aclose()


async def test_an_endless_answer_is_not_read() -> None:
    """Agents are other people's machines."""
    async with authority(HEAD + b"Content-Length: 4000000000\r\n\r\n", b"x" * 65536, 0.0) as (url, sent):
        agent = SigningAgent(url.removesuffix("/tsp"), "token", timeout=60.0)
        with pytest.raises(NotSigned, match="more than") as refused:
            await agent.sign("one", CHECK, stamped=True)
        assert refused.value.code == "agent-away"
        with pytest.raises(ProblemError) as told:
            await agent.keys()
        assert told.value.problem.status == 503
        assert sum(sent) < 8 * MOST_OF_A_LISTING
        await agent.aclose()
