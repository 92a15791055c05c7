DELETE FROM posts WHERE published IS NULL;
