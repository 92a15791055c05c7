INSERT INTO syntax_error.notes VALUES (1001, 'one more');
UPDATE syntax_error.notes
   SET body = 'closed'
 WHER id = 1;
DELETE FROM syntax_error.notes;
