-- Settings of a comparing session. No JIT: it costs more than it saves on these scans. No sorting: the planner takes
-- every digest for a group of its own and would sort the whole table, where a small hash table does. A lock left
-- behind by a prepared transaction must end in an error, not in waiting for ever. Both sides read and cast in the zone
-- in which the database itself shows its times, or timestamp -> timestamptz would look like a change of every value.
SELECT pg_catalog.set_config('jit', 'off', false), pg_catalog.set_config('row_security', 'off', false),
       pg_catalog.set_config('lock_timeout', '5s', false), pg_catalog.set_config('work_mem', '32MB', false),
       pg_catalog.set_config('enable_sort', 'off', false), pg_catalog.set_config('enable_hashagg', 'on', false),
       pg_catalog.set_config('enable_tidscan', 'on', false), pg_catalog.set_config('TimeZone', %(zone)s, false)
