-- One row for each recipient in the place of one for each send (GCRA): its
-- theoretical arrival time, until which the sends made so far take the rate.
DROP TABLE sends;
CREATE TABLE recipient_limits (
	recipient     BYTEA PRIMARY KEY,
	tat           BIGINT NOT NULL
);

-- Only events without a message are purged by their age.
DROP INDEX events_seen;
CREATE INDEX events_orphaned ON events (seen) WHERE message IS NULL;

-- Pages of messages are sorted by id. An index of all states would be taken for that of
-- what is due.
CREATE INDEX messages_recipient ON messages (recipient, id);
CREATE INDEX messages_final ON messages (state, id) WHERE state NOT IN ('sending', 'queued');
