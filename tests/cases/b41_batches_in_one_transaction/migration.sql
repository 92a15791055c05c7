DO $$
BEGIN
  FOR i IN 0..4 LOOP
    UPDATE b41_batches_in_one_transaction.users SET plan = 'pro' WHERE id BETWEEN 100 * i + 1 AND 100 * i + 100;
    PERFORM pg_sleep(0.25);
  END LOOP;
END $$;
