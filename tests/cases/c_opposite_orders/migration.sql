BEGIN;
ALTER TABLE c_opposite_orders.a ADD x int;
ALTER TABLE c_opposite_orders.b ADD x int;
COMMIT;
BEGIN;
ALTER TABLE c_opposite_orders.b ADD y int;
ALTER TABLE c_opposite_orders.a ADD y int;
COMMIT;
