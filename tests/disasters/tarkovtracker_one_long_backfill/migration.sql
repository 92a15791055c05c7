UPDATE tarkovtracker_one_long_backfill.progress SET total = done + 1;
