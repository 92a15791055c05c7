ALTER TABLE basecamp_last_event_number.labels ADD COLUMN colour text;
