CREATE SCHEMA b57_rollback_empty;
CREATE TABLE b57_rollback_empty.users (id int PRIMARY KEY, email text);
