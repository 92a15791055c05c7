-- Who asks, whom (a server that is a standby has two settings that matter), and from where.
SELECT current_user::text, pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('hot_standby_feedback'),
       pg_catalog.current_setting('max_standby_streaming_delay')
