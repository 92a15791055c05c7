-- One line per bucket of key digests: rows and the sum of row digests. Equal lines on both sides hold equal rows.
SELECT (s.k & {mask})::int AS bucket, pg_catalog.count(*), pg_catalog.sum(s.h)::text
  FROM (SELECT {bucket} AS k, {row} AS h FROM {source} AS r {fence}) s
 GROUP BY 1
