-- All sequences: where to read their values, and how they count. A cycle is never used up.
SELECT c.oid::bigint, n.nspname, c.relname, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid
 WHERE c.relkind = 'S' AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
