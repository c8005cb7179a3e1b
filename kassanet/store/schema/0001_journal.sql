-- The journal's first schema. Times are UNIX seconds (UTC), money is integer kopecks, JSON is kept as bytes.
-- Rows of receipts, circuits and tokens are never deleted: keys and fiscal results stay for ever.

-- One row: which journal this is. Its twin stands in a file beside the database (see identity.py).
CREATE TABLE store (
    only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
    identity   TEXT NOT NULL,
    created_at REAL NOT NULL,
    probes     INTEGER NOT NULL DEFAULT 0          -- written when the store must prove that it can write
) STRICT;

CREATE TABLE circuits (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    inn        TEXT NOT NULL,
    number     INTEGER NOT NULL,                   -- n of the public identifier inn-n, counted per INN from 1
    title      TEXT NOT NULL,
    max_wait   INTEGER,
    created_at REAL NOT NULL,
    UNIQUE (inn, number)
) STRICT;

CREATE TABLE kkts (
    eip        TEXT PRIMARY KEY,                   -- one register, one circuit
    circuit_id INTEGER NOT NULL REFERENCES circuits (id),
    type       TEXT NOT NULL,
    is_active  INTEGER NOT NULL DEFAULT 0 CHECK (is_active IN (0, 1)),
    serial     TEXT,
    fn         TEXT,
    state      BLOB,
    added_at   REAL NOT NULL
) STRICT;
CREATE INDEX kkts_by_fn ON kkts (fn) WHERE fn IS NOT NULL;
CREATE INDEX kkts_by_serial ON kkts (serial) WHERE serial IS NOT NULL;

CREATE TABLE integrations (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    circuit_id   INTEGER NOT NULL REFERENCES circuits (id),
    type         TEXT NOT NULL,
    param1       TEXT,
    param2       TEXT,
    params       BLOB NOT NULL,
    is_active    INTEGER NOT NULL DEFAULT 0 CHECK (is_active IN (0, 1)),
    callback_key TEXT,
    created_at   REAL NOT NULL
) STRICT;

CREATE TABLE tokens (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash     BLOB NOT NULL UNIQUE,
    role           TEXT NOT NULL CHECK (role IN ('admin', 'operator', 'viewer', 'integration')),
    inn            TEXT,
    integration_id INTEGER REFERENCES integrations (id),
    created_at     REAL NOT NULL,
    revoked_at     REAL
) STRICT;

CREATE TABLE shifts (
    fn        TEXT PRIMARY KEY,
    number    INTEGER NOT NULL,
    opened_at REAL                                 -- null: the shift is closed
) STRICT;

-- No AUTOINCREMENT here: rows are never deleted, so max(id) + 1 is never used twice and costs nothing.
CREATE TABLE receipts (
    id             INTEGER PRIMARY KEY,
    circuit_id     INTEGER NOT NULL REFERENCES circuits (id),
    integration_id INTEGER REFERENCES integrations (id),
    external_id    TEXT NOT NULL,
    status         TEXT NOT NULL CHECK (
        status IN ('queued', 'assigned', 'unknown', 'manual', 'fiscalized', 'refused', 'cancelled')
    ),
    revision       INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    total          INTEGER NOT NULL CHECK (total >= 0),
    digest         BLOB NOT NULL,
    accepted_at    REAL NOT NULL,
    waiting_since  REAL NOT NULL,                  -- accepted_at, until a person's verdict queues it anew
    changed_at     REAL NOT NULL,
    callback_url   TEXT,
    reason         TEXT,
    eip            TEXT,                           -- the register that has it, or made it
    fn             TEXT,
    fd             INTEGER,
    fpd            INTEGER,
    shift          INTEGER,
    receipt_number INTEGER,
    fiscal_at      TEXT,                           -- the register's own local time, no zone
    kkt            TEXT,
    qr             TEXT,
    window_fn      TEXT,                           -- the documents in question while it is manual
    window_first   INTEGER,
    window_last    INTEGER,
    body           BLOB,                           -- last, for it is long; null once retention dropped it
    UNIQUE (circuit_id, external_id)
) STRICT;

-- One document answers for one receipt.
CREATE UNIQUE INDEX receipts_by_document ON receipts (fn, fd) WHERE fd IS NOT NULL;
-- The queue. status is named although it is always the same, and waiting_since rides along: so the planner prefers
-- this index, and a search for the overdue never leaves it.
CREATE INDEX receipts_queue ON receipts (circuit_id, status, id, waiting_since) WHERE status = 'queued';
-- Listings, from new to old.
CREATE INDEX receipts_by_circuit ON receipts (circuit_id, id);
-- The few that are neither waiting nor done.
CREATE INDEX receipts_by_status ON receipts (status, id) WHERE status NOT IN ('queued', 'fiscalized');
-- What retention may drop, oldest first.
CREATE INDEX receipts_prunable ON receipts (changed_at)
    WHERE status IN ('fiscalized', 'refused', 'cancelled') AND body IS NOT NULL;

-- Kept up by every commit, so that counting never scans.
CREATE TABLE receipt_counts (
    circuit_id INTEGER NOT NULL,
    status     TEXT NOT NULL,
    receipts   INTEGER NOT NULL,
    PRIMARY KEY (circuit_id, status)
) STRICT, WITHOUT ROWID;

-- Which ids were accepted in which hour: a search by time becomes a search by id, with no index on every row's time.
CREATE TABLE receipt_hours (
    hour     INTEGER PRIMARY KEY,                  -- accepted_at divided by 3600
    first_id INTEGER NOT NULL,
    last_id  INTEGER NOT NULL
) STRICT;

-- Every transition after acceptance; the first line of a history is the receipt itself.
CREATE TABLE history (
    receipt_id INTEGER NOT NULL REFERENCES receipts (id),
    revision   INTEGER NOT NULL,
    status     TEXT NOT NULL,
    at         REAL NOT NULL,
    detail     TEXT,
    PRIMARY KEY (receipt_id, revision)
) STRICT, WITHOUT ROWID;

-- What was written down before the first byte that could create a document, and how it ended.
CREATE TABLE attempts (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    receipt_id     INTEGER NOT NULL REFERENCES receipts (id),
    eip            TEXT NOT NULL,
    fn             TEXT NOT NULL,
    fd_before      INTEGER NOT NULL,               -- the last document of the FN before the first byte
    state          TEXT NOT NULL CHECK (
        state IN ('open', 'unknown', 'fiscalized', 'returned', 'refused', 'manual')
    ),
    fd             INTEGER,
    register_fault INTEGER NOT NULL DEFAULT 0 CHECK (register_fault IN (0, 1)),
    reason         TEXT,
    at             REAL NOT NULL,
    ended_at       REAL
) STRICT;
CREATE UNIQUE INDEX attempts_open_by_receipt ON attempts (receipt_id) WHERE ended_at IS NULL;
-- One writer for one FN: what is not settled comes first.
CREATE UNIQUE INDEX attempts_open_by_fn ON attempts (fn) WHERE ended_at IS NULL;
CREATE INDEX attempts_by_receipt ON attempts (receipt_id);
CREATE INDEX attempts_faulty ON attempts (register_fault, receipt_id, eip) WHERE register_fault = 1;

-- Notices owed to integrators. AUTOINCREMENT: retention deletes them, and an id must not come back.
CREATE TABLE callbacks (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    receipt_id   INTEGER NOT NULL REFERENCES receipts (id),
    revision     INTEGER NOT NULL,
    url          TEXT NOT NULL,
    body         BLOB NOT NULL,
    tries        INTEGER NOT NULL DEFAULT 0,
    tried_at     REAL,
    next_at      REAL,                             -- null: delivered, or given up
    delivered_at REAL,
    last_error   TEXT,
    UNIQUE (receipt_id, revision)
) STRICT;
CREATE INDEX callbacks_due ON callbacks (next_at) WHERE next_at IS NOT NULL;
