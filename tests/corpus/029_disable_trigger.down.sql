ALTER TABLE comments ENABLE TRIGGER comments_no_blank;
