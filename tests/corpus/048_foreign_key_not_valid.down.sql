-- left: constraint public.post_tags.post_tags_post_id_fkey was
ALTER TABLE post_tags DROP CONSTRAINT post_tags_post;
ALTER TABLE post_tags ADD CONSTRAINT post_tags_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts NOT VALID;
