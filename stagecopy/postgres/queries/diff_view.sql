-- Definitions of views; the fingerprint is the parsed query, which knows relations and columns by number, and the
-- names of their own columns.
SELECT c.oid::bigint, 0, c.oid::bigint, n.nspname || '.' || c.relname, NULL,
       pg_catalog.pg_get_viewdef(c.oid) || coalesce(' WITH ' || c.reloptions::text, ''),
       pg_catalog.concat_ws('|', c.reloptions::text, w.ev_action::text,
           (SELECT pg_catalog.string_agg(a.attname, ',' ORDER BY a.attnum)
              FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)),
       NULL::bigint
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_rewrite w ON w.ev_class = c.oid AND w.rulename = '_RETURN'
 WHERE c.relkind = 'v' AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
