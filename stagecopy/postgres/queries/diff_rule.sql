-- Rules but those that make a view.
SELECT w.oid::bigint, 0, w.ev_class::bigint, n.nspname || '.' || c.relname, w.rulename,
       pg_catalog.pg_get_ruledef(w.oid)
       || CASE w.ev_enabled WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' REPLICA' WHEN 'A' THEN ' ALWAYS' ELSE '' END,
       pg_catalog.concat_ws('|', w.ev_enabled, w.ev_type, w.is_instead, w.ev_qual::text, w.ev_action::text),
       NULL::bigint
  FROM pg_catalog.pg_rewrite w
  JOIN pg_catalog.pg_class c ON c.oid = w.ev_class
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE w.rulename <> '_RETURN' AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
