-- Columns by which a tree of partitions is divided, at any level; NULL stands for an expression.
SELECT DISTINCT a.attname
  FROM pg_catalog.pg_partition_tree(%(root)s::pg_catalog.oid) t
  JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
  CROSS JOIN LATERAL pg_catalog.unnest(p.partattrs) k(attnum)
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum AND k.attnum <> 0
