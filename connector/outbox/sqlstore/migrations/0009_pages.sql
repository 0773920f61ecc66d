-- What a page may be asked for lies together in an index, in the order of pages: so a page
-- reads hardly more than it shows, however many messages a recipient, a state or a type has.
-- A message gets there when it is no longer being sent, so that a send writes to a large
-- index once. What is being sent has a small one, which also tells who is to wait for it.
CREATE INDEX IF NOT EXISTS messages_of_recipient ON messages (recipient, state, type, created, id)
	WHERE state <> 'sending';
CREATE INDEX IF NOT EXISTS messages_of_state ON messages (state, created, id) WHERE state <> 'sending';
CREATE INDEX IF NOT EXISTS messages_of_type ON messages (type, state, created, id) WHERE state <> 'sending';
CREATE INDEX IF NOT EXISTS messages_sending ON messages (recipient) WHERE state = 'sending';

-- What was refused may have any number of types. No send writes here.
CREATE INDEX IF NOT EXISTS messages_refused ON messages (recipient, created, id) WHERE state = 'refused';

-- How many wait, and since when, is read off the index.
CREATE INDEX IF NOT EXISTS messages_to_send ON messages (due, created) WHERE state IN ('sending', 'queued');

-- These go last: from then on nobody may read PostgreSQL's table until all is done.
DROP INDEX messages_due;
DROP INDEX messages_final;
DROP INDEX messages_recipient;
DROP INDEX messages_waiting;
