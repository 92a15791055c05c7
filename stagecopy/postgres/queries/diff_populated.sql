-- Whether materialised views can be read.
SELECT c.oid::bigint, 0, c.oid::bigint, n.nspname || '.' || c.relname, NULL,
       CASE WHEN c.relispopulated THEN 'populated' ELSE 'unpopulated' END, c.relispopulated::text, NULL::bigint
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'm'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
