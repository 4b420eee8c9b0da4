-- What the link of an instance to WhatsApp has to remember: keys, ratchets, mappings, one row each.
--
-- Values are sealed; of keys that could name somebody only keyed hashes. No reference to the instance:
-- its keys may be known before it is, and they are deleted by name.

CREATE TABLE records (
    instance BLOB NOT NULL, -- the 16 bytes of its id
    kind TEXT NOT NULL,
    key BLOB NOT NULL CHECK (length(key) <= 64),
    value BLOB NOT NULL,
    due INTEGER, -- in the unit of its kind; NULL is for ever
    UNIQUE (instance, kind, key)
) STRICT;

CREATE INDEX records_by_due ON records (instance, kind, due) WHERE due IS NOT NULL;
