-- Definitions of matviews; the fingerprint is the parsed query, which knows relations and columns by number.
SELECT c.oid::bigint, 0, c.oid::bigint, n.nspname || '.' || c.relname, NULL,
       pg_catalog.pg_get_viewdef(c.oid), w.ev_action::text, NULL::bigint
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_rewrite w ON w.ev_class = c.oid AND w.rulename = '_RETURN'
 WHERE c.relkind = 'm' AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
