DELETE FROM b04_not_in_null.users WHERE id NOT IN (SELECT user_id FROM b04_not_in_null.kept);
