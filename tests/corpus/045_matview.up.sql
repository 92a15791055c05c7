CREATE MATERIALIZED VIEW org_sizes AS SELECT org_id, count(*) AS members FROM members GROUP BY org_id;
CREATE UNIQUE INDEX ON org_sizes (org_id);
