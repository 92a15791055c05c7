UPDATE b30_views_and_kin.sales SET amount = amount + 1 WHERE id = 7;
REFRESH MATERIALIZED VIEW b30_views_and_kin.sums;
REFRESH MATERIALIZED VIEW b30_views_and_kin.later WITH NO DATA;
ALTER TABLE b30_views_and_kin.cache SET LOGGED;
ALTER FOREIGN TABLE b30_views_and_kin.abroad ADD COLUMN seen date;
