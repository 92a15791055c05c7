-- Columns of whole numbers that take them from a sequence (identity, serial, or a default that names one), what the
-- type holds at most, and whether the column alone must be unique.
SELECT feeds.sequence::bigint, c.oid::bigint, n.nspname, c.relname, a.attname, a.atttypid::bigint,
       EXISTS (SELECT FROM pg_catalog.pg_index i
                WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                  AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)
  FROM (SELECT d.objid AS sequence, d.refobjid AS relation, d.refobjsubid::int AS attnum
          FROM pg_catalog.pg_depend d
         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
           AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
           AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
        UNION
        SELECT d.refobjid, f.adrelid, f.adnum::int
          FROM pg_catalog.pg_attrdef f
          JOIN pg_catalog.pg_depend d ON d.objid = f.oid
         WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
           AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass) feeds
  JOIN pg_catalog.pg_sequence q ON q.seqrelid = feeds.sequence
  JOIN pg_catalog.pg_class c ON c.oid = feeds.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = feeds.relation AND a.attnum = feeds.attnum AND NOT a.attisdropped
 WHERE a.atttypid IN ('int2'::pg_catalog.regtype, 'int4'::pg_catalog.regtype, 'int8'::pg_catalog.regtype)
   AND n.nspname !~ '^pg_(toast|temp_)'
