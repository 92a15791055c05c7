ALTER TABLE comments DISABLE TRIGGER comments_no_blank;
