-- Messages that wait to be sent, in the order in which they were accepted, and how far each message of
-- an account has come.

CREATE TABLE outbox (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    instance INTEGER NOT NULL REFERENCES instances (key) ON DELETE CASCADE,
    id TEXT NOT NULL,
    account TEXT, -- the number that was linked when it was accepted
    chat TEXT NOT NULL,
    body TEXT NOT NULL, -- JSON
    accepted_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    UNIQUE (instance, id)
) STRICT;

CREATE INDEX outbox_in_order ON outbox (instance, key);
CREATE INDEX outbox_by_expiry ON outbox (expires_at_ms);

CREATE TABLE message_records (
    instance INTEGER NOT NULL REFERENCES instances (key) ON DELETE CASCADE,
    id TEXT NOT NULL,
    chat TEXT NOT NULL,
    by_api INTEGER NOT NULL,
    status TEXT NOT NULL, -- JSON
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (instance, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX message_records_by_time ON message_records (at_ms);

-- Whoever could do everything with an instance can send, too.
UPDATE tokens SET scopes = scopes || ' send' WHERE ' ' || scopes || ' ' LIKE '% manage %';
