-- Sites: local servers that dial in to a central one. Every server has both halves; most use one or none.

-- At the central server. Rows are never deleted: a revoked site may come back with another token.
CREATE TABLE sites (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE,
    inn        TEXT,                               -- null: it may serve every organisation
    token_hash BLOB NOT NULL UNIQUE,
    created_at REAL NOT NULL,
    revoked_at REAL,
    seen_at    REAL,
    said       BLOB,                               -- JSON: what was last heard of it
    source     TEXT,                               -- its journal
    copied     INTEGER NOT NULL DEFAULT 0          -- up to here that journal's outbox is durable here
) STRICT;

-- A circuit here that stands for a circuit of a site.
CREATE TABLE site_circuits (
    circuit_id INTEGER PRIMARY KEY REFERENCES circuits (id),
    site_id    INTEGER NOT NULL REFERENCES sites (id),
    remote_id  INTEGER NOT NULL,
    bound_at   REAL NOT NULL,
    UNIQUE (site_id, remote_id)
) STRICT;

-- Receipts that went to a site: written before the first byte of them is sent.
CREATE TABLE forwards (
    receipt_id INTEGER PRIMARY KEY REFERENCES receipts (id),
    site_id    INTEGER NOT NULL REFERENCES sites (id),
    key        TEXT NOT NULL,                      -- its external_id there, the same at every repeat
    begun_at   REAL NOT NULL,
    taken_at   REAL,                               -- the site said that it has it on disk
    remote_id  INTEGER,
    revision   INTEGER NOT NULL DEFAULT 0,         -- the site's, of what was last applied
    ended_at   REAL,
    UNIQUE (site_id, key)
) STRICT;
CREATE INDEX forwards_open ON forwards (site_id, receipt_id) WHERE ended_at IS NULL;

-- Receipts as other journals told them: sites' own, and what was imported.
CREATE TABLE archived_receipts (
    id          INTEGER PRIMARY KEY,
    source      TEXT NOT NULL,                     -- the journal that made them
    origin_id   INTEGER NOT NULL,                  -- their number there
    site_id     INTEGER REFERENCES sites (id),     -- null: imported
    inn         TEXT NOT NULL,
    external_id TEXT NOT NULL,
    status      TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    total       INTEGER NOT NULL,
    accepted_at REAL NOT NULL,
    kkt         TEXT,
    fn          TEXT,
    fd          INTEGER,
    receipt     BLOB NOT NULL,                     -- JSON, as it is shown
    UNIQUE (source, origin_id)
) STRICT;
CREATE INDEX archived_by_site ON archived_receipts (site_id, id);
CREATE INDEX archived_by_document ON archived_receipts (fn, fd) WHERE fd IS NOT NULL;
CREATE INDEX archived_by_key ON archived_receipts (external_id);

CREATE TABLE site_commands (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id  INTEGER NOT NULL REFERENCES sites (id),
    kkt      TEXT NOT NULL,
    name     TEXT NOT NULL,
    by       TEXT NOT NULL,
    at       REAL NOT NULL,
    status   TEXT NOT NULL CHECK (status IN ('sent', 'done', 'unknown', 'not_done')),
    code     INTEGER,
    answer   BLOB,
    ended_at REAL
) STRICT;
CREATE INDEX site_commands_open ON site_commands (site_id, id) WHERE status IN ('sent', 'unknown');

-- At a site. One row: whom it tells what. Receipts up to fill_to that are older than the outbox are still to go in.
CREATE TABLE uplink (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    central  TEXT NOT NULL,
    receipts TEXT NOT NULL CHECK (receipts IN ('local', 'central')),
    acked    INTEGER NOT NULL DEFAULT 0,
    filled   INTEGER NOT NULL DEFAULT 0,
    fill_to  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Receipts that changed and are not known to be durable at the centre, each once at its newest place.
CREATE TABLE uplink_outbox (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    receipt_id INTEGER NOT NULL UNIQUE REFERENCES receipts (id)
) STRICT;

-- Commands that came over the link, so that their outcome can be told when it was lost.
CREATE TABLE uplink_commands (
    central  TEXT NOT NULL,
    id       INTEGER NOT NULL,
    name     TEXT NOT NULL,
    eip      TEXT NOT NULL,
    by       TEXT NOT NULL,
    at       REAL NOT NULL,
    status   INTEGER,
    answer   BLOB,
    ended_at REAL,
    PRIMARY KEY (central, id)
) STRICT, WITHOUT ROWID;
