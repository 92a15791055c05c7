-- Foreign keys with what they do to the child, and whether an index of the child begins with their columns, without
-- which every row removed from the parent reads the whole child.
SELECT k.conname, cn.nspname || '.' || c.relname, pn.nspname || '.' || p.relname,
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.n)
          FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u(attnum, n)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.n)
          FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY u(attnum, n)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum),
       k.confdeltype::text, k.confupdtype::text,
       EXISTS (SELECT FROM pg_catalog.pg_index i
                WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL
                  AND k.conkey @> (i.indkey::int2[])[0:pg_catalog.cardinality(k.conkey) - 1]
                  AND k.conkey <@ (i.indkey::int2[])[0:pg_catalog.cardinality(k.conkey) - 1]),
       k.oid::bigint
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
  JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
 WHERE k.contype = 'f'
 ORDER BY k.oid
