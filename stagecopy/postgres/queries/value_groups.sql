-- Values that several rows share by the type's own equality: how many rows, and the keys of the first groups.
SELECT pg_catalog.sum(g.times)::bigint, (pg_catalog.array_agg(g.keys ORDER BY g.keys))[1:3]
  FROM (SELECT pg_catalog.count(*) AS times,
               pg_catalog.concat_ws(', ', pg_catalog.min({key}), pg_catalog.max({key})) AS keys
          FROM {source} AS r WHERE {value} IS NOT NULL GROUP BY {value} HAVING pg_catalog.count(*) > 1) AS g
