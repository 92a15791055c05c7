DROP POLICY posts_readable ON posts;
ALTER TABLE posts ALTER COLUMN published TYPE timestamptz USING published AT TIME ZONE 'UTC';
