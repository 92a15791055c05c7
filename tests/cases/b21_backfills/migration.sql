ALTER TABLE b21_backfills.users ADD COLUMN tier text DEFAULT 'basic', ADD COLUMN score int, ADD COLUMN label text;
UPDATE b21_backfills.users SET label = 'L' || id, plan = 'free';
UPDATE b21_backfills.users SET note = NULL WHERE note = '';
UPDATE b21_backfills.users SET city = NULL WHERE id <= 7;
