-- Domains with their constraints, composite types with their attributes, ranges with what they range over, base types.
SELECT (1247::bigint << 32) + t.oid::bigint, 0, (1247::bigint << 32) + t.oid::bigint, n.nspname || '.' || t.typname, NULL,
       CASE t.typtype WHEN 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod)
                      WHEN 'c' THEN '(' || coalesce(p.attributes, '') || ')'
                      WHEN 'r' THEN 'RANGE OF ' || pg_catalog.format_type(r.rngsubtype, NULL)
                      ELSE 'base type' END
       || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
       || coalesce(' COLLATE ' || nullif(t.typcollation, b.typcollation)::pg_catalog.regcollation::text, '')
       || coalesce(' DEFAULT ' || t.typdefault, '') || coalesce(' ' || k.shown, ''),
       pg_catalog.concat_ws('|', t.typbasetype, t.typtypmod, t.typnotnull, t.typcollation, t.typdefaultbin::text,
           t.typdefault, k.known, p.known, r.rngsubtype, r.rngcollation, r.rngsubopc, r.rngcanonical::oid,
           r.rngsubdiff::oid, t.typinput::oid, t.typoutput::oid, t.typlen, t.typalign, t.typstorage),
       NULL::bigint
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
  LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
  LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
 CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(pg_catalog.format('%I %s', a.attname,
                                pg_catalog.format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) AS attributes,
                            pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod,
                                a.attcollation), ',' ORDER BY a.attnum) AS known
                       FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) p
 CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(pg_catalog.format('CONSTRAINT %I %s', x.conname,
                                pg_catalog.pg_get_constraintdef(x.oid)), ' ' ORDER BY x.conname) AS shown,
                            pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.conname, x.convalidated, x.conbin::text),
                                ',' ORDER BY x.conname) AS known
                       FROM pg_catalog.pg_constraint x WHERE x.contypid = t.oid AND x.contype = 'c') k
 WHERE (t.typtype IN ('d', 'r') OR t.typtype = 'c' AND c.relkind = 'c' OR t.typtype = 'b' AND t.typelem = 0)
   AND t.oid >= 16384
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid AND d.deptype = 'e')
