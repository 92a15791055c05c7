UPDATE b23_recomputed.orders SET net = net + 1 WHERE id > 90;
ALTER TYPE b23_recomputed.state RENAME VALUE 'open' TO 'new';
ALTER TABLE b23_recomputed.orders ALTER COLUMN name TYPE text COLLATE "C";
