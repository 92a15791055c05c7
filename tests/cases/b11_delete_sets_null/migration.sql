DELETE FROM b11_delete_sets_null.teams WHERE id <= 3;
