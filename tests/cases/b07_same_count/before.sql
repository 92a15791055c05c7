CREATE SCHEMA b07_same_count;
CREATE TABLE b07_same_count.users (id int PRIMARY KEY, email text NOT NULL);
INSERT INTO b07_same_count.users SELECT i, 'qzraw' || i || '@corp.test' FROM generate_series(1, 1200) i;
