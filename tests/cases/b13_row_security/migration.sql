UPDATE b13_row_security.users SET plan = 'pro';
