CREATE SCHEMA b47_errors_passed_over;
CREATE TABLE b47_errors_passed_over.users (id int PRIMARY KEY, email text NOT NULL);
INSERT INTO b47_errors_passed_over.users SELECT i, 'u' || i || '@corp.test' FROM generate_series(1, 50) i;
