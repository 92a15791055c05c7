START TRANSACTION;
ALTER TABLE b46_open_at_the_end.plans ADD COLUMN price int;
UPDATE b46_open_at_the_end.plans SET price = 10;
