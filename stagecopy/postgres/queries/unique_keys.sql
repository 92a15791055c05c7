-- Unique indexes of the tables in %(tables)s: key columns only (an INCLUDE column is no key), 0 for an expression;
-- last the columns that only its expressions and its predicate read.
-- to_jsonb reads indnullsnotdistinct where the server has it (15+).
SELECT i.indrelid::bigint, c.relname, (i.indkey::int2[])[0:i.indnkeyatts - 1]::int[], i.indisprimary,
       i.indpred IS NOT NULL, i.indimmediate,
       coalesce((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
       ARRAY(SELECT d.refobjsubid::int FROM pg_catalog.pg_depend d
              WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjsubid > 0
                AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid
                AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
                AND NOT d.refobjsubid = ANY (i.indkey::int2[]) ORDER BY 1)::int[]
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
 WHERE i.indrelid = ANY (%(tables)s::oid[]) AND i.indisunique AND i.indisvalid
 ORDER BY i.indrelid, i.indisprimary DESC, c.relname
