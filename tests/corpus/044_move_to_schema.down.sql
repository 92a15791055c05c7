ALTER TABLE blog.comments SET SCHEMA public;
DROP SCHEMA blog;
