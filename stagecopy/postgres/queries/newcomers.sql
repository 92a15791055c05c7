-- Tables and views named: their owner, who owns most others of the schema, and who may read most others but not these.
WITH things AS (
    SELECT c.oid, c.relnamespace AS ns, n.nspname || '.' || c.relname AS name, c.relowner, c.relkind,
           coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner)) AS acl
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't' AND NOT c.relispartition
       AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
), others AS (
    SELECT * FROM things WHERE relkind IN ('r', 'p') AND name <> ALL (%(names)s::text[])
), sizes AS (
    SELECT ns, pg_catalog.count(*) AS tables FROM others GROUP BY ns HAVING pg_catalog.count(*) >= 3
), owners AS (
    SELECT o.ns, o.relowner
      FROM others o JOIN sizes s ON s.ns = o.ns
     GROUP BY o.ns, o.relowner, s.tables HAVING pg_catalog.count(*) * 2 > s.tables
), readers AS (
    SELECT o.ns, x.grantee
      FROM others o JOIN sizes s ON s.ns = o.ns
     CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) x
     WHERE x.privilege_type = 'SELECT' AND x.grantee <> o.relowner
     GROUP BY o.ns, x.grantee, s.tables HAVING pg_catalog.count(DISTINCT o.oid) * 2 > s.tables
)
SELECT t.name, pg_catalog.pg_get_userbyid(t.relowner), pg_catalog.pg_get_userbyid(o.relowner),
       ARRAY(SELECT CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(r.grantee)::text END
               FROM readers r
              WHERE r.ns = t.ns AND r.grantee <> t.relowner
                AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(t.acl) x
                                 WHERE x.privilege_type = 'SELECT' AND x.grantee IN (r.grantee, 0))
              ORDER BY 1)
  FROM things t LEFT JOIN owners o ON o.ns = t.ns
 WHERE t.name = ANY (%(names)s::text[])
 ORDER BY 1
