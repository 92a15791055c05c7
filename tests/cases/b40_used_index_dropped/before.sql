CREATE SCHEMA b40_used_index_dropped;
CREATE TABLE b40_used_index_dropped.orders (id int PRIMARY KEY, customer int NOT NULL, placed int NOT NULL);
CREATE INDEX orders_customer ON b40_used_index_dropped.orders (customer);
CREATE INDEX orders_placed ON b40_used_index_dropped.orders (placed);
INSERT INTO b40_used_index_dropped.orders SELECT i, i % 500, i FROM generate_series(1, 5000) i;
DO $$
DECLARE found int;
BEGIN
    SET LOCAL enable_seqscan = off;
    FOR i IN 1..250 LOOP
        SELECT count(*) INTO found FROM b40_used_index_dropped.orders WHERE customer = i;
    END LOOP;
END $$;
