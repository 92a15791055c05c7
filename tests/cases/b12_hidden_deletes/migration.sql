DO $$
BEGIN
    EXECUTE format('DELETE FROM %I.%I WHERE id > 900', 'b12_hidden_deletes', 'users');
    EXECUTE 'ALTER TABLE b12_hidden_deletes.users ' || 'DROP COLUMN nick'; PERFORM pg_sleep(0.1);
END
$$;
SELECT b12_hidden_deletes.purge();
INSERT INTO b12_hidden_deletes.sweeps VALUES (1);
