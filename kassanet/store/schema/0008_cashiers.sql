-- Cashiers of software registers. Times are UNIX seconds (UTC). Tokens and passwords are here as hashes alone.

CREATE TABLE cashiers (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL,
    tin            TEXT NOT NULL,                 -- the organisation's
    key_id         TEXT NOT NULL,                 -- AGENT/KEY
    subject_key_id TEXT NOT NULL,                 -- of the certificate that signed the registration
    registers      BLOB NOT NULL,                 -- JSON: fiscal numbers; empty: all that the key signs for
    developer      TEXT,
    login          TEXT,
    password_hash  BLOB,
    uid            TEXT NOT NULL,                 -- the packet's own: good once
    registered_by  TEXT NOT NULL,
    registered_at  REAL NOT NULL,
    revoked_at     REAL
) STRICT;
-- A packet registers once, ever; whoever is revoked leaves room for a successor.
CREATE UNIQUE INDEX cashiers_by_packet ON cashiers (subject_key_id, uid);
CREATE UNIQUE INDEX cashiers_by_key ON cashiers (key_id, coalesce(developer, '')) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX cashiers_by_login ON cashiers (login) WHERE login IS NOT NULL AND revoked_at IS NULL;

CREATE TABLE cashier_tokens (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB NOT NULL UNIQUE,
    cashier_id INTEGER NOT NULL REFERENCES cashiers (id),
    until      REAL,                              -- null: until the cashier is revoked
    created_at REAL NOT NULL
) STRICT;
CREATE INDEX cashier_tokens_by_end ON cashier_tokens (until) WHERE until IS NOT NULL;
