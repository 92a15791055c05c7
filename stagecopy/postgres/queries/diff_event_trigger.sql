-- Event triggers, and whether they fire.
SELECT (3466::bigint << 32) + e.oid::bigint, 0, (3466::bigint << 32) + e.oid::bigint, e.evtname, NULL,
       'ON ' || e.evtevent || coalesce(' WHEN TAG IN ' || e.evttags::text, '')
       || ' EXECUTE ' || e.evtfoid::pg_catalog.regprocedure::text
       || CASE e.evtenabled WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' REPLICA' WHEN 'A' THEN ' ALWAYS' ELSE '' END,
       pg_catalog.concat_ws('|', e.evtevent, e.evttags::text, e.evtfoid, e.evtenabled), NULL::bigint
  FROM pg_catalog.pg_event_trigger e
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass AND d.objid = e.oid AND d.deptype = 'e')
