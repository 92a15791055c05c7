DELETE FROM b07_same_count.users WHERE id <= 565;
INSERT INTO b07_same_count.users SELECT 5000 + i, 'placeholder' FROM generate_series(1, 565) i;
