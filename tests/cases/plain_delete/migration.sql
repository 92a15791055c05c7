DELETE FROM plain_delete.users WHERE last_seen IS NULL;
