-- Answers to requests that came with a key, so that one that is sent twice is carried out once.
--
-- Of key and request only keyed hashes; what was answered, which may show a new token, is sealed. No
-- references: an answer is kept for a day, whatever becomes of what it tells of.

CREATE TABLE kept_answers (
    key INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    request BLOB NOT NULL,
    answer BLOB NOT NULL,
    asked_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX kept_answers_by_owner ON kept_answers (owner, key);
CREATE INDEX kept_answers_by_time ON kept_answers (asked_at_ms);
