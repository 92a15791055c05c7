BEGIN;
DELETE FROM begin_without_commit.users WHERE id <= 10;
