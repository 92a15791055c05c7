-- JSON documents that jsonb cannot hold in full: of equal keys it keeps the last, so that it has fewer nodes.
SELECT pg_catalog.count(*) FROM {source} AS r
 WHERE {value} IS NOT NULL
   AND (WITH RECURSIVE walk(node) AS (
            SELECT {value}::pg_catalog.json
            UNION ALL
            SELECT x.value FROM walk CROSS JOIN LATERAL (
                SELECT o.value FROM pg_catalog.json_each(CASE pg_catalog.json_typeof(node) WHEN 'object' THEN node ELSE '{{}}' END) o
                UNION ALL
                SELECT a.value FROM pg_catalog.json_array_elements(CASE pg_catalog.json_typeof(node) WHEN 'array' THEN node ELSE '[]' END) a
            ) x)
        SELECT pg_catalog.count(*) FROM walk)
    <> (WITH RECURSIVE walk(node) AS (
            SELECT {value}::pg_catalog.jsonb
            UNION ALL
            SELECT x.value FROM walk CROSS JOIN LATERAL (
                SELECT o.value FROM pg_catalog.jsonb_each(CASE pg_catalog.jsonb_typeof(node) WHEN 'object' THEN node ELSE '{{}}' END) o
                UNION ALL
                SELECT a.value FROM pg_catalog.jsonb_array_elements(CASE pg_catalog.jsonb_typeof(node) WHEN 'array' THEN node ELSE '[]' END) a
            ) x)
        SELECT pg_catalog.count(*) FROM walk)
