"""The agent's file, behind the same journal as the service's: group commit, every change and its audit line together.

SQLite with a write-ahead log that is synced before anything is answered. A dropped secret is overwritten in the
database (``secure_delete``) and the log is folded in and cut at once; what the file system or a flash disk keeps of old
blocks is beyond us, which is why only wrapped secrets are ever written.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from actors.store import StoreRefused, StoreUnavailable
from kassanet.agent.chain import append
from kassanet.store.identity import make_folder
from kassanet.store.sqlite.connection import prepare_writer
from kassanet.store.sqlite.failures import UNSTORABLE, stands_alone, unavailable
from schemas.moved import ReceiptMoved
from schemas.records import Conflict, NotFound, Write
from schemas.rows import StoredToken
from schemas.signing import Agreement, KeyPolicy
from schemas.signing_records import (
    AddAgentToken,
    AddKey,
    AllAgentTokens,
    AllKeys,
    AlterKey,
    DropKey,
    FindSignature,
    KeepKeyring,
    KeepSignature,
    NoteEvent,
    ReadKeyring,
    RevokeAgentToken,
    StoredKey,
    StoredSignature,
)

DATABASE = "agent.db"
VERSION = 1
BUSY_SECONDS = 10.0
_KEY_COLUMNS = "id, tenant, certificate, sealed, kupyna, agreement, policy, created_at"
_encode = msgspec.json.Encoder().encode


class AgentStore:
    """``actors.store.Store`` over the agent's file; :meth:`open` makes it where there is none."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = connection
        self._trouble: StoreUnavailable | None = None

    @classmethod
    def open(cls, folder: Path) -> "AgentStore":
        """Raises StoreRefused for a file of a newer version, StoreUnavailable for one that cannot be used now."""
        make_folder(folder)
        path = folder / DATABASE
        return cls(path, connected(path))

    def commit(self, writes: Sequence[Write[Any]]) -> list[object]:
        """See :meth:`actors.store.Store.commit`."""
        if self._trouble is not None or self._connection is None:
            raise self._trouble or StoreUnavailable("the agent's file is closed")
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            answers = [_applied(connection, write) for write in writes]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._failed(error) from error
        if any(isinstance(write, DropKey | KeepKeyring) for write in writes):
            with suppress(sqlite3.Error):  # it is committed; folded in it is at the latest when the file is closed
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return answers

    def take_moved(self) -> Sequence[ReceiptMoved]:
        """There are no receipts here."""
        return ()

    def recover(self) -> None:
        """See :meth:`actors.store.Store.recover`."""
        try:
            if self._connection is None:
                self._connection = connected(self._path)
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('probe', x'')")
        except sqlite3.Error as error:
            raise self._failed(error) from error
        self._trouble = None

    def doubt(self, reason: str) -> None:
        """See :meth:`actors.store.Store.doubt`."""
        self._trouble = StoreUnavailable(reason, distrusted=True)
        self._drop()

    def close(self) -> None:
        """See :meth:`actors.store.Store.close`."""
        self._trouble = StoreUnavailable("the agent's file is closed")
        self._drop()

    def _failed(self, error: sqlite3.Error) -> StoreUnavailable:
        trouble = unavailable(error)
        self._trouble = trouble
        if trouble.distrusted:
            self._drop()
        elif self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        return trouble

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def connected(path: Path) -> sqlite3.Connection:
    """A connection for writing, its schema made where the file is new."""
    try:
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        prepare_writer(connection)
        connection.execute("PRAGMA secure_delete = ON")
        _upgrade(connection)
    except sqlite3.Error as error:
        raise unavailable(error) from error
    return connection


def _upgrade(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StoreRefused(f"the agent's file is of version {version}; this program knows {VERSION}")
    if version == 0:
        script = files("kassanet.agent").joinpath("schema.sql").read_text()
        connection.executescript(f"BEGIN;\n{script}\nPRAGMA user_version = {VERSION};\nCOMMIT;")


def _applied(connection: sqlite3.Connection, write: Write[Any]) -> object:
    """Its answer, or the exception that concerns only it."""
    connection.execute("SAVEPOINT one")
    try:
        answer = _APPLIERS[type(write)](connection, write)
    except (Conflict, NotFound, *UNSTORABLE) as refusal:
        if isinstance(refusal, sqlite3.Error) and not stands_alone(refusal):
            raise
        connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")
        return refusal if isinstance(refusal, Conflict | NotFound) else Conflict("constraint", str(refusal))
    connection.execute("RELEASE one")
    return answer


def _add_key(connection: sqlite3.Connection, write: AddKey) -> None:
    key = write.key
    held = connection.execute(
        "SELECT id FROM keys WHERE tenant = ? AND subject_key_id = ? AND dropped_at IS NULL",
        (key.tenant, write.subject_key_id),
    ).fetchone()
    if held:
        raise Conflict("key_exists", "this key is here already", f"key {held[0]}")
    agreement = None if key.agreement is None else _encode(key.agreement).decode()
    values = (key.id, key.tenant, write.subject_key_id, key.certificate, key.sealed, key.kupyna, agreement,
              _encode(key.policy).decode(), key.created_at)  # fmt: skip
    connection.execute("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", values)
    append(connection, key.created_at, write.by, "key added", key.id, write.subject_key_id)


def _alter_key(connection: sqlite3.Connection, write: AlterKey) -> StoredKey:
    key = _key(connection, write.key_id)
    agreement, policy = write.agreement or key.agreement, write.policy or key.policy
    texts = (None if agreement is None else _encode(agreement).decode(), _encode(policy).decode())
    connection.execute("UPDATE keys SET agreement = ?, policy = ? WHERE id = ?", (*texts, key.id))
    append(connection, write.at, write.by, "key changed", key.id, f"agreement {texts[0]}, policy {texts[1]}")
    return msgspec.structs.replace(key, agreement=agreement, policy=policy)


def _drop_key(connection: sqlite3.Connection, write: DropKey) -> None:
    key = _key(connection, write.key_id)
    connection.execute("UPDATE keys SET sealed = x'', dropped_at = ? WHERE id = ?", (write.at, key.id))
    append(connection, write.at, write.by, "key dropped", key.id)


def _key(connection: sqlite3.Connection, key_id: str) -> StoredKey:
    row = connection.execute(
        f"SELECT {_KEY_COLUMNS} FROM keys WHERE id = ? AND dropped_at IS NULL", (key_id,)
    ).fetchone()
    if row is None:
        raise NotFound(f"key {key_id}")
    return _as_key(row)


def _as_key(row: tuple[Any, ...]) -> StoredKey:
    key_id, tenant, certificate, sealed, kupyna, agreement, policy, created_at = row
    return StoredKey(
        key_id,
        tenant,
        certificate,
        sealed,
        bool(kupyna),
        None if agreement is None else msgspec.json.decode(agreement, type=Agreement),
        msgspec.json.decode(policy, type=KeyPolicy),
        created_at,
    )


def _all_keys(connection: sqlite3.Connection, write: AllKeys) -> tuple[StoredKey, ...]:
    query = f"SELECT {_KEY_COLUMNS} FROM keys WHERE dropped_at IS NULL ORDER BY created_at, id"
    return tuple(_as_key(row) for row in connection.execute(query))


def _find_signature(connection: sqlite3.Connection, write: FindSignature) -> StoredSignature | None:
    row = connection.execute(
        "SELECT digest, signature, level, signed_at FROM signatures WHERE key_id = ? AND document_id = ?",
        (write.key_id, write.document_id),
    ).fetchone()
    return None if row is None else StoredSignature(*row)


def _keep_signature(connection: sqlite3.Connection, write: KeepSignature) -> StoredSignature:
    made = write.signature
    if held := _find_signature(connection, FindSignature(write.key_id, write.document_id)):
        if held.digest != made.digest:
            raise Conflict("document_differs", f"another document was signed under the id {write.document_id}")
        return held
    _key(connection, write.key_id)  # one that was dropped meanwhile signs nothing any more
    values = (write.key_id, write.document_id, write.kind, made.digest, made.signature, made.level, made.signed_at)
    connection.execute("INSERT INTO signatures VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    detail = f"{write.kind} {made.level} {made.digest.hex()}"
    append(connection, made.signed_at, write.by, "signed", f"{write.key_id}/{write.document_id}", detail)
    return made


def _note_event(connection: sqlite3.Connection, write: NoteEvent) -> None:
    append(connection, write.at, write.by, write.event, write.subject, write.detail)


def _add_token(connection: sqlite3.Connection, write: AddAgentToken) -> int:
    values = (write.token_hash, write.role, write.tenant, write.at)
    row = connection.execute("INSERT INTO tokens VALUES (NULL, ?, ?, ?, ?, NULL) RETURNING id", values).fetchone()
    append(connection, write.at, write.by, "token added", f"token {row[0]}", f"{write.role} {write.tenant or ''}")
    return int(row[0])


def _revoke_token(connection: sqlite3.Connection, write: RevokeAgentToken) -> None:
    done = connection.execute(
        "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?", (write.at, write.token_id)
    )
    if not done.rowcount:
        raise NotFound(f"token {write.token_id}")
    append(connection, write.at, write.by, "token revoked", f"token {write.token_id}")


def _all_tokens(connection: sqlite3.Connection, write: AllAgentTokens) -> tuple[StoredToken, ...]:
    rows = connection.execute("SELECT id, hash, role, tenant, NULL, created_at, revoked_at FROM tokens ORDER BY id")
    return tuple(StoredToken(*row) for row in rows)


def _read_keyring(connection: sqlite3.Connection, write: ReadKeyring) -> bytes | None:
    row = connection.execute("SELECT value FROM meta WHERE name = 'keyring'").fetchone()
    return None if row is None else bytes(row[0])


def _keep_keyring(connection: sqlite3.Connection, write: KeepKeyring) -> None:
    """Every key that is here must be among those wrapped anew, or one of them could never be opened again."""
    present = {row[0] for row in connection.execute("SELECT id FROM keys WHERE dropped_at IS NULL")}
    if present != write.sealed.keys():
        raise Conflict("keys_changed", "keys were added or dropped meanwhile")
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('keyring', ?)", (write.keyring,))
    for key_id, sealed in write.sealed.items():
        connection.execute("UPDATE keys SET sealed = ? WHERE id = ?", (sealed, key_id))
    append(connection, write.at, write.by, "master key set", "keyring", f"{len(write.sealed)} keys wrapped")


_APPLIERS: dict[type, Callable[[sqlite3.Connection, Any], object]] = {
    AddKey: _add_key,
    AlterKey: _alter_key,
    DropKey: _drop_key,
    AllKeys: _all_keys,
    FindSignature: _find_signature,
    KeepSignature: _keep_signature,
    NoteEvent: _note_event,
    AddAgentToken: _add_token,
    RevokeAgentToken: _revoke_token,
    AllAgentTokens: _all_tokens,
    ReadKeyring: _read_keyring,
    KeepKeyring: _keep_keyring,
}
