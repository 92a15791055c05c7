ALTER TABLE posts ADD COLUMN tags text[] NOT NULL DEFAULT '{}';
UPDATE posts SET tags = (SELECT array_agg(tag ORDER BY tag) FROM post_tags WHERE post_id = posts.id);
DROP TABLE post_tags;
