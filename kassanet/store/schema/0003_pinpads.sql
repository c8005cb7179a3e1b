-- Card payments. Times are UNIX seconds (UTC), money is integer kopecks. No card number stands here but masked, and
-- nothing else that identifies a card.

CREATE TABLE pinpads (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    address     TEXT NOT NULL,
    device      TEXT NOT NULL DEFAULT '',          -- where a go-between (DC2) finds it; '' without one
    terminal_id TEXT,
    spec        BLOB NOT NULL,                     -- JSON: everything that was set
    is_active   INTEGER NOT NULL DEFAULT 0 CHECK (is_active IN (0, 1)),
    last_number INTEGER NOT NULL DEFAULT 0,        -- our transaction number, 0…999999 and round again
    settled_at  REAL,                              -- the boundary between void and refund
    added_at    REAL NOT NULL,
    removed_at  REAL                               -- its operations stay for ever
) STRICT;
-- One device, one pinpad.
CREATE UNIQUE INDEX pinpads_by_address ON pinpads (address, device) WHERE removed_at IS NULL;

-- Who keeps a pinpad: until that time for itself alone; null: only its settlement must wait for this sale.
CREATE TABLE pinpad_holds (
    pinpad_id INTEGER NOT NULL REFERENCES pinpads (id),
    holder    TEXT NOT NULL,
    until     REAL,
    at        REAL NOT NULL,
    PRIMARY KEY (pinpad_id, holder)
) STRICT, WITHOUT ROWID;

CREATE TABLE operations (
    id          INTEGER PRIMARY KEY,
    pinpad_id   INTEGER NOT NULL REFERENCES pinpads (id),
    external_id TEXT NOT NULL,
    kind        TEXT NOT NULL,
    performed   TEXT,                              -- what was sent, where it is not what was asked
    status      TEXT NOT NULL CHECK (status IN (
        'accepted', 'sending', 'received', 'approved', 'refused', 'failed', 'cancelled', 'unknown', 'manual', 'reversed'
    )),
    revision    INTEGER NOT NULL,
    amount      INTEGER CHECK (amount > 0),
    currency    TEXT NOT NULL,
    of_id       INTEGER REFERENCES operations (id),
    number      INTEGER NOT NULL,
    returned    INTEGER NOT NULL DEFAULT 0 CHECK (returned >= 0),
    accepted_at REAL NOT NULL,
    changed_at  REAL NOT NULL,
    sent_at     REAL,
    holder      TEXT,                              -- the sale that asked for it
    reason      TEXT,
    digest      BLOB NOT NULL,
    result      BLOB,                              -- JSON: the final answer, on disk before it is acknowledged
    request     BLOB,                              -- the bytes as they were sent, on disk before the first of them
    body        BLOB NOT NULL,                     -- JSON: what was asked
    UNIQUE (pinpad_id, external_id)
) STRICT;
CREATE INDEX operations_by_pinpad ON operations (pinpad_id, id);
-- In the order of sending: which was the last?
CREATE INDEX operations_sent ON operations (pinpad_id, sent_at, id) WHERE sent_at IS NOT NULL;
CREATE INDEX operations_of ON operations (of_id, id) WHERE of_id IS NOT NULL;
-- What is on its way, or waits for a person.
CREATE INDEX operations_open ON operations (pinpad_id, status, id)
    WHERE status IN ('accepted', 'sending', 'received', 'unknown', 'manual');

CREATE TABLE operation_history (
    operation_id INTEGER NOT NULL REFERENCES operations (id),
    revision     INTEGER NOT NULL,
    status       TEXT NOT NULL,
    at           REAL NOT NULL,
    detail       TEXT,
    PRIMARY KEY (operation_id, revision)
) STRICT, WITHOUT ROWID;
