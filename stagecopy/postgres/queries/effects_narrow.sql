-- Columns with a foreign key to one of a wider integer type, one line each.
SELECT k.conname, cn.nspname || '.' || c.relname, ca.attname, pg_catalog.format_type(ca.atttypid, NULL),
       pn.nspname || '.' || p.relname, pa.attname, pg_catalog.format_type(pa.atttypid, NULL)
  FROM pg_catalog.pg_constraint k
 CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) u(child, parent)
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
  JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
  JOIN pg_catalog.pg_attribute ca ON ca.attrelid = k.conrelid AND ca.attnum = u.child
  JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = u.parent
 WHERE k.contype = 'f' AND k.conparentid = 0
   AND ca.atttypid IN ('int2'::pg_catalog.regtype, 'int4'::pg_catalog.regtype) AND pa.atttypid IN ('int4'::pg_catalog.regtype, 'int8'::pg_catalog.regtype)
   AND ca.attlen < pa.attlen
 ORDER BY 2, 1, 3
