UPDATE b29_big_values.files SET small = small || '!' WHERE id = 1;
UPDATE b29_big_values.files SET big = left(big, 499999) || 'z' || id WHERE id = 2;
