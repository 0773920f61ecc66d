-- What waits for a recipient.
CREATE INDEX messages_waiting ON messages (recipient) WHERE state IN ('sending', 'queued');
