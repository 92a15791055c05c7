-- Every extension but the one each server has, with what outside all extensions needs a member of it. What belongs to
-- a member (a policy on its table, the rule of its view, an entry of its operator family) is the extension's own. Also
-- its version, and those tables of its configuration that hold rows.
WITH member AS (
    SELECT e.extname, d.classid, d.objid
      FROM pg_catalog.pg_extension e
      JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                                 AND d.refobjid = e.oid AND d.deptype = 'e'
     WHERE e.extname <> 'plpgsql'
), thing AS (
    SELECT extname, classid, objid FROM member
    UNION ALL
    SELECT m.extname, m.classid, t.typarray
      FROM member m JOIN pg_catalog.pg_type t ON t.oid = m.objid AND t.typarray <> 0
     WHERE m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
), dependent AS (
    SELECT DISTINCT thing.extname, d.classid, d.objid, d.objsubid,
           coalesce(rule.ev_class, def.adrelid, con.conrelid, trg.tgrelid, pol.polrelid, ind.indrelid,
                    CASE WHEN d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass THEN d.objid END) AS relation
      FROM thing
      JOIN pg_catalog.pg_depend d ON d.refclassid = thing.classid AND d.refobjid = thing.objid
                                 AND d.deptype IN ('n', 'a')
                                 AND d.classid NOT IN ('pg_catalog.pg_amop'::pg_catalog.regclass,
                                                       'pg_catalog.pg_amproc'::pg_catalog.regclass)
      LEFT JOIN pg_catalog.pg_rewrite rule ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                                          AND rule.oid = d.objid
      LEFT JOIN pg_catalog.pg_attrdef def ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
                                         AND def.oid = d.objid
      LEFT JOIN pg_catalog.pg_constraint con ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
                                            AND con.oid = d.objid
      LEFT JOIN pg_catalog.pg_trigger trg ON d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass
                                         AND trg.oid = d.objid
      LEFT JOIN pg_catalog.pg_policy pol ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
                                        AND pol.oid = d.objid
      LEFT JOIN pg_catalog.pg_index ind ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                       AND ind.indexrelid = d.objid
)
SELECT e.extname,
       ARRAY(SELECT pg_catalog.pg_describe_object(x.classid, x.objid, x.objsubid)
               FROM dependent x
              WHERE x.extname = e.extname
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend o
                                 WHERE o.classid = x.classid AND o.objid = x.objid AND o.deptype = 'e')
                AND NOT EXISTS (SELECT FROM member o
                                 WHERE o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.objid = x.relation)
              ORDER BY 1 LIMIT 4)::text[],
       e.extversion,
       ARRAY(SELECT n.nspname || '.' || c.relname
               FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE c.oid = ANY (e.extconfig) AND c.relkind = 'r' AND pg_catalog.pg_relation_size(c.oid) > 0
              ORDER BY 1)::text[]
  FROM pg_catalog.pg_extension e
 WHERE e.extname <> 'plpgsql'
 ORDER BY 1
