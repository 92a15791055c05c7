CREATE SCHEMA b09_emptied_and_dropped;
CREATE TABLE b09_emptied_and_dropped.queue (id int PRIMARY KEY);
CREATE TABLE b09_emptied_and_dropped.lists (id int PRIMARY KEY, name text);
CREATE VIEW b09_emptied_and_dropped.named AS SELECT id FROM b09_emptied_and_dropped.lists WHERE name IS NOT NULL;
INSERT INTO b09_emptied_and_dropped.queue SELECT i FROM generate_series(1, 50) i;
INSERT INTO b09_emptied_and_dropped.lists SELECT i, 'list ' || i FROM generate_series(1, 30) i;
