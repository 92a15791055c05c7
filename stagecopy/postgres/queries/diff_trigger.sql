-- Triggers users made, and whether they fire.
SELECT g.oid::bigint, 0, g.tgrelid::bigint, n.nspname || '.' || c.relname, g.tgname,
       pg_catalog.pg_get_triggerdef(g.oid)
       || CASE g.tgenabled WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' REPLICA' WHEN 'A' THEN ' ALWAYS' ELSE '' END,
       pg_catalog.concat_ws('|', g.tgfoid, g.tgtype, g.tgenabled, g.tgdeferrable, g.tginitdeferred, g.tgattr::text,
           pg_catalog.encode(g.tgargs, 'hex'), g.tgqual::text, g.tgoldtable, g.tgnewtable),
       NULL::bigint
  FROM pg_catalog.pg_trigger g
  JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT g.tgisinternal AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
