-- Live columns of every relation in diff_relations: the type below all domains, and whether each part of the type
-- (element, base, attribute, subtype) has a send function, without which record_send fails.
WITH RECURSIVE relation AS (
    SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
       AND (n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
            OR c.oid IN ('pg_catalog.pg_largeobject'::pg_catalog.regclass,
                         'pg_catalog.pg_largeobject_metadata'::pg_catalog.regclass))
), used AS (
    SELECT DISTINCT a.atttypid AS root
      FROM pg_catalog.pg_attribute a JOIN relation r ON r.oid = a.attrelid
     WHERE a.attnum > 0 AND NOT a.attisdropped
), part(root, oid) AS (
    SELECT root, root FROM used
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
      ) x(oid)
), sendable AS (
    SELECT p.root, pg_catalog.bool_and(t.typsend::oid <> 0) AS all_parts
      FROM part p JOIN pg_catalog.pg_type t ON t.oid = p.oid GROUP BY p.root
), below(root, oid) AS (
    SELECT root, root FROM used
    UNION ALL
    SELECT b.root, t.typbasetype FROM below b JOIN pg_catalog.pg_type t ON t.oid = b.oid AND t.typtype = 'd'
), floor AS (
    SELECT b.root, t.typname, t.typcategory, t.typtype, n.nspname
      FROM below b
      JOIN pg_catalog.pg_type t ON t.oid = b.oid AND t.typtype <> 'd'
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
)
SELECT a.attrelid::bigint, a.attnum::int, a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid::bigint, a.atttypmod, a.attcollation::bigint,
       CASE WHEN f.nspname = 'pg_catalog' OR f.typname = 'citext' THEN f.typname
            WHEN f.typtype = 'e' THEN 'enum' ELSE '' END,
       a.attnotnull, s.all_parts
  FROM pg_catalog.pg_attribute a
  JOIN relation r ON r.oid = a.attrelid
  JOIN sendable s ON s.root = a.atttypid
  JOIN floor f ON f.root = a.atttypid
 WHERE a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum
