CREATE SCHEMA b10_moved_rows;
CREATE TABLE b10_moved_rows.events (id int PRIMARY KEY, note text) PARTITION BY RANGE (id);
CREATE TABLE b10_moved_rows.low PARTITION OF b10_moved_rows.events FOR VALUES FROM (0) TO (1000);
CREATE TABLE b10_moved_rows.wide (id int PRIMARY KEY, note text);
INSERT INTO b10_moved_rows.events SELECT i, 'note ' || i FROM generate_series(1, 400) i;
CREATE TABLE b10_moved_rows.visits (id int, day int, note text, PRIMARY KEY (id, day)) PARTITION BY LIST (day);
CREATE TABLE b10_moved_rows.monday PARTITION OF b10_moved_rows.visits FOR VALUES IN (1);
CREATE TABLE b10_moved_rows.tuesday PARTITION OF b10_moved_rows.visits FOR VALUES IN (2);
INSERT INTO b10_moved_rows.visits SELECT i, 1, 'visit ' || i FROM generate_series(1, 100) i;
