-- What of events waits for whoever fetches it, and how far back a journal reaches.
--
-- No reference to `events`: what is dropped is counted first, and told of.

CREATE TABLE notifications (
    instance INTEGER NOT NULL REFERENCES instances (key) ON DELETE CASCADE,
    receipt INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    topic TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (instance, receipt)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_by_time ON events (at_ms);

ALTER TABLE instances ADD COLUMN last_receipt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN forgotten_sequence INTEGER NOT NULL DEFAULT 0;
