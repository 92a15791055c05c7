-- Declared foreign keys of the tables in %(tables)s. to_jsonb reads conperiod where the server has it (18+).
SELECT k.conrelid::bigint, k.conname, k.conkey::int[], k.confrelid::bigint, k.confkey::int[],
       k.conparentid <> 0, k.convalidated, coalesce((pg_catalog.to_jsonb(k) ->> 'conperiod')::boolean, false),
       k.confmatchtype = 'f'
  FROM pg_catalog.pg_constraint k
 WHERE k.conrelid = ANY (%(tables)s::oid[]) AND k.contype = 'f'
 ORDER BY k.conrelid, k.conname
