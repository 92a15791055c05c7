DELETE FROM b02_delete_cascades.orgs WHERE id <= 10;
