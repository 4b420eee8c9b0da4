-- The record of who did what.
--
-- Ids as people read them, and no references: what was done stays known when what it was done to is
-- gone. `AUTOINCREMENT`, since pages begin before a number, which must not be given a second time.

CREATE TABLE acts (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    account TEXT,
    actor TEXT NOT NULL,
    name TEXT NOT NULL,
    instance TEXT,
    client TEXT,
    status INTEGER,
    request TEXT
) STRICT;

CREATE INDEX acts_by_account ON acts (account, key);
CREATE INDEX acts_by_time ON acts (at_ms);
