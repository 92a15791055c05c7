-- B-trees of permanent tables that are valid, outside the system's own schemas.
SELECT i.oid::bigint, n.nspname || '.' || i.relname
  FROM pg_catalog.pg_class i
  JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace
  JOIN pg_catalog.pg_index x ON x.indexrelid = i.oid
  JOIN pg_catalog.pg_am a ON a.oid = i.relam
 WHERE i.relkind = 'i' AND a.amname = 'btree' AND i.relpersistence = 'p' AND x.indisvalid AND x.indisready
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
 ORDER BY 2
