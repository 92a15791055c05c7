CREATE SCHEMA resend_all_tables_dropped;
SET search_path = resend_all_tables_dropped;
CREATE TABLE emails (id int PRIMARY KEY, subject text);
CREATE TABLE domains (id int PRIMARY KEY, name text);
INSERT INTO emails SELECT i, 'hello' FROM generate_series(1, 400) i;
INSERT INTO domains SELECT i, 'd' || i FROM generate_series(1, 20) i;
