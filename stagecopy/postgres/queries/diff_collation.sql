-- Collations.
SELECT (3456::bigint << 32) + k.oid::bigint, 0, (3456::bigint << 32) + k.oid::bigint, n.nspname || '.' || k.collname, NULL,
       'collation, provider ' || k.collprovider::text || coalesce(', ' || k.collcollate, '')
       || CASE WHEN k.collisdeterministic THEN '' ELSE ', not deterministic' END,
       pg_catalog.to_jsonb(k)::text, NULL::bigint
  FROM pg_catalog.pg_collation k
  JOIN pg_catalog.pg_namespace n ON n.oid = k.collnamespace
 WHERE k.oid >= 16384 AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_collation'::pg_catalog.regclass AND d.objid = k.oid AND d.deptype = 'e')
