-- What decides how the stored bytes of a column read, beside its type, modifier and collation: one line a fact. The
-- types inside its type are followed down. A fact that is there before and not after makes all values doubtful, so
-- what may be added without harm (a label of an enum) is a line of its own, all else stands together in one line.
WITH RECURSIVE held AS (
    SELECT a.attrelid, a.attnum, a.atttypid, a.attgenerated, a.attmissingval::text AS missing
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
       AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
), part(root, oid) AS (
    SELECT DISTINCT atttypid, atttypid FROM held WHERE atttypid >= 16384
    UNION
    SELECT p.root, x.oid
      FROM part p
      JOIN pg_catalog.pg_type t ON t.oid = p.oid
      CROSS JOIN LATERAL (
          SELECT t.typelem WHERE t.typelem <> 0
          UNION ALL SELECT t.typbasetype WHERE t.typtype = 'd'
          UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                     WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
          UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid
          UNION ALL SELECT g.rngtypid FROM pg_catalog.pg_range g WHERE t.typtype = 'm' AND g.rngtypid IN (
                SELECT d.refobjid FROM pg_catalog.pg_depend d
                 WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid
                   AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass)
      ) x(oid)
), fact(root, said) AS (
    SELECT p.root, pg_catalog.concat_ws(' ', 'label', e.oid, e.enumlabel)
      FROM part p JOIN pg_catalog.pg_enum e ON e.enumtypid = p.oid
    UNION ALL
    SELECT p.root, pg_catalog.concat_ws(' ', 'fields', t.oid,
               (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(':', a.attnum, a.atttypid, a.atttypmod,
                                                                  a.attcollation, a.attisdropped), ' ' ORDER BY a.attnum)
                  FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0))
      FROM part p JOIN pg_catalog.pg_type t ON t.oid = p.oid WHERE t.typtype = 'c'
    UNION ALL
    SELECT p.root, pg_catalog.concat_ws(' ', 'base', t.oid, t.typbasetype, t.typtypmod)
      FROM part p JOIN pg_catalog.pg_type t ON t.oid = p.oid WHERE t.typtype = 'd'
    UNION ALL
    SELECT p.root, pg_catalog.concat_ws(' ', 'form', t.oid, t.typlen, t.typsend::oid, t.typoutput::oid,
               pg_catalog.md5(pg_catalog.concat(s.prosrc, ' ', s.probin, ' ', o.prosrc, ' ', o.probin)))
      FROM part p
      JOIN pg_catalog.pg_type t ON t.oid = p.oid AND t.oid >= 16384
      LEFT JOIN pg_catalog.pg_proc s ON s.oid = t.typsend
      LEFT JOIN pg_catalog.pg_proc o ON o.oid = t.typoutput
)
SELECT h.attrelid::bigint, h.attnum::int, (SELECT d.adbin::text FROM pg_catalog.pg_attrdef d
            WHERE h.attgenerated = 'v' AND d.adrelid = h.attrelid AND d.adnum = h.attnum), h.missing,
       ARRAY(SELECT f.said FROM fact f WHERE f.root = h.atttypid)
  FROM held h
 WHERE h.atttypid >= 16384 OR h.missing IS NOT NULL OR h.attgenerated = 'v'
