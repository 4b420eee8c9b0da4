-- Receivers of events, a row for each event on its way to one of them, and what came of each attempt.
-- Addresses, secrets and answers are sealed. What is sent is read from `events` at each attempt.

CREATE TABLE webhook_endpoints (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account INTEGER NOT NULL REFERENCES accounts (key),
    terms BLOB NOT NULL,
    instances TEXT, -- JSON: a list of ids; NULL for all
    events TEXT, -- JSON: a list of kinds; NULL for all
    created_at_ms INTEGER NOT NULL,
    failing_since_ms INTEGER,
    disabled TEXT,
    disabled_at_ms INTEGER,
    CHECK ((disabled IS NULL) = (disabled_at_ms IS NULL))
) STRICT;

CREATE INDEX webhook_endpoints_by_account ON webhook_endpoints (account, key);

-- `AUTOINCREMENT`, since pages begin before a number, which must not be given a second time.
CREATE TABLE webhook_deliveries (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint INTEGER NOT NULL REFERENCES webhook_endpoints (key) ON DELETE CASCADE,
    instance INTEGER NOT NULL REFERENCES instances (key) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at_ms INTEGER,
    arrived_at_ms INTEGER,
    given_up_at_ms INTEGER,
    CHECK ((due_at_ms IS NULL) + (arrived_at_ms IS NULL) + (given_up_at_ms IS NULL) = 2)
) STRICT;

CREATE INDEX webhook_deliveries_due
    ON webhook_deliveries (endpoint, due_at_ms, key) WHERE due_at_ms IS NOT NULL;
CREATE INDEX webhook_deliveries_given_up
    ON webhook_deliveries (endpoint, key) WHERE given_up_at_ms IS NOT NULL;
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint, key);
CREATE INDEX webhook_deliveries_by_instance ON webhook_deliveries (instance);

CREATE TABLE webhook_attempts (
    key INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL REFERENCES webhook_deliveries (key) ON DELETE CASCADE,
    at_ms INTEGER NOT NULL,
    took_ms INTEGER NOT NULL,
    status INTEGER,
    error TEXT,
    answer BLOB
) STRICT;

CREATE INDEX webhook_attempts_by_delivery ON webhook_attempts (delivery, key);
