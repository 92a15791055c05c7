-- The types that columns of the tables in %(tables)s have, and those inside them: below domains, elements of arrays,
-- fields of composite types.
WITH RECURSIVE reached(oid) AS (
    SELECT a.atttypid FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = ANY (%(tables)s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    UNION
    SELECT i.oid
      FROM reached r
      JOIN pg_catalog.pg_type t ON t.oid = r.oid
     CROSS JOIN LATERAL (
        SELECT t.typbasetype AS oid WHERE t.typtype = 'd'
        UNION ALL SELECT e.oid FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid
        UNION ALL SELECT f.atttypid FROM pg_catalog.pg_attribute f
                   WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped
     ) i
)
SELECT t.oid::bigint, t.typname, t.typcategory::text, pg_catalog.format_type(t.oid, NULL),
       t.typbasetype::bigint, t.typtypmod, coalesce(e.oid, 0)::bigint, coalesce(e.typdelim, ',')::text,
       ARRAY(SELECT l.enumlabel::text FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder),
       ARRAY(SELECT f.attname::text FROM pg_catalog.pg_attribute f
              WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped
              ORDER BY f.attnum),
       ARRAY(SELECT f.atttypid::bigint FROM pg_catalog.pg_attribute f
              WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped
              ORDER BY f.attnum),
       ARRAY(SELECT f.atttypmod FROM pg_catalog.pg_attribute f
              WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped
              ORDER BY f.attnum)
  FROM reached r
  JOIN pg_catalog.pg_type t ON t.oid = r.oid
  LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
