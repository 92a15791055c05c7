DROP TABLE resend_all_tables_dropped.emails, resend_all_tables_dropped.domains;
CREATE TABLE resend_all_tables_dropped.emails (id int PRIMARY KEY, subject text);
CREATE TABLE resend_all_tables_dropped.domains (id int PRIMARY KEY, name text);
