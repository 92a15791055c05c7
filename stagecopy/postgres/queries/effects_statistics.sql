-- By table: numbers of the columns of which the planner knows how their values are spread.
SELECT s.starelid::bigint, pg_catalog.array_agg(DISTINCT s.staattnum::int)
  FROM pg_catalog.pg_statistic s
 WHERE s.starelid >= 16384
 GROUP BY s.starelid
