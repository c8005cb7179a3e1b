-- Who changed what: one line for each call that may change something, written before it is carried out. `status` is
-- null until its outcome is known, and stays so when nobody was left to tell it. Nothing here is ever a secret.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,  -- AUTOINCREMENT: a line's number is never used again
    at         REAL NOT NULL,
    by         TEXT NOT NULL,                      -- `token 7`, `trusted 10.0.0.5`, `user operator`
    address    TEXT,
    method     TEXT NOT NULL,                      -- POST, PATCH, DELETE; COMMAND on the stream; CLI
    route      TEXT NOT NULL,
    target     TEXT NOT NULL,
    request_id TEXT NOT NULL,
    before     BLOB,                               -- JSON of a configuration, where it was one
    after      BLOB,
    status     INTEGER,
    ended_at   REAL
) STRICT;
