"""A signing agent as a cash desk knows it: a document goes there, the signed message comes back.

The agent reads what it signs, so each document is sent under the name of its kind, which its contents tell. Its id is
made of the contents too: a request whose answer was lost is repeated and gets the signature that was made then.

Keys are handed over, shown and dropped here too. What the agent says to that is passed on as it says it.
"""

import ssl
from collections.abc import Mapping
from hashlib import sha256
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec
import trio

from schemas.problems import Problem, ProblemError, problem
from schemas.prro_commands import NotSigned, NotStamped
from schemas.signing import AgentStatus, ChangeKey, DocumentKind, KeyShown, SignDocument, SignedDocument, UploadKey
from transports.lanes import Lanes

MOST_OF_AN_ANSWER = 1 << 21
"""Bytes; the largest document in base64, with its certificate and time stamp."""

MOST_OF_A_LISTING = 1 << 24
"""Bytes: ten thousand keys and more."""

_HEAD = 512
_LENGTH, _DER_SEQUENCE = 4, b"\x30"
Kind = TypeVar("Kind")

CODES: Mapping[str, str] = {
    "locked": "agent-locked",
    "not-ready": "agent-locked",
    "starting": "agent-locked",
    "no-licence": "agent-licence",
    "licence-over": "agent-licence",
    "no-agreement": "agent-agreement",
    "agreement-over": "agent-agreement",
    "certificate-not-valid": "agent-certificate",
    "too-fast": "agent-too-fast",
    "too-many-requests": "agent-too-fast",
    "unauthorized": "agent-token",
    "time-stamp-unavailable": "agent-no-time-stamp",
}
"""An agent's word for a refusal, and what :class:`NotSigned` calls it; every other is ``agent-refused``."""


class Silent(Exception):
    """No whole answer from the agent. ``code``: ``agent-away`` or ``agent-late``."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def kind_of(content: bytes) -> DocumentKind:
    """A packet is signed documents (DER), each behind four bytes of its length; a command or a registration is a JSON
    object that names it; XML says it by its root.
    """
    if content[_LENGTH : _LENGTH + 1] == _DER_SEQUENCE:
        return "packet"
    if content[:1] == b"{":
        return "registration" if b'"Registration"' in content[:_HEAD] else "command"
    return "zrep" if b"<ZREP" in content[:_HEAD] else "check"


def document_for(content: bytes, *, stamped: bool) -> SignDocument:
    """What an agent is asked to sign: equal contents are one document."""
    name = f"{sha256(content).hexdigest()}-{'t' if stamped else 'bes'}"
    return SignDocument(name, kind_of(content), content, stamped)


def not_signed(slug: str, text: str) -> NotSigned:
    """An agent's refusal in the words of whoever asked."""
    kind = NotStamped if slug == "time-stamp-unavailable" else NotSigned
    return kind(f"the agent does not sign: {text}", CODES.get(slug, "agent-refused"))


class SigningAgent:
    """One agent over HTTP. ``timeout`` in seconds is for a whole exchange, a wait for one of the ``connections``
    included; ``trust`` is how it proves who it is, and we to it; ``transport`` replaces sockets.
    """

    def __init__(
        self,
        url: str,
        token: str,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
        connections: int = 100,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        self._url, self._timeout = url.rstrip("/"), timeout
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=None,
            trust_env=False,
            follow_redirects=False,
            transport=transport or Lanes(connections, trust),
        )

    async def sign(self, key_id: str, content: bytes, *, stamped: bool) -> bytes:
        """``content`` within a signed message: CAdES-BES, with ``stamped`` CAdES-T.

        Raises :class:`NotSigned`; :class:`NotStamped` when only the time stamp is missing.
        """
        body = msgspec.json.encode(document_for(content, stamped=stamped))
        try:
            answer = await self._exchange("POST", f"{_key(key_id)}/sign", body)
        except Silent as silent:
            raise NotSigned(str(silent), silent.code) from silent
        return _signature(answer)

    # -- keys: each raises ProblemError with what the agent says, or that it says nothing

    async def status(self) -> AgentStatus:
        return await self._told("GET", "/status", None, AgentStatus)

    async def unlock(self, passphrase: str) -> None:
        await self._asked("POST", "/unlock", msgspec.json.encode({"passphrase": passphrase}))

    async def keys(self) -> tuple[KeyShown, ...]:
        return await self._told("GET", "/keys", None, tuple[KeyShown, ...])

    async def key(self, key_id: str) -> KeyShown:
        return await self._told("GET", _key(key_id), None, KeyShown)

    async def take_in(self, upload: UploadKey) -> KeyShown:
        """The container and its password go to the agent and stay nowhere on the way."""
        return await self._told("POST", "/keys", msgspec.json.encode(upload), KeyShown)

    async def change(self, key_id: str, change: ChangeKey) -> KeyShown:
        return await self._told("PATCH", _key(key_id), msgspec.json.encode(change), KeyShown)

    async def drop(self, key_id: str) -> None:
        await self._asked("DELETE", _key(key_id), None)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _told(self, method: str, path: str, body: bytes | None, kind: type[Kind]) -> Kind:
        answer = await self._asked(method, path, body)
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise problem(503, "agent-away", f"What answers at {self._url} is no signing agent.") from None

    async def _asked(self, method: str, path: str, body: bytes | None) -> httpx.Response:
        try:
            answer = await self._exchange(method, path, body)
        except Silent as silent:
            late = silent.code == "agent-late"
            raise problem(504 if late else 503, silent.code, f"There is {silent}.") from silent
        if answer.is_success:
            return answer
        raise _passed_on(_problem(answer), answer.status_code)

    async def _exchange(self, method: str, path: str, body: bytes | None) -> httpx.Response:
        try:
            with trio.fail_after(self._timeout):
                async with self._client.stream(method, f"{self._url}/api/v1{path}", content=body) as answer:
                    return httpx.Response(answer.status_code, content=await self._heard(answer))
        except trio.TooSlowError:
            text = f"no answer from the agent at {self._url} within {self._timeout:g} s"
            raise Silent("agent-late", text) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Silent("agent-away", f"no answer from the agent at {self._url}: {type(error).__name__}") from error

    async def _heard(self, answer: httpx.Response) -> bytes:
        """Agents are other people's machines: what one of them sends must not take the memory of all."""
        heard = bytearray()
        if "Content-Encoding" in answer.headers:  # it was asked not to
            raise Silent("agent-away", f"the agent at {self._url} answers compressed")
        async for piece in answer.aiter_bytes():
            heard += piece
            if len(heard) > MOST_OF_A_LISTING:
                text = f"the agent at {self._url} answers with more than {MOST_OF_A_LISTING} bytes"
                raise Silent("agent-away", text)
        return bytes(heard)


def _key(key_id: str) -> str:
    return f"/keys/{quote(key_id, safe='')}"


def _signature(answer: httpx.Response) -> bytes:
    if answer.status_code != httpx.codes.OK or len(answer.content) > MOST_OF_AN_ANSWER:
        raise _refusal(answer)
    try:
        return msgspec.json.decode(answer.content, type=SignedDocument).signature
    except msgspec.DecodeError:
        raise NotSigned("the agent's answer is no signature") from None


def _problem(answer: httpx.Response) -> Problem | None:
    try:
        return msgspec.json.decode(answer.content, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _refusal(answer: httpx.Response) -> NotSigned:
    told = _problem(answer)
    if told is None:
        return NotSigned(f"the agent answered {answer.status_code} without a reason", "agent-away")
    return not_signed(told.type.rpartition(":")[2], told.detail)


def _passed_on(told: Problem | None, status: int) -> ProblemError:
    """What is wrong with our token is no fault of whoever asks us."""
    if told is None:
        return problem(503, "agent-away", f"The agent answered {status} without a reason.")
    if status in (401, 403) and told.type.endswith((":unauthorized", ":not-allowed")):
        return problem(503, "agent-token", f"The agent does not let this service do that: {told.detail}")
    return ProblemError(told)
