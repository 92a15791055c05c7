UPDATE b22_triggers.users SET email = email || '@corp.test' WHERE id <= 50;
