-- Extended statistics of tables.
SELECT x.oid::bigint, 0, x.stxrelid::bigint, n.nspname || '.' || c.relname, x.stxname,
       pg_catalog.pg_get_statisticsobjdef(x.oid)
       || CASE WHEN x.stxstattarget >= 0 THEN ' STATISTICS ' || x.stxstattarget::text ELSE '' END,
       pg_catalog.concat_ws('|', x.stxkeys::text, x.stxkind::text, x.stxexprs::text, x.stxstattarget), NULL::bigint
  FROM (VALUES ('')) older(stxexprs)
 CROSS JOIN LATERAL (SELECT oid, stxrelid, stxname, stxkeys, stxkind, stxexprs::text, stxstattarget
                       FROM pg_catalog.pg_statistic_ext) x
  JOIN pg_catalog.pg_class c ON c.oid = x.stxrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
