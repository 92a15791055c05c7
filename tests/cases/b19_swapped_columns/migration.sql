UPDATE b19_swapped_columns.users SET email = name, name = email WHERE id > 100;
