-- Accounts, instances with their tokens and settings, and the journal.
--
-- Times are milliseconds since 1970. Ids are kept as people read them, so that a look into the file
-- explains itself; rows refer to one another by `key`, which also says in which order they came.

-- What is known of the database itself. `ANY`, since each name has a type of its own.
CREATE TABLE properties (
    name TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    opened_at_ms INTEGER NOT NULL
) STRICT;

-- Every instance that ever was. A row outlives its instance, so that nobody is given an id or a
-- number by which somebody else was known.
CREATE TABLE identities (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    number INTEGER NOT NULL UNIQUE
) STRICT;

CREATE TABLE instances (
    key INTEGER PRIMARY KEY REFERENCES identities (key),
    account INTEGER NOT NULL REFERENCES accounts (key),
    name TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    removed_at_ms INTEGER,
    standing TEXT, -- JSON
    last_sequence INTEGER NOT NULL DEFAULT 0,
    UNIQUE (key, account)
) STRICT;

CREATE TABLE settings (
    instance INTEGER PRIMARY KEY REFERENCES instances (key) ON DELETE CASCADE,
    sealed BLOB NOT NULL
) STRICT;

-- Every token that ever was, for the same reason as `identities`.
CREATE TABLE taken_tokens (
    id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE REFERENCES taken_tokens (id),
    hash BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts (key),
    instance INTEGER,
    sealed BLOB,
    issued_at_ms INTEGER NOT NULL,
    revoked_at_ms INTEGER,
    -- Both columns: a token never opens an instance of another account.
    FOREIGN KEY (instance, account) REFERENCES instances (key, account) ON DELETE CASCADE
) STRICT;

CREATE INDEX tokens_by_account ON tokens (account, key);
CREATE INDEX tokens_by_instance ON tokens (instance, account);

CREATE TABLE events (
    instance INTEGER NOT NULL REFERENCES instances (key) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL, -- JSON
    PRIMARY KEY (instance, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_by_kind ON events (instance, kind, sequence);
