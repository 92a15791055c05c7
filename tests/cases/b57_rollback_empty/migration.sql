CREATE INDEX users_email_idx ON b57_rollback_empty.users (email);
