"""Asking a billing over HTTP: a question out, an answer in, and what is known when none comes.

Only a connection that was never made proves that nothing was asked: that is *temporary*. Everything after the first
byte (time-out, reset, half an answer) is *unknown*. Redirects are not followed and proxies of the environment are not
used, so a payment goes where the configuration says or nowhere. Of an HTTP client nothing is needed for that but its
connections; cookies, redirects and rounds of authorisation cost as much again as the exchange.
"""

import ssl
from base64 import b64encode
from collections.abc import Callable

import httpx
import trio

from schemas.payments import BillingAnswer, CancelPayment, CheckAccount, Pay
from transports.channels.billings.verdict import BillingDialect, Question, unknown
from transports.lanes import Lanes

MOST_OF_AN_ANSWER = 65_536


class BillingClient:
    """One billing. ``timeout`` in seconds is for a whole exchange; ``password`` is ``user:password`` for HTTP Basic.

    ``tls`` replaces the usual certificate authorities and may carry a client certificate.
    """

    def __init__(
        self,
        url: str,
        dialect: BillingDialect,
        *,
        timeout: float = 10.0,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        connections: int = 16,
    ) -> None:
        self._url = httpx.URL(url)
        self._dialect = dialect
        self._timeout = timeout
        self._headers = {} if password is None else {"Authorization": f"Basic {b64encode(password.encode()).decode()}"}
        if tls is None and self._url.scheme != "https":
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading the authorities takes a while: not for nothing
        self._lanes = Lanes(connections, tls)

    async def check(self, request: CheckAccount, now: float) -> BillingAnswer:
        """Ask whether an account may be paid to; ``now`` is the wall clock."""
        return await self._ask(request, lambda: self._dialect.check(request, now))

    async def pay(self, request: Pay, now: float) -> BillingAnswer:
        """Credit a payment. The same request again is answered by the first result."""
        return await self._ask(request, lambda: self._dialect.pay(request, now))

    async def cancel(self, request: CancelPayment, now: float) -> BillingAnswer:
        """Take a credit back, where the billing knows how; ``cannot_cancel`` where it does not."""
        return await self._ask(request, lambda: self._dialect.cancel(request, now))

    def numbered(self, txn_id: str) -> bool:
        """Whether the billing can take this as a payment's number."""
        return self._dialect.numbered(txn_id)

    async def aclose(self) -> None:
        await self._lanes.aclose()

    async def _ask(
        self, request: CheckAccount | Pay | CancelPayment, ask: Callable[[], Question | None]
    ) -> BillingAnswer:
        try:
            question = ask()
        except UnicodeEncodeError as error:
            return BillingAnswer("refused", "bad_account", "unsent", f"the billing's encoding has no {error.object!r}")
        if question is None:
            return BillingAnswer("refused", "cannot_cancel", "unsent", "this billing cannot take a payment back")
        try:
            with trio.fail_after(self._timeout):
                status, body = await self._exchange(question)
        except trio.TooSlowError:
            return unknown(f"no answer within {self._timeout:g} s")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            return BillingAnswer("temporary", "temporary", "", f"not reached: {str(error) or type(error).__name__}")
        except (httpx.TransportError, httpx.DecodingError) as error:
            return unknown(f"{type(error).__name__}: {error}")
        return self._dialect.decode(request, status, body)

    async def _exchange(self, question: Question) -> tuple[int, bytes]:
        url = _with_query(self._url, question.query) if question.query else self._url
        headers = {**self._headers, **dict(question.headers)}
        request = httpx.Request(question.method, url, headers=headers, content=question.body or None)
        response = await self._lanes.handle_async_request(request)
        try:
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST_OF_AN_ANSWER:
                    return response.status_code, b""
            return response.status_code, body
        finally:
            await response.aclose()


def _with_query(url: httpx.URL, query: str) -> httpx.URL:
    """The billing's address may have parameters of its own."""
    own = url.query.decode("ascii")
    return url.copy_with(query=f"{own}&{query}".lstrip("&").encode("ascii"))
