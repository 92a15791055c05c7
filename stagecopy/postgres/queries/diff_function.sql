-- Functions and procedures, but those of extensions and ranges. The fingerprint knows types by number. prosqlbody came with 14.
SELECT (1255::bigint << 32) + p.oid::bigint, 0, (1255::bigint << 32) + p.oid::bigint,
       n.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', NULL,
       CASE p.prokind WHEN 'a' THEN pg_catalog.format('AGGREGATE %s, SFUNC %s, STYPE %s',
                                        pg_catalog.pg_get_function_arguments(p.oid), g.aggtransfn,
                                        pg_catalog.format_type(g.aggtranstype, NULL))
                      ELSE pg_catalog.pg_get_functiondef(p.oid) END,
       pg_catalog.concat_ws('|', p.prokind, p.prolang, p.procost, p.prorows, p.prosupport::oid, p.prosecdef,
           p.proleakproof, p.proisstrict, p.proretset, p.provolatile, p.proparallel, p.prorettype, p.proargtypes::text,
           p.proallargtypes::text, p.proargmodes::text, p.proargnames::text, p.proargdefaults::text, p.prosrc,
           p.probin, p.body, p.proconfig::text, g.aggtransfn::oid, g.aggfinalfn::oid, g.agginitval),
       NULL::bigint
  FROM (VALUES ('')) older(prosqlbody)
 CROSS JOIN LATERAL (SELECT oid, pronamespace, proname, prokind, prolang, procost, prorows, prosupport, prosecdef,
                            proleakproof, proisstrict, proretset, provolatile, proparallel, prorettype, proargtypes,
                            proallargtypes, proargmodes, proargnames, proargdefaults, prosrc, probin,
                            prosqlbody::text AS body, proconfig
                       FROM pg_catalog.pg_proc WHERE oid >= 16384) p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  LEFT JOIN pg_catalog.pg_aggregate g ON g.aggfnoid = p.oid
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
