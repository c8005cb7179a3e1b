"""A signing agent as a cash desk knows it: a document goes there, the signed message comes back.

The agent reads what it signs, so each document is sent under the name of its kind, which its contents tell. Its id is
made of the contents too: a request whose answer was lost is repeated and gets the signature that was made then.
"""

from hashlib import sha256
from urllib.parse import quote

import httpx
import msgspec

from schemas.problems import Problem
from schemas.prro_commands import NotSigned, NotStamped
from schemas.signing import DocumentKind, SignDocument, SignedDocument

MOST_OF_AN_ANSWER = 1 << 21
"""Bytes; the largest document in base64, with its certificate and time stamp."""

_HEAD = 512
_LENGTH, _DER_SEQUENCE = 4, b"\x30"


def kind_of(content: bytes) -> DocumentKind:
    """A packet is signed documents (DER), each behind four bytes of its length; a command is a JSON object; XML says
    it by its root.
    """
    if content[_LENGTH : _LENGTH + 1] == _DER_SEQUENCE:
        return "packet"
    if content[:1] == b"{":
        return "command"
    return "zrep" if b"<ZREP" in content[:_HEAD] else "check"


class SigningAgent:
    """One agent over HTTP. ``timeout`` in seconds is for each step of an exchange; ``transport`` replaces sockets."""

    def __init__(
        self, url: str, token: str, timeout: float = 30.0, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._url = url.rstrip("/")
        self._client = httpx.AsyncClient(
            headers=headers, timeout=timeout, trust_env=False, follow_redirects=False, transport=transport
        )

    async def sign(self, key_id: str, content: bytes, *, stamped: bool) -> bytes:
        """``content`` within a signed message: CAdES-BES, with ``stamped`` CAdES-T.

        Raises :class:`NotSigned`; :class:`NotStamped` when only the time stamp is missing.
        """
        document = SignDocument(_id_of(content, stamped=stamped), kind_of(content), content, stamped)
        url = f"{self._url}/api/v1/keys/{quote(key_id, safe='')}/sign"
        try:
            answer = await self._client.post(url, content=msgspec.json.encode(document))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotSigned(f"no answer from the agent at {self._url}: {type(error).__name__}") from error
        return _signature(answer)

    async def aclose(self) -> None:
        await self._client.aclose()


def _id_of(content: bytes, *, stamped: bool) -> str:
    return f"{sha256(content).hexdigest()}-{'t' if stamped else 'bes'}"


def _signature(answer: httpx.Response) -> bytes:
    if answer.status_code != httpx.codes.OK or len(answer.content) > MOST_OF_AN_ANSWER:
        raise _refusal(answer)
    try:
        return msgspec.json.decode(answer.content, type=SignedDocument).signature
    except msgspec.DecodeError:
        raise NotSigned("the agent's answer is no signature") from None


def _refusal(answer: httpx.Response) -> NotSigned:
    try:
        told = msgspec.json.decode(answer.content, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return NotSigned(f"the agent answered {answer.status_code} without a reason")
    kind = NotStamped if told.type.endswith(":time-stamp-unavailable") else NotSigned
    return kind(f"the agent does not sign: {told.detail}")
