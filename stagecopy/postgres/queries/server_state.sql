-- Its version, that of what sorts the text of this database (null for C), its logical slots, and who streams from it.
SELECT pg_catalog.current_setting('server_version_num')::int,
       (SELECT pg_catalog.pg_collation_actual_version(c.oid)
          FROM pg_catalog.pg_collation c
         WHERE c.collprovider = coalesce(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c')::pg_catalog."char"
           AND pg_catalog.pg_collation_actual_version(c.oid) IS NOT NULL
           AND (c.collprovider <> 'c' OR d.datcollate !~ '^(C|POSIX)([.]|$)')
         ORDER BY c.collcollate = d.datcollate DESC NULLS LAST, c.oid LIMIT 1),
       ARRAY(SELECT slot_name::text FROM pg_catalog.pg_replication_slots
              WHERE slot_type = 'logical' AND NOT temporary AND database = d.datname ORDER BY 1),
       (SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_stat_replication)
  FROM pg_catalog.pg_database d
 WHERE d.datname = pg_catalog.current_database()
