-- the upper half goes to a partition of its own
ALTER TABLE b10_moved_rows.events DETACH PARTITION b10_moved_rows.low;
CREATE TABLE b10_moved_rows.high PARTITION OF b10_moved_rows.events FOR VALUES FROM (201) TO (1000);
INSERT INTO b10_moved_rows.high SELECT * FROM b10_moved_rows.low WHERE id > 200;
DELETE FROM b10_moved_rows.low WHERE id > 200;
ALTER TABLE b10_moved_rows.events ATTACH PARTITION b10_moved_rows.low FOR VALUES FROM (0) TO (201);
UPDATE b10_moved_rows.visits SET day = 2 WHERE id <= 30;
UPDATE b10_moved_rows.visits SET day = 2, note = NULL WHERE id = 31;
