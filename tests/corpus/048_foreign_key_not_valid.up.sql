ALTER TABLE post_tags DROP CONSTRAINT post_tags_post_id_fkey;
ALTER TABLE post_tags ADD CONSTRAINT post_tags_post FOREIGN KEY (post_id) REFERENCES posts NOT VALID;
