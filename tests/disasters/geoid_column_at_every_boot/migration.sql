ALTER TABLE geoid_column_at_every_boot.catalogs ADD COLUMN IF NOT EXISTS checklist jsonb;
