BEGIN;
CREATE INDEX apps_maintainer ON dify_backfill_under_the_ddl_lock.apps (maintainer);
UPDATE dify_backfill_under_the_ddl_lock.datasets SET maintainer = dify_backfill_under_the_ddl_lock.maker(created_by) WHERE maintainer IS NULL;
COMMIT;
