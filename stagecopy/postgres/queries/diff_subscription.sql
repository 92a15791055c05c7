-- Subscriptions of this database, without where they connect to: that holds a password. Slots of this database.
SELECT (6100::bigint << 32) + s.oid::bigint, 0, (6100::bigint << 32) + s.oid::bigint, s.subname, NULL,
       'subscription to ' || s.subpublications::text || CASE WHEN s.subenabled THEN '' ELSE ' DISABLED' END
       || coalesce(' SLOT ' || s.subslotname, ''),
       pg_catalog.concat_ws('|', s.subpublications::text, s.subenabled, s.subslotname, s.subsynccommit), NULL::bigint
  FROM pg_catalog.pg_subscription s
 WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
 UNION ALL
SELECT pg_catalog.hashtextextended(s.slot_name, 1), 0, NULL, s.slot_name, NULL,
       'replication slot, ' || s.slot_type || coalesce(' ' || s.plugin, ''), '', NULL::bigint
  FROM pg_catalog.pg_replication_slots s
 WHERE NOT s.temporary AND s.slot_name !~ '^stagecopy' AND (s.datoid IS NOT NULL OR pg_catalog.current_database() !~ '^stagecopy[.]')
   AND coalesce(s.database, pg_catalog.current_database()) = pg_catalog.current_database()
