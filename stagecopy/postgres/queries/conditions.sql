-- CHECK and EXCLUDE constraints of the tables in %(tables)s: kind c or x, the columns, for x its operators and whether
-- an expression or a predicate takes part. And generated columns: kind g, the number, and the columns it reads (which
-- hang on its default, before PostgreSQL 16 on the column).
SELECT k.conrelid::bigint, k.contype::text, k.conname, coalesce(k.conkey, '{}')::int[],
       ARRAY(SELECT o.oprname FROM pg_catalog.unnest(k.conexclop) WITH ORDINALITY AS e (oid, place)
               JOIN pg_catalog.pg_operator o ON o.oid = e.oid ORDER BY e.place)::text[],
       coalesce(i.indexprs IS NOT NULL OR i.indpred IS NOT NULL, false)
  FROM pg_catalog.pg_constraint k
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid AND k.contype = 'x'
 WHERE k.conrelid = ANY (%(tables)s::oid[]) AND k.contype IN ('c', 'x')
UNION ALL
SELECT a.attrelid::bigint, 'g', a.attnum::text,
       ARRAY(SELECT DISTINCT d.refobjsubid::int FROM pg_catalog.pg_attrdef e
               JOIN pg_catalog.pg_depend d ON (d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = e.oid
                                               OR d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = a.attrelid
                                                  AND d.objsubid = a.attnum)
                AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = a.attrelid
              WHERE e.adrelid = a.attrelid AND e.adnum = a.attnum
                AND d.refobjsubid > 0 AND d.refobjsubid <> a.attnum ORDER BY 1)::int[],
       '{}', false
  FROM pg_catalog.pg_attribute a
 WHERE a.attrelid = ANY (%(tables)s::oid[]) AND a.attgenerated <> '' AND NOT a.attisdropped
 ORDER BY 1, 2, 3
