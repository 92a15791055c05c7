ALTER TABLE posts ALTER COLUMN published TYPE timestamp USING published AT TIME ZONE 'UTC';
CREATE POLICY posts_readable ON posts FOR SELECT USING (published IS NOT NULL);
