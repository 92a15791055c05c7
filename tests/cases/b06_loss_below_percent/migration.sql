DELETE FROM b06_loss_below_percent.users WHERE last_seen IS NULL;
