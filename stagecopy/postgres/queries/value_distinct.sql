-- How many different values: by digest, so that types without equality count too, and by hash, not by sorting.
SELECT pg_catalog.count(*) FROM (SELECT DISTINCT {value} AS value FROM {source} AS r) AS v WHERE v.value IS NOT NULL
