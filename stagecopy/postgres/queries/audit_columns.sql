-- Columns that can hold text: all but those of numbers, times, booleans, shapes, enum labels and built-in ranges.
-- Output functions tell the form, because a domain has its base type's, however many domains lie between.
SELECT c.oid, n.nspname, c.relname, c.relkind::text, a.attnum, a.attname,
       CASE WHEN t.typoutput = 'pg_catalog.byteaout'::pg_catalog.regproc THEN 'bytea' ELSE 'text' END
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type d ON d.oid = a.atttypid
  JOIN pg_catalog.pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
  LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
 WHERE c.relkind IN ('r', 'm')
   AND (c.relkind = 'r' OR c.relispopulated)
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
   AND coalesce(e.typcategory, t.typcategory) NOT IN ('B', 'E', 'G', 'N', 'T', 'V')
   AND coalesce(e.typoutput, t.typoutput) NOT IN (
           'pg_catalog.date_out'::pg_catalog.regproc, 'pg_catalog.time_out'::pg_catalog.regproc,
           'pg_catalog.timetz_out'::pg_catalog.regproc, 'pg_catalog.timestamp_out'::pg_catalog.regproc,
           'pg_catalog.timestamptz_out'::pg_catalog.regproc)
   AND NOT (coalesce(e.typcategory, t.typcategory) = 'R' AND coalesce(e.oid, t.oid) < 16384)
 ORDER BY pg_catalog.pg_relation_size(c.oid) DESC, c.oid, a.attnum
