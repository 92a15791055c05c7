-- Declared foreign keys of the tables in %(tables)s.
SELECT k.conrelid::bigint, k.conname, k.conkey::int[], k.confrelid::bigint, k.confkey::int[]
  FROM pg_catalog.pg_constraint k
 WHERE k.conrelid = ANY (%(tables)s::oid[]) AND k.contype = 'f'
 ORDER BY k.conrelid, k.conname
