-- Addresses at which a person links an instance. Of the ticket and of the pass that a browser got for
-- it only keyed hashes; what its page is to be like is sealed.

CREATE TABLE link_tickets (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    instance INTEGER NOT NULL REFERENCES instances (key) ON DELETE CASCADE,
    hash BLOB NOT NULL UNIQUE,
    terms BLOB NOT NULL,
    session_s INTEGER NOT NULL,
    issued_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    pass BLOB,
    opened_at_ms INTEGER,
    ended TEXT,
    ended_at_ms INTEGER,
    CHECK ((pass IS NULL) = (opened_at_ms IS NULL)),
    CHECK ((ended IS NULL) = (ended_at_ms IS NULL))
) STRICT;

CREATE INDEX link_tickets_by_instance ON link_tickets (instance, key);
CREATE INDEX link_tickets_to_end ON link_tickets (expires_at_ms) WHERE ended IS NULL;
CREATE INDEX link_tickets_ended ON link_tickets (ended_at_ms) WHERE ended IS NOT NULL;
