ALTER TABLE b42_rewritten_at_size.big ALTER amount TYPE bigint;
