-- Sequences: that they are there, and how they count. The last column is the table with which one comes and goes.
SELECT c.oid::bigint, 0, c.oid::bigint, n.nspname || '.' || c.relname, NULL,
       pg_catalog.format('%s START %s INCREMENT %s MINVALUE %s MAXVALUE %s%s',
           pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
           CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END),
       pg_catalog.concat_ws('|', s.seqtypid, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle),
       (SELECT d.refobjid::bigint FROM pg_catalog.pg_depend d
         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
           AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i'))
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid
 WHERE c.relkind = 'S' AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
