-- Times are microseconds since 1970 UTC. Ids are UUIDs of version 7, so they sort
-- by time of creation.
CREATE TABLE messages (
	id            TEXT PRIMARY KEY,
	state         TEXT NOT NULL,
	type          TEXT NOT NULL,
	source        TEXT NOT NULL,
	recipient     BYTEA NOT NULL,    -- keyed hash of the normalised address
	created       BIGINT NOT NULL,
	updated       BIGINT NOT NULL,
	expires       BIGINT NOT NULL,
	due           BIGINT NOT NULL,   -- sending: end of the lease; queued: next attempt
	attempts      INTEGER NOT NULL,
	provider_id   TEXT NOT NULL,
	error         TEXT NOT NULL,
	idempotency   TEXT NOT NULL,     -- the caller's key, '' for none
	content       BYTEA              -- the sealed mail, until a final state
);
CREATE INDEX messages_due ON messages (due) WHERE state IN ('sending', 'queued');
CREATE INDEX messages_provider ON messages (provider_id) WHERE provider_id <> '';
CREATE INDEX messages_idempotency ON messages (idempotency) WHERE idempotency <> '';

CREATE TABLE attempts (
	message       TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
	number        INTEGER NOT NULL,
	started       BIGINT NOT NULL,
	duration      BIGINT NOT NULL,
	status        INTEGER NOT NULL,  -- HTTP status of Mailgun's answer, 0 for none
	error         TEXT NOT NULL,
	PRIMARY KEY (message, number)
) /* SQLite: WITHOUT ROWID */;

-- Answers by Idempotency-Key.
CREATE TABLE idempotency (
	key           TEXT PRIMARY KEY,
	request       BYTEA NOT NULL,
	answer        BYTEA,             -- sealed; NULL while the request is in progress
	since         BIGINT NOT NULL
);
CREATE INDEX idempotency_since ON idempotency (since);

-- Tokens of delivery events that were taken, against their repetition.
CREATE TABLE events (
	token         TEXT PRIMARY KEY,
	seen          BIGINT NOT NULL
);
CREATE INDEX events_seen ON events (seen);
