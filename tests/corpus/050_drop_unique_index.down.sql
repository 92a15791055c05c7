-- left: index public.posts.posts_title_idx was
CREATE INDEX posts_title_idx ON posts (lower(title));
