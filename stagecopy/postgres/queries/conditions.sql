-- CHECK and EXCLUDE constraints of the tables in %(tables)s: kind c or x, the columns, for x its operators and whether
-- an expression or a predicate takes part.
SELECT k.conrelid::bigint, k.contype::text, k.conname, coalesce(k.conkey, '{}')::int[],
       ARRAY(SELECT o.oprname FROM pg_catalog.unnest(k.conexclop) WITH ORDINALITY AS e (oid, place)
               JOIN pg_catalog.pg_operator o ON o.oid = e.oid ORDER BY e.place)::text[],
       coalesce(i.indexprs IS NOT NULL OR i.indpred IS NOT NULL, false)
  FROM pg_catalog.pg_constraint k
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid AND k.contype = 'x'
 WHERE k.conrelid = ANY (%(tables)s::oid[]) AND k.contype IN ('c', 'x')
 ORDER BY k.conrelid, k.contype, k.conname
