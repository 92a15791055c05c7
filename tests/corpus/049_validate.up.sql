ALTER TABLE post_tags VALIDATE CONSTRAINT post_tags_post;
