"""Who is asking, and what they may see.

The table of tokens is kept in memory, because every request needs it and a thread hop for each would be the dearest
part of many. It is read again every second, so that a token made or revoked by another process (``kassanet token``
beside ``serve``), or an integration switched on or off, takes effect within about that time. An unknown token waits
for a reading of its own, at most four of them a second however many wrong tokens come, so one made a moment ago works
on its first use.
"""

import hmac
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import structlog
import trio
from msgspec import Struct

from kassanet.edge.secrets import TOKEN_PREFIX, new_token, token_hash
from schemas.problems import problem
from schemas.records import Role
from schemas.rows import StoredIntegration, StoredToken
from schemas.site_records import StoredSite

__all__ = ["Access", "Grants", "TokenBook", "new_token", "token_hash", "unauthorized"]

REFRESH_SECONDS = 1.0
MISS_SECONDS = 0.25

_log = structlog.get_logger("edge.auth")
_RANK: dict[str, int] = {"site": -1, "integration": 0, "viewer": 1, "operator": 2, "admin": 3}


class Access(Struct, frozen=True):
    """What a request may do. ``name`` says who did it, for histories and logs: ``token 7``.

    ``inn`` limits to one organisation, ``circuit_id`` (of an integration's token) to one circuit; None is no limit.
    ``suspended``: the integration is switched off. ``site_id``: the token is of a site, and good for its uplink alone.
    """

    name: str
    role: Role | Literal["site"]
    inn: str | None = None
    circuit_id: int | None = None
    integration_id: int | None = None
    suspended: bool = False
    site_id: int | None = None

    def require(self, role: Literal["viewer", "operator", "admin"], *, integrations: bool = False) -> None:
        """Raise 403 unless this is ``role`` or above; ``integrations`` also lets tokens of integrations in."""
        if self.role == "integration" and integrations:
            if self.suspended:
                raise problem(403, "integration-inactive", "This integration is switched off.")
        elif _RANK[self.role] < _RANK[role]:
            raise problem(403, "not-allowed", f"This needs a token of role {role}; yours is {self.role}.")

    def sees(self, inn: str, circuit_id: int | None = None) -> bool:
        """Whether things of this organisation, and of this circuit where one is named, exist for the asker."""
        if self.circuit_id is not None:
            return circuit_id == self.circuit_id
        return self.inn is None or inn == self.inn

    def check_sees(self, inn: str, circuit_id: int | None = None) -> None:
        """Raise 404, as for something that does not exist, unless :meth:`sees`."""
        if not self.sees(inn, circuit_id):
            raise problem(404, "not-found", "There is nothing under this address.")


class Grants(Struct, frozen=True):
    """What the store knows of tokens, read in one go."""

    tokens: Sequence[StoredToken]
    integrations: Sequence[StoredIntegration]
    sites: Sequence[StoredSite] = ()


def unauthorized() -> Exception:
    """401: no token, or not one of ours."""
    return problem(401, "unauthorized", "Send a valid token: Authorization: Bearer <token>.")


class TokenBook:
    """The tokens that are good now. ``read`` fetches them from the store; it may raise anything."""

    def __init__(self, read: Callable[[], Awaitable[Grants]]) -> None:
        self._read = read
        self._known: dict[bytes, tuple[bytes, Access]] = {}
        self._read_at = -math.inf
        self._reading = trio.Lock()

    async def access(self, token: str) -> Access | None:
        """Who bears this token; None for nobody. Answers from memory unless the token is unknown."""
        wanted = token_hash(token)
        found = self.current(wanted)
        if found is None and token.startswith(TOKEN_PREFIX):
            await self._read_after_miss()
            found = self.current(wanted)
        return found

    async def refresh(self) -> None:
        """Read the store again; on failure what is known stays in force, and the log says so."""
        async with self._reading:
            await self._refresh()

    async def keep_fresh(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run beside the server: reads at once, then every second."""
        await self.refresh()
        task_status.started()
        while True:
            await trio.sleep(REFRESH_SECONDS)
            await self.refresh()

    def current(self, wanted: bytes) -> Access | None:
        """Who bears the token of this hash as far as is known now; None once it is revoked.

        The dictionary is keyed by hash, of which an asker cannot choose a single bit; the rest is constant time.
        """
        held, access = self._known.get(wanted, (b"", None))
        return access if hmac.compare_digest(held, wanted) else None

    async def _read_after_miss(self) -> None:
        asked_at = trio.current_time()
        async with self._reading:  # misses that come together share one reading
            if self._read_at <= asked_at:
                await trio.sleep_until(self._read_at + MISS_SECONDS)
                await self._refresh()

    async def _refresh(self) -> None:
        self._read_at = trio.current_time()
        try:
            grants = await self._read()
        except Exception as error:
            _log.warning("tokens_not_read", error=repr(error))
            return
        self._known = _good(grants)


def _good(grants: Grants) -> dict[bytes, tuple[bytes, Access]]:
    integrations = {row.id: row for row in grants.integrations}
    known: dict[bytes, tuple[bytes, Access]] = {}
    for row in grants.tokens:
        access = _access(row, integrations)
        if row.revoked_at is None and access is not None:
            known[row.token_hash] = (row.token_hash, access)
    for site in grants.sites:
        if site.revoked_at is None:
            known[site.token_hash] = (site.token_hash, Access(f"site {site.name}", "site", site.inn, site_id=site.id))
    return known


def _access(row: StoredToken, integrations: dict[int, StoredIntegration]) -> Access | None:
    name = f"token {row.id}"
    if row.integration_id is None:
        return Access(name, row.role, row.inn)
    integration = integrations.get(row.integration_id)
    if integration is None:
        return None
    return Access(
        name, "integration", row.inn, integration.circuit_id, integration.id, suspended=not integration.is_active
    )
