DELETE FROM b52_own_list_edited.schema_migrations WHERE version < '20241005';
UPDATE b52_own_list_edited.alembic_version SET version_num = 'bb22';
INSERT INTO b52_own_list_edited.flyway_schema_history VALUES (2, 'V2__b.sql');
