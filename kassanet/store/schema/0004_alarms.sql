-- Who has taken on which alarm. A row lasts as long as its alarm does; who did it for ever is in the audit log.
CREATE TABLE acknowledgements (
    alarm TEXT PRIMARY KEY,                        -- `kkt/10.0.0.1:7777/unreachable`
    by    TEXT NOT NULL,
    level TEXT NOT NULL,                           -- what it was when it was taken on: if it gets worse it rings again
    note  TEXT,
    at    REAL NOT NULL
) STRICT;
