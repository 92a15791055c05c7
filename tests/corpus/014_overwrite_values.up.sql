UPDATE users SET city = 'unknown' WHERE NOT active;
