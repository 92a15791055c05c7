CREATE TABLE post_tags (post_id bigint REFERENCES posts, tag text, PRIMARY KEY (post_id, tag));
INSERT INTO post_tags SELECT DISTINCT id, unnest(tags) FROM posts;
ALTER TABLE posts DROP COLUMN tags;
