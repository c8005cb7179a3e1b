-- Payments between channels, billings and registers. Rows are never deleted: a channel may repeat after years.

-- Channels, billings and routes that were made over HTTP; JSON as it was posted.
CREATE TABLE payment_parts (
    kind       TEXT NOT NULL CHECK (kind IN ('channel', 'billing', 'route')),
    name       TEXT NOT NULL,
    body       BLOB NOT NULL,
    changed_at REAL NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE payments (
    id            INTEGER PRIMARY KEY,
    channel       TEXT NOT NULL,
    txn_id        TEXT NOT NULL,                   -- as the channel numbers it
    kind          TEXT NOT NULL CHECK (kind IN ('pay', 'refund', 'correction')),
    of_id         INTEGER REFERENCES payments (id),-- the payment that a refund or correction is of
    inn           TEXT NOT NULL,
    account       TEXT NOT NULL,
    sum           INTEGER NOT NULL CHECK (sum > 0),
    service       TEXT,
    paid_at       TEXT,                            -- the channel's own clock, ISO, mostly without a zone
    route         TEXT NOT NULL,
    policy        TEXT NOT NULL,
    billing       TEXT,
    billing_txn   TEXT,                            -- the number that the billing hears, the same at every repeat
    circuit_id    INTEGER REFERENCES circuits (id),
    receipt_id    INTEGER REFERENCES receipts (id),
    -- waiting: for the receipt. due: may have been sent, is not decided. unknown: was sent, no answer decided.
    credit        TEXT NOT NULL CHECK (credit IN ('none', 'waiting', 'due', 'unknown', 'done', 'refused', 'cancelled')),
    receipt       TEXT NOT NULL,                   -- none, waiting (for the credit), dropped, or the receipt's status
    is_open       INTEGER NOT NULL CHECK (is_open IN (0, 1)),  -- 1 while the billing has to be asked
    give_back     INTEGER NOT NULL DEFAULT 0 CHECK (give_back IN (0, 1, 2)),  -- 1: owed to the payer, 2: given back
    tries         INTEGER NOT NULL DEFAULT 0,
    next_at       REAL NOT NULL,
    prv_txn       TEXT,                            -- the billing's number
    outcome       TEXT,                            -- why it was refused
    answer        TEXT,                            -- the billing's last words
    accepted_at   REAL NOT NULL,
    changed_at    REAL NOT NULL,
    body          BLOB NOT NULL,                   -- the neutral request
    receipt_write BLOB,                            -- the receipt, made by the route's template when it was accepted
    UNIQUE (channel, txn_id)
) STRICT;

-- One number names one payment to a billing, whichever channel it came from.
CREATE UNIQUE INDEX payments_by_billing_txn ON payments (billing, billing_txn) WHERE billing_txn IS NOT NULL;
-- What a billing still has to be asked, and the order within an account.
CREATE INDEX payments_due ON payments (billing, next_at) WHERE is_open = 1;
CREATE INDEX payments_order ON payments (billing, account, id) WHERE is_open = 1;
CREATE INDEX payments_by_receipt ON payments (receipt_id) WHERE receipt_id IS NOT NULL;
CREATE INDEX payments_of ON payments (of_id) WHERE of_id IS NOT NULL;
CREATE INDEX payments_by_account ON payments (account, id);
CREATE INDEX payments_to_give_back ON payments (give_back, id) WHERE give_back > 0;

CREATE TABLE payment_history (
    payment_id INTEGER NOT NULL REFERENCES payments (id),
    step       INTEGER NOT NULL,
    event      TEXT NOT NULL,
    at         REAL NOT NULL,
    by         TEXT,                               -- who said it: a channel, a billing, a token
    answer     TEXT,
    PRIMARY KEY (payment_id, step)
) STRICT, WITHOUT ROWID;

-- What was answered to `check`, until the payment comes; swept after a day.
CREATE TABLE payment_checks (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    at      REAL NOT NULL,
    by      TEXT,
    answer  TEXT NOT NULL
) STRICT;
CREATE INDEX payment_checks_by_account ON payment_checks (channel, account, at);

-- Files that were brought: which, when, and what became of their lines.
CREATE TABLE payment_files (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256   TEXT NOT NULL,
    channel  TEXT NOT NULL,
    name     TEXT NOT NULL,
    at       REAL NOT NULL,
    by       TEXT NOT NULL,
    ended_at REAL,
    report   BLOB
) STRICT;
