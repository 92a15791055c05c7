-- Languages, access methods and foreign-data wrappers that no extension brought.
SELECT (2612::bigint << 32) + l.oid::bigint, 0, (2612::bigint << 32) + l.oid::bigint, l.lanname, NULL,
       CASE WHEN l.lanpltrusted THEN 'trusted language' ELSE 'language' END, l.lanpltrusted::text, NULL::bigint
  FROM pg_catalog.pg_language l
 WHERE l.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_language'::pg_catalog.regclass AND d.objid = l.oid AND d.deptype = 'e')
 UNION ALL
SELECT (2601::bigint << 32) + m.oid::bigint, 0, (2601::bigint << 32) + m.oid::bigint, m.amname, NULL,
       'access method HANDLER ' || m.amhandler::text, m.amhandler::oid::text, NULL::bigint
  FROM pg_catalog.pg_am m
 WHERE m.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_am'::pg_catalog.regclass AND d.objid = m.oid AND d.deptype = 'e')
 UNION ALL
SELECT (2328::bigint << 32) + w.oid::bigint, 0, (2328::bigint << 32) + w.oid::bigint, w.fdwname, NULL,
       'foreign-data wrapper' || coalesce(' OPTIONS ' || w.fdwoptions::text, ''), w.fdwoptions::text, NULL::bigint
  FROM pg_catalog.pg_foreign_data_wrapper w
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass AND d.objid = w.oid AND d.deptype = 'e')
