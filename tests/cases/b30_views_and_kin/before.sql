CREATE SCHEMA b30_views_and_kin;
CREATE TABLE b30_views_and_kin.sales (id int PRIMARY KEY, amount int NOT NULL);
INSERT INTO b30_views_and_kin.sales SELECT i, i FROM generate_series(1, 100) i;
CREATE MATERIALIZED VIEW b30_views_and_kin.sums AS SELECT id % 10 AS part, sum(amount) AS total FROM b30_views_and_kin.sales GROUP BY 1;
CREATE MATERIALIZED VIEW b30_views_and_kin.later AS SELECT id FROM b30_views_and_kin.sales WHERE id <= 20;
CREATE UNLOGGED TABLE b30_views_and_kin.cache (id int PRIMARY KEY, v text);
INSERT INTO b30_views_and_kin.cache SELECT i, 'v' || i FROM generate_series(1, 50) i;
