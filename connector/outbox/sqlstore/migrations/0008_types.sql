-- One index for state and type, as another would cost each send: a page of either is put
-- together from those of both.
DROP INDEX messages_final;
CREATE INDEX messages_final ON messages (state, type, id) WHERE state NOT IN ('sending', 'queued');
