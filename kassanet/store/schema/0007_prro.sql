-- Software registers of the Ukrainian tax service (ПРРО). Times are UNIX seconds (UTC), money is integer kopecks.
-- Documents are kept as they were signed, for ever: the same bytes are sent again until the tax service has them.

CREATE TABLE prro_registers (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    register        INTEGER NOT NULL,              -- its fiscal number
    desk            BLOB NOT NULL,                 -- JSON: whose it is, where it stands, its taxes
    key_id          TEXT NOT NULL,                 -- what signs for it
    cashier         TEXT,
    next_local      INTEGER NOT NULL DEFAULT 0,    -- 0: the tax service must be asked first
    shift_opened_at REAL,                          -- null: no shift is open
    shift_first     INTEGER NOT NULL DEFAULT 0,    -- the local number of its opening
    shift_reported  INTEGER NOT NULL DEFAULT 0 CHECK (shift_reported IN (0, 1)),  -- only its closing may follow
    session         INTEGER,                       -- the offline session that may be used
    seed            INTEGER,
    offline_since   REAL,                          -- null: online
    by_hand         INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1)),  -- who took it offline brings it back
    next_place      INTEGER NOT NULL DEFAULT 1,    -- in the session
    last_hash       TEXT,                          -- of the last link of the session
    blocked         TEXT,                          -- why a person must decide
    added_at        REAL NOT NULL,
    removed_at      REAL
) STRICT;
CREATE UNIQUE INDEX prro_by_register ON prro_registers (register) WHERE removed_at IS NULL;

CREATE TABLE prro_documents (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    register_id   INTEGER NOT NULL REFERENCES prro_registers (id),
    local_number  INTEGER NOT NULL,
    external_id   TEXT,                            -- null: the register's own
    kind          TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN (
        'stored', 'registered', 'offline', 'owed', 'replaced', 'refused', 'withdrawn'
    )),
    uid           TEXT NOT NULL UNIQUE,
    sum           INTEGER NOT NULL,
    digest        BLOB NOT NULL,
    operation     BLOB NOT NULL,                   -- JSON: what was asked
    xml           BLOB NOT NULL,
    signed        BLOB NOT NULL,                   -- on disk before the first byte of it is sent
    session       INTEGER,                         -- null: made online
    place         INTEGER,
    fiscal_number TEXT,
    revoked       INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
    made_at       REAL NOT NULL,
    ended_at      REAL,
    code          INTEGER,
    reason        TEXT
) STRICT;
-- One number, one document; one key, one document. What was refused or withdrawn has given its number back.
CREATE UNIQUE INDEX prro_documents_by_number ON prro_documents (register_id, local_number)
    WHERE status NOT IN ('refused', 'withdrawn');
CREATE UNIQUE INDEX prro_documents_by_key ON prro_documents (register_id, external_id)
    WHERE external_id IS NOT NULL AND status NOT IN ('withdrawn', 'replaced');
CREATE UNIQUE INDEX prro_documents_by_place ON prro_documents (register_id, session, place)
    WHERE session IS NOT NULL;
CREATE INDEX prro_documents_open ON prro_documents (register_id, local_number)
    WHERE status IN ('stored', 'owed', 'replaced') AND ended_at IS NULL;

-- How long a register worked offline: 168 hours in a month are allowed.
CREATE TABLE prro_sessions (
    register_id INTEGER NOT NULL REFERENCES prro_registers (id),
    session     INTEGER NOT NULL,
    began       REAL NOT NULL,
    last_money  REAL,
    ended_at    REAL,
    PRIMARY KEY (register_id, session)
) STRICT, WITHOUT ROWID;
