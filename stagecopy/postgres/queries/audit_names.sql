-- What people called things: a partition per customer or a role per person may bear a name that is somebody's own.
-- The place says the kind alone, because the name may be the value.
SELECT 'name of a schema' AS place, nspname::text AS body FROM pg_catalog.pg_namespace WHERE oid >= 16384
UNION ALL
SELECT 'name of a relation', relname FROM pg_catalog.pg_class WHERE oid >= 16384
UNION ALL
SELECT 'name of a column', attname FROM pg_catalog.pg_attribute WHERE attrelid >= 16384 AND attnum > 0
UNION ALL
SELECT 'name of a type', typname FROM pg_catalog.pg_type WHERE oid >= 16384
UNION ALL
SELECT 'name of a function', pg_catalog.concat_ws(' ', proname, pg_catalog.array_to_string(proargnames, ' '))
  FROM pg_catalog.pg_proc WHERE oid >= 16384
UNION ALL
SELECT 'name of a constraint', conname FROM pg_catalog.pg_constraint WHERE oid >= 16384
UNION ALL
SELECT 'name of a trigger', tgname FROM pg_catalog.pg_trigger WHERE oid >= 16384
UNION ALL
SELECT 'name of an event trigger', evtname FROM pg_catalog.pg_event_trigger
UNION ALL
SELECT 'name of a rule', rulename FROM pg_catalog.pg_rewrite WHERE oid >= 16384
UNION ALL
SELECT 'name of a policy', polname FROM pg_catalog.pg_policy
UNION ALL
SELECT 'name of a publication', pubname FROM pg_catalog.pg_publication
UNION ALL
SELECT 'name of a statistics object', stxname FROM pg_catalog.pg_statistic_ext
UNION ALL
SELECT 'name of a foreign server', srvname FROM pg_catalog.pg_foreign_server
UNION ALL
SELECT 'name of a foreign data wrapper', fdwname FROM pg_catalog.pg_foreign_data_wrapper
UNION ALL
SELECT 'name of a collation', collname FROM pg_catalog.pg_collation WHERE oid >= 16384
UNION ALL
SELECT 'name of an operator', oprname FROM pg_catalog.pg_operator WHERE oid >= 16384
UNION ALL
SELECT 'name of an operator class', opcname FROM pg_catalog.pg_opclass WHERE oid >= 16384
UNION ALL
SELECT 'name of an operator family', opfname FROM pg_catalog.pg_opfamily WHERE oid >= 16384
UNION ALL
SELECT 'name of a conversion', conname FROM pg_catalog.pg_conversion WHERE oid >= 16384
UNION ALL
SELECT 'name of a text search object', body
  FROM (SELECT oid, cfgname FROM pg_catalog.pg_ts_config UNION ALL SELECT oid, dictname FROM pg_catalog.pg_ts_dict
         UNION ALL SELECT oid, prsname FROM pg_catalog.pg_ts_parser
         UNION ALL SELECT oid, tmplname FROM pg_catalog.pg_ts_template) t (oid, body) WHERE oid >= 16384
UNION ALL
SELECT 'name of a role', rolname FROM pg_catalog.pg_roles r
 WHERE EXISTS (SELECT FROM pg_catalog.pg_shdepend d JOIN pg_catalog.pg_database b ON b.oid = d.dbid
                WHERE d.refobjid = r.oid AND b.datname = pg_catalog.current_database())
