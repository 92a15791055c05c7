UPDATE update_values.accounts SET plan = 'free', note = 'moved to free' WHERE id <= 300;
