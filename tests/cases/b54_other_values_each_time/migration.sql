UPDATE b54_other_values_each_time.users SET plan = 'now()', seen = now(), luck = random();
