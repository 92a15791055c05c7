CREATE SCHEMA b23_recomputed;
CREATE TYPE b23_recomputed.state AS ENUM ('open', 'done');
CREATE TABLE b23_recomputed.orders (id int PRIMARY KEY, net numeric(10, 2), gross numeric(10, 2) GENERATED ALWAYS AS (net * 2) STORED, state b23_recomputed.state, name text);
INSERT INTO b23_recomputed.orders (id, net, state, name) SELECT i, i, CASE WHEN i <= 60 THEN 'open' ELSE 'done' END::b23_recomputed.state, 'n' || i FROM generate_series(1, 100) i;
