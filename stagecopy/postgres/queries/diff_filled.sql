-- How many rows have a value in each column.
SELECT pg_catalog.count(*), {counts} FROM {source} AS r
