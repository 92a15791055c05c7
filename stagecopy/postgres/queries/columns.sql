-- Live columns of the tables in %(tables)s, in attribute order, with the type below all domains and the locale of a
-- nondeterministic collation (its column has another name in each of 12-14, 15-16 and 17).
WITH RECURSIVE below AS (
    SELECT t.oid AS domain, t.typbasetype AS base, t.typtypmod AS typmod
      FROM pg_catalog.pg_type t WHERE t.typtype = 'd'
    UNION ALL
    SELECT b.domain, t.typbasetype, CASE WHEN b.typmod = -1 THEN t.typtypmod ELSE b.typmod END
      FROM below b JOIN pg_catalog.pg_type t ON t.oid = b.base AND t.typtype = 'd'
), floor AS (
    SELECT b.domain, b.base, b.typmod
      FROM below b JOIN pg_catalog.pg_type t ON t.oid = b.base AND t.typtype <> 'd'
)
SELECT a.attrelid::bigint, a.attnum::int, a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid::bigint, a.atttypmod,
       t.typname, t.typcategory::text,
       CASE WHEN t.typname IN ('varchar', 'bpchar') AND coalesce(f.typmod, a.atttypmod) > 4
            THEN coalesce(f.typmod, a.atttypmod) - 4 END,
       a.attnotnull, a.attgenerated::text, a.attidentity::text, a.atthasdef,
       pg_catalog.col_description(a.attrelid, a.attnum),
       CASE WHEN NOT o.collisdeterministic
            THEN coalesce(pg_catalog.to_jsonb(o) ->> 'colllocale', pg_catalog.to_jsonb(o) ->> 'colliculocale',
                          o.collcollate, '') END
  FROM pg_catalog.pg_attribute a
  LEFT JOIN floor f ON f.domain = a.atttypid
  JOIN pg_catalog.pg_type t ON t.oid = coalesce(f.base, a.atttypid)
  LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation
 WHERE a.attrelid = ANY (%(tables)s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum
