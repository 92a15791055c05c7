-- Casts, operators and operator classes that no extension brought (nor a range, which has casts of its own).
SELECT (2605::bigint << 32) + k.oid::bigint, 0, (2605::bigint << 32) + k.oid::bigint,
       'cast ' || pg_catalog.format_type(k.castsource, NULL) || ' AS ' || pg_catalog.format_type(k.casttarget, NULL), NULL,
       CASE k.castmethod WHEN 'b' THEN 'WITHOUT FUNCTION' WHEN 'i' THEN 'WITH INOUT'
                         ELSE 'WITH FUNCTION ' || k.castfunc::pg_catalog.regprocedure::text END
       || CASE k.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END,
       pg_catalog.concat_ws('|', k.castmethod, k.castfunc, k.castcontext), NULL::bigint
  FROM pg_catalog.pg_cast k
 WHERE k.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass AND d.objid = k.oid AND d.deptype IN ('e', 'i'))
 UNION ALL
SELECT (2617::bigint << 32) + o.oid::bigint, 0, (2617::bigint << 32) + o.oid::bigint,
       'operator ' || o.oid::pg_catalog.regoperator::text, NULL, 'FUNCTION ' || o.oprcode::text,
       pg_catalog.concat_ws('|', o.oprcode::oid, o.oprcom, o.oprnegate, o.oprcanmerge, o.oprcanhash, o.oprrest::oid,
           o.oprjoin::oid), NULL::bigint
  FROM pg_catalog.pg_operator o
 WHERE o.oid >= 16384 AND o.oprcode <> 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND d.objid = o.oid AND d.deptype = 'e')
 UNION ALL
SELECT (2616::bigint << 32) + o.oid::bigint, 0, (2616::bigint << 32) + o.oid::bigint,
       'operator class ' || n.nspname || '.' || o.opcname || ' USING ' || m.amname, NULL,
       'FOR TYPE ' || pg_catalog.format_type(o.opcintype, NULL) || CASE WHEN o.opcdefault THEN ' DEFAULT' ELSE '' END,
       pg_catalog.concat_ws('|', o.opcintype, o.opcdefault, o.opcfamily, o.opckeytype), NULL::bigint
  FROM pg_catalog.pg_opclass o
  JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace
  JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod
 WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND d.objid = o.oid AND d.deptype = 'e')
