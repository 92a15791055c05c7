-- left: 375 values of public.posts.published are other values
ALTER TABLE posts ALTER COLUMN published TYPE timestamptz;
