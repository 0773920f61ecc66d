-- Requests that were refused before they became a mail to send: why, and how many alike a
-- row stands for. Mails that are to try the service. The words are not kept: the reason
-- finds them.
ALTER TABLE messages ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN requests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN test INTEGER NOT NULL DEFAULT 0;

ALTER TABLE attempts ADD COLUMN reason TEXT NOT NULL DEFAULT '';

-- What the recipient's server said, shortened and without addresses.
ALTER TABLE events ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN code INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN description TEXT NOT NULL DEFAULT '';
