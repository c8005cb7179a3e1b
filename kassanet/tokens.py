"""Tokens from the command line, before the service first runs and beside it while it does.

A journal that exists is opened as it is, for one small write; the service finds the new token by itself. Only where
there is none yet, or one of an older version, is the directory locked and the journal made or brought up to date: a
service that starts in that moment finds a lock held for an instant, so nothing else here takes it.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actors.store import StoreRefused, StoreUnavailable
from kassanet.edge.secrets import new_token, token_hash
from kassanet.store import identity
from kassanet.store.lock import DirectoryHeld, DirectoryLock
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from schemas.records import AddToken, NotFound, RevokeToken, Role, Write
from schemas.rows import StoredToken

PATIENCE = 10.0
"""Seconds to go on trying while the service is writing."""


def create(folder: Path, role: Role, inn: str | None) -> str:
    """Store a new token and return it; this is the only time that it is known."""
    token = new_token()
    _write(folder, AddToken(token_hash(token), role, inn, None, time.time()))
    return token


def revoke(folder: Path, token_id: int) -> None:
    """Make a token worthless; a running service notices within a second or two. Raises ``NotFound``."""
    _must_hold_a_journal(folder)
    try:
        _write(folder, RevokeToken(token_id, time.time()))
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


def _write(folder: Path, write: Write[Any]) -> None:
    store = _open(folder)
    try:
        _commit(store, write)
    finally:
        store.close()


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


def _commit(store: SqliteStore, write: Write[Any]) -> None:
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
