-- Constraints of tables. NOT NULL is shown by its column, also where it is a constraint row (18), and constraint
-- triggers by the trigger. conenforced came with 18. The last column is the table a foreign key points at.
SELECT k.oid::bigint, 0, k.conrelid::bigint, n.nspname || '.' || c.relname, k.conname,
       pg_catalog.pg_get_constraintdef(k.oid),
       pg_catalog.concat_ws('|', k.contype, k.condeferrable, k.condeferred, k.convalidated, k.connoinherit,
           k.conkey::text, k.confkey::text, k.confrelid, k.confupdtype, k.confdeltype, k.confmatchtype,
           k.conexclop::text, k.conbin::text, k.enforced),
       nullif(k.confrelid, 0)::bigint
  FROM (VALUES ('true')) older(conenforced)
 CROSS JOIN LATERAL (SELECT oid, conrelid, conname, contype, condeferrable, condeferred, convalidated, connoinherit,
                            conkey, confkey, confrelid, confupdtype, confdeltype, confmatchtype, conexclop, conbin,
                            conenforced::text AS enforced
                       FROM pg_catalog.pg_constraint WHERE contype IN ('c', 'f', 'p', 'u', 'x')) k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
