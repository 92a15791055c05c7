-- Sequences and the columns that take their numbers from them: identity, serial, or a default that names one. Last:
-- the type of the column, and whether it alone must be unique.
SELECT n.nspname, c.relname, a.attname, sn.nspname, s.relname, q.seqincrement > 0, q.seqmin, q.seqmax,
       feeds.sequence::bigint, c.oid::bigint, a.atttypid::bigint,
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
  JOIN pg_catalog.pg_class s ON s.oid = feeds.sequence
  JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
  JOIN pg_catalog.pg_class c ON c.oid = feeds.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = feeds.relation AND a.attnum = feeds.attnum AND NOT a.attisdropped
 WHERE n.nspname !~ '^pg_(toast|temp_)'
 ORDER BY 4, 5, 1, 2, 3
