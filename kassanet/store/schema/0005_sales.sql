-- Sales: a card payment and its receipt as one thing. Times are UNIX seconds (UTC), money is integer kopecks.

CREATE TABLE sales (
    id             INTEGER PRIMARY KEY,
    circuit_id     INTEGER NOT NULL REFERENCES circuits (id),
    external_id    TEXT NOT NULL,
    integration_id INTEGER REFERENCES integrations (id),
    pinpad_id      INTEGER REFERENCES pinpads (id),
    status         TEXT NOT NULL CHECK (status IN (
        'accepted', 'charging', 'unknown', 'charged', 'fiscalizing', 'pending', 'reversing', 'manual',
        'done', 'refused', 'failed', 'aborted', 'reversed'
    )),
    revision       INTEGER NOT NULL,
    charge         INTEGER NOT NULL CHECK (charge >= 0),  -- what the card pays
    total          INTEGER NOT NULL CHECK (total >= charge),
    currency       TEXT NOT NULL,
    operation_id   INTEGER REFERENCES operations (id),
    receipt_id     INTEGER REFERENCES receipts (id),
    aborted_at     REAL,                               -- somebody wants it taken back
    accepted_at    REAL NOT NULL,
    changed_at     REAL NOT NULL,
    reason         TEXT,
    digest         BLOB NOT NULL,
    body           BLOB NOT NULL,                      -- JSON: what was asked
    receipt        BLOB NOT NULL,                      -- JSON: the receipt as it will be queued
    receipt_digest BLOB NOT NULL,
    UNIQUE (circuit_id, external_id)
) STRICT;
-- What is on its way, or waits for a person.
CREATE INDEX sales_open ON sales (id)
    WHERE status IN ('accepted', 'charging', 'unknown', 'charged', 'fiscalizing', 'pending', 'reversing', 'manual');

CREATE TABLE sale_history (
    sale_id  INTEGER NOT NULL REFERENCES sales (id),
    revision INTEGER NOT NULL,
    status   TEXT NOT NULL,
    at       REAL NOT NULL,
    detail   TEXT,
    PRIMARY KEY (sale_id, revision)
) STRICT, WITHOUT ROWID;
