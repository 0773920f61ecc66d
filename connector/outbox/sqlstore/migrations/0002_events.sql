-- Events of delivery belong to a message, if it is known.
ALTER TABLE events ADD COLUMN message TEXT REFERENCES messages (id) ON DELETE CASCADE;
ALTER TABLE events ADD COLUMN state TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN error TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN happened BIGINT NOT NULL DEFAULT 0;
CREATE INDEX events_message ON events (message) WHERE message IS NOT NULL;

-- Sends counted for the limit of a recipient that several processes share.
CREATE TABLE sends (
	recipient     BYTEA NOT NULL,
	sent          BIGINT NOT NULL
);
CREATE INDEX sends_recipient ON sends (recipient, sent);
CREATE INDEX sends_sent ON sends (sent);
