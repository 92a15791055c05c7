DELETE FROM cascading_delete.orgs WHERE id <= 10;
