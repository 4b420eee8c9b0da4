-- What is written down only once, for as long as WhatsApp may deliver it again, and at which place. Of
-- what it is known by only a hash is kept: in it stand the numbers of people.
--
-- No reference to `events`: those may be forgotten earlier.

CREATE TABLE seen_messages (
    instance INTEGER NOT NULL REFERENCES instances (key) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (instance, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX seen_messages_by_time ON seen_messages (at_ms);
