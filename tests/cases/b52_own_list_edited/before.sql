CREATE SCHEMA b52_own_list_edited;
CREATE TABLE b52_own_list_edited.schema_migrations (version text PRIMARY KEY);
INSERT INTO b52_own_list_edited.schema_migrations SELECT '2024' || i FROM generate_series(1000, 1009) i;
CREATE TABLE b52_own_list_edited.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO b52_own_list_edited.alembic_version VALUES ('aa11');
CREATE TABLE b52_own_list_edited.flyway_schema_history (installed_rank int PRIMARY KEY, script text);
INSERT INTO b52_own_list_edited.flyway_schema_history VALUES (1, 'V1__a.sql');
