-- What waits for a recipient, in the order in which it was accepted.
CREATE INDEX messages_waiting ON messages (recipient, created, id) WHERE state IN ('sending', 'queued');
