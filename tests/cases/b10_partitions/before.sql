CREATE SCHEMA b10_partitions;
CREATE TABLE b10_partitions.events (id int NOT NULL, day int NOT NULL, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE b10_partitions.day1 PARTITION OF b10_partitions.events FOR VALUES FROM (1) TO (2);
CREATE TABLE b10_partitions.day2 PARTITION OF b10_partitions.events FOR VALUES FROM (2) TO (3);
CREATE TABLE b10_partitions.day3 PARTITION OF b10_partitions.events FOR VALUES FROM (3) TO (4);
CREATE TABLE b10_partitions.day4 (id int NOT NULL, day int NOT NULL, PRIMARY KEY (id, day));
ALTER TABLE b10_partitions.events ATTACH PARTITION b10_partitions.day4 FOR VALUES FROM (4) TO (5);
INSERT INTO b10_partitions.events SELECT i, 1 + i % 4 FROM generate_series(1, 400) i;
