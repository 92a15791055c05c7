-- What only a superuser may make, and making it runs no code of the database's own: functions in untrusted languages and
-- the like without a default or a parsed body (a literal of a composite or array type runs the checks of its domains),
-- foreign-data wrappers whose validator is none or compiled. Members of extensions come with those.
WITH compiled AS (
    SELECT oid FROM pg_catalog.pg_proc
     WHERE prolang IN (SELECT oid FROM pg_catalog.pg_language WHERE lanname IN ('c', 'internal'))
    UNION ALL
    SELECT 0
), thing AS (
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass AS classid, p.oid
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanvalidator IN (SELECT oid FROM compiled)
     WHERE p.prokind <> 'a'  -- the first value of an aggregate is read when it is made
       AND (NOT l.lanpltrusted OR p.proleakproof OR p.prosupport <> 0
            OR EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) c JOIN pg_catalog.pg_settings s
                                ON s.name = pg_catalog.split_part(c, '=', 1) AND s.context IN ('superuser', 'superuser-backend')))
       AND p.pronargdefaults = 0 AND pg_catalog.to_jsonb(p) ->> 'prosqlbody' IS NULL
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, f.oid
      FROM pg_catalog.pg_foreign_data_wrapper f WHERE f.fdwvalidator IN (SELECT oid FROM compiled)
)
SELECT t.classid::pg_catalog.oid, t.oid
  FROM thing t
 WHERE t.oid >= 16384
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = t.classid AND d.objid = t.oid AND d.deptype = 'e')
