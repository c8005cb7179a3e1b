-- The agent's own file: keys (wrapped), what they signed, tokens, and an audit log in which every line seals those before.

CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;

CREATE TABLE keys (
    id             TEXT PRIMARY KEY,
    tenant         TEXT NOT NULL,
    subject_key_id TEXT NOT NULL,
    certificate    BLOB NOT NULL,
    sealed         BLOB NOT NULL,
    kupyna         INTEGER NOT NULL,
    agreement      TEXT,
    policy         TEXT NOT NULL,
    created_at     REAL NOT NULL,
    dropped_at     REAL
) STRICT;
CREATE UNIQUE INDEX one_key_of_a_kind ON keys (tenant, subject_key_id) WHERE dropped_at IS NULL;

CREATE TABLE signatures (
    key_id      TEXT NOT NULL REFERENCES keys (id),
    document_id TEXT NOT NULL,
    kind        TEXT NOT NULL,
    digest      BLOB NOT NULL,
    signature   BLOB NOT NULL,
    level       TEXT NOT NULL,
    signed_at   REAL NOT NULL,
    PRIMARY KEY (key_id, document_id)
) STRICT;

CREATE TABLE tokens (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       BLOB NOT NULL UNIQUE,
    role       TEXT NOT NULL,
    tenant     TEXT,
    created_at REAL NOT NULL,
    revoked_at REAL
) STRICT;

CREATE TABLE audit (seq INTEGER PRIMARY KEY, line TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
