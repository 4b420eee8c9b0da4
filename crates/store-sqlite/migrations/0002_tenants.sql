-- Accounts that are closed, the number that is meant to be linked, and tokens with a name, rights and
-- an end.

ALTER TABLE accounts ADD COLUMN closed_at_ms INTEGER;

ALTER TABLE instances ADD COLUMN phone TEXT;

ALTER TABLE tokens ADD COLUMN name TEXT NOT NULL DEFAULT '';
-- Words with a blank between them. Tokens from before have every right of an account.
ALTER TABLE tokens ADD COLUMN scopes TEXT NOT NULL DEFAULT 'read link manage tokens';
ALTER TABLE tokens ADD COLUMN expires_at_ms INTEGER;
