-- What went over the wire at an attempt whose outcome was in doubt, for support. It goes with its attempt.
CREATE TABLE exchanges (
    attempt_id INTEGER PRIMARY KEY,
    complete   INTEGER NOT NULL,                   -- 1: nothing of it was forgotten before it was kept
    pieces     BLOB NOT NULL                       -- JSON: [{"at": UNIX time, "sent": true, "hex": "b629…"}, …]
) STRICT;
