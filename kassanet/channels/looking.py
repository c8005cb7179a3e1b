"""Reading an object back from YooKassa: what a notice only names is fetched with the shop's own credentials."""

import httpx
import trio

from schemas.payments import Pay, Refund
from transports.channels.dialect import Unacceptable
from transports.channels.yookassa import Look, Nothing, YooKassa

MOST_OF_AN_OBJECT = 262_144


class Looker:
    """One client for all shops; it follows no redirect and uses no proxy of the environment."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def look(self, dialect: YooKassa, look: Look, timeout: float) -> Pay | Refund | Nothing:
        """Raises :class:`Unacceptable` ``temporary`` where the object cannot be had now: the notice will come again."""
        try:
            with trio.fail_after(timeout):
                fetched = await self._fetch(dialect, look)
        except (trio.TooSlowError, httpx.HTTPError) as error:
            told = f"cannot be read back: {str(error) or type(error).__name__}"
            raise Unacceptable("temporary", look.kind, told, look.id) from None
        return dialect.settled(look, fetched)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _fetch(self, dialect: YooKassa, look: Look) -> bytes:
        if self._client is None:  # reading the authorities takes a while: only for who has such a shop
            self._client = httpx.AsyncClient(timeout=None, trust_env=False, follow_redirects=False)
        headers = {"Authorization": dialect.authorization}
        async with self._client.stream("GET", f"{dialect.settings.api}{look.path}", headers=headers) as response:
            if response.status_code != 200:
                raise Unacceptable(
                    "temporary", look.kind, f"reading it back was answered {response.status_code}", look.id
                )
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST_OF_AN_OBJECT:
                    raise Unacceptable("temporary", look.kind, "is too long to be one", look.id)
            return body
