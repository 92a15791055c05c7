-- From where on the log tells all that was written since the server started: the last checkpoint, which must be that
-- of the clean stop before. Asked before anybody writes.
SELECT c.redo_lsn::text, c.timeline_id, pg_catalog.pg_walfile_name(c.redo_lsn),
       c.redo_lsn = c.checkpoint_lsn AND c.checkpoint_time <= pg_catalog.pg_postmaster_start_time(),
       pg_catalog.current_setting('server_version_num')::int / 10000
  FROM pg_catalog.pg_control_checkpoint() c
