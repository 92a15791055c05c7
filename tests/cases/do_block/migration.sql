DO $$
BEGIN
    EXECUTE format('DELETE FROM %I.%I WHERE id > 900', 'do_block', 'users');
    EXECUTE 'ALTER TABLE do_block.users ' || 'DROP COLUMN nick';
END
$$;
