-- What a page may be asked for lies together in an index in the order of pages: so a page
-- reads no more than it shows, however many messages are of a recipient, a state or a type.
-- A message gets there when it is no longer being sent, as before: that costs a send no
-- more than the indices cost that these replace. Those go last, as nobody may read
-- PostgreSQL's table from then on.
CREATE INDEX IF NOT EXISTS messages_of_recipient ON messages (recipient, state, type, created, id)
	WHERE state <> 'sending';
CREATE INDEX IF NOT EXISTS messages_of_type ON messages (type, state, created, id) WHERE state <> 'sending';
-- Its condition, which every message meets, is to be asked for: or PostgreSQL would walk
-- down all messages for the last ones of a few.
CREATE INDEX IF NOT EXISTS messages_created ON messages (created) WHERE id <> '';
CREATE INDEX IF NOT EXISTS messages_sending ON messages (recipient) WHERE state = 'sending';
DROP INDEX messages_recipient;
DROP INDEX messages_waiting;
DROP INDEX messages_final;
