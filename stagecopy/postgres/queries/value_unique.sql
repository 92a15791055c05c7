-- Values, and different ones by the type's own equality.
SELECT pg_catalog.count({value}), pg_catalog.count(DISTINCT {value}) FROM {source} AS r
