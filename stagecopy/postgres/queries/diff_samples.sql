-- The beginning of every value of a few rows, as text.
SELECT {high}::text, {low}::text, {values} FROM {source} AS r WHERE r.ctid = ANY ({places}::pg_catalog.tid[])
