"""Tokens from the command line, before the service first runs and beside it while it does.

A journal that exists is opened as it is, for one small write; the service finds the new token by itself. Only where
there is none yet, or one of an older version, is the directory locked and the journal made or brought up to date: a
service that starts in that moment finds a lock held for an instant, so nothing else here takes it.
"""

import getpass
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

import msgspec
from msgspec import to_builtins

from actors.store import StoreRefused, StoreUnavailable
from kassanet.edge.secrets import new_token, token_hash
from kassanet.store import identity
from kassanet.store.lock import DirectoryHeld, DirectoryLock
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from schemas.records import AddToken, BeginAudit, Conflict, EndAudit, NotFound, RevokeToken, Role, Write
from schemas.rows import StoredToken
from schemas.site_records import AddSite
from schemas.sites import NewSite

Answer = TypeVar("Answer")
_encode = msgspec.json.Encoder().encode

PATIENCE = 10.0
"""Seconds to go on trying while the service is writing."""


def create(folder: Path, role: Role, inn: str | None) -> str:
    """Store a new token and return it; this is the only time that it is known."""
    token = new_token()
    _write(
        folder, AddToken(token_hash(token), role, inn, None, time.time()), "token create", {"role": role, "inn": inn}
    )
    return token


def add_site(folder: Path, site: NewSite) -> str:
    """Make a site and return its token, which is not told again; raises ``Conflict`` for a name that is taken."""
    token = new_token()
    _write(folder, AddSite(site.name, site.inn, token_hash(token), time.time()), "site add", to_builtins(site))
    return token


def revoke(folder: Path, token_id: int) -> None:
    """Make a token worthless; a running service notices within a second or two. Raises ``NotFound``."""
    _must_hold_a_journal(folder)
    try:
        _write(folder, RevokeToken(token_id, time.time()), "token revoke", {"id": token_id})
    except NotFound:
        raise NotFound(f"token {token_id}; kassanet token list shows them all") from None


def listing(folder: Path) -> Iterator[str]:
    """The tokens, one line each under a heading."""
    _must_hold_a_journal(folder)
    reader = SqliteReader(Opening(folder))
    try:
        rows = reader.tokens()
    finally:
        reader.close()
    yield _columns("ID", "ROLE", "INN", "INTEGRATION", "CREATED", "REVOKED")
    yield from (_described(row) for row in rows)


def _write(folder: Path, write: Write[Any], action: str, said: dict[str, object]) -> None:
    """Commit it between its line in the audit log and the outcome, as calls over HTTP are."""
    store = _open(folder)
    try:
        line = _commit(store, _audited(action, said))
        try:
            made = _commit(store, write)
        except (Conflict, NotFound) as refusal:
            _commit(store, EndAudit(line, 404 if isinstance(refusal, NotFound) else 409, None, time.time()))
            raise
        after = _encode(said if made is None else {"id": made, **said})
        _commit(store, EndAudit(line, 200, after, time.time()))
    finally:
        store.close()


def _audited(action: str, said: dict[str, object]) -> BeginAudit:
    kind = action.partition(" ")[0]
    named = said.get("id", said.get("name"))
    target = kind if named is None else f"{kind} {named}"
    return BeginAudit(f"user {_user()}", None, "CLI", action, target, token_hex(8), None, time.time())


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        return str(os.getuid())


def _open(folder: Path) -> SqliteStore:
    """As it is where it can be; otherwise made or brought up to date, unless a service is just doing that."""
    opening, give_up = Opening(folder), time.monotonic() + PATIENCE
    while True:
        refusal: Exception | None = None
        if opening.path.exists():
            try:
                return SqliteStore.open_as_it_is(opening)
            except StoreRefused as error:
                refusal = error
        try:
            with DirectoryLock(folder):
                return SqliteStore.open(opening)
        except DirectoryHeld as held:
            if time.monotonic() > give_up:
                raise refusal or held from None
            time.sleep(0.2)


def _commit(store: SqliteStore, write: Write[Answer]) -> Answer:
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            [answer] = store.commit([write])
            break
        except StoreRefused:
            raise
        except StoreUnavailable:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.2)
            store.recover()
    if isinstance(answer, Exception):
        raise answer
    return answer  # type: ignore[return-value]  # a batch of one is answered by one


def _must_hold_a_journal(folder: Path) -> None:
    if not (folder / identity.DATABASE).exists():
        raise NotFound(f"journal in {folder}; name its directory with --data")


def _described(row: StoredToken) -> str:
    integration = "" if row.integration_id is None else str(row.integration_id)
    return _columns(str(row.id), row.role, row.inn or "", integration, _when(row.created_at), _when(row.revoked_at))


def _columns(*cells: str) -> str:
    widths = (6, 12, 14, 12, 21, 20)
    return "".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _when(seconds: float | None) -> str:
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%SZ}"
