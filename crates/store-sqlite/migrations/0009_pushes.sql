-- What waits is also pushed, where an address is set: queues that are held back, since the last attempt
-- came to nothing, and what went without having reached anybody.

CREATE TABLE pushes_held_back (
    instance INTEGER PRIMARY KEY REFERENCES instances (key) ON DELETE CASCADE,
    receipt INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    next_at_ms INTEGER NOT NULL,
    status INTEGER,
    error TEXT
) STRICT;

CREATE TABLE dropped_notifications (
    instance INTEGER NOT NULL REFERENCES instances (key) ON DELETE CASCADE,
    receipt INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    topic TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    dropped_at_ms INTEGER NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (instance, receipt)
) STRICT, WITHOUT ROWID;
