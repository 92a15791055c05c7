SELECT c.oid, n.nspname, c.relname, c.relkind::text, a.attnum, a.attname,
       CASE WHEN t.typname = 'bytea' THEN 'bytea' WHEN t.typname IN ('json', 'jsonb') THEN 'json' ELSE 'text' END
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type d ON d.oid = a.atttypid
  JOIN pg_catalog.pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
  LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
 WHERE c.relkind IN ('r', 'm')
   AND (c.relkind = 'r' OR c.relispopulated)
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
   AND coalesce(e.typcategory, t.typcategory) IN ('S', 'C', 'U', 'X', 'Z', 'D')
   AND t.typname NOT IN ('date', 'time', 'timetz', 'timestamp', 'timestamptz', '_date', '_timestamp', '_timestamptz')
 ORDER BY pg_catalog.pg_relation_size(c.oid) DESC, c.oid, a.attnum
