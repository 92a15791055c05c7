ALTER TABLE b10_partitions.events DETACH PARTITION b10_partitions.day1;
DROP TABLE b10_partitions.day2;
ALTER TABLE b10_partitions.events DETACH PARTITION b10_partitions.day4;
ALTER TABLE b10_partitions.events ATTACH PARTITION b10_partitions.day4 FOR VALUES FROM (4) TO (6);
CREATE TABLE b10_partitions.rest PARTITION OF b10_partitions.events DEFAULT;
DELETE FROM b10_partitions.day3 WHERE id > 390;
