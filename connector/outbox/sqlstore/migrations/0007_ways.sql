-- Which way an attempt went, where there are two, and what the one tried before it came to.
ALTER TABLE attempts ADD COLUMN way TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN before_status INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN before_reason TEXT NOT NULL DEFAULT '';
