-- How many blocks a relation has, with its partitions, and whether its rows can be read by ranges of blocks.
SELECT (SELECT coalesce(pg_catalog.sum(pg_catalog.pg_relation_size(o.oid)), 0)
          FROM (SELECT c.oid UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(c.oid) t) o(oid))::bigint
       / pg_catalog.current_setting('block_size')::int,
       c.relkind IN ('r', 'm') AND c.relam = 2 AND pg_catalog.current_setting('server_version_num')::int >= 140000
  FROM pg_catalog.pg_class c WHERE c.oid = {relation}
