-- What Mailgun said, shortened and without addresses.
ALTER TABLE attempts ADD COLUMN message_text TEXT NOT NULL DEFAULT '';
