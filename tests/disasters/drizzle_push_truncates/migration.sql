TRUNCATE TABLE drizzle_push_truncates.skills CASCADE;
ALTER TABLE drizzle_push_truncates.skills ALTER COLUMN skill_desc SET DATA TYPE jsonb USING skill_desc::jsonb;
ALTER TABLE drizzle_push_truncates.skills ALTER COLUMN skill_desc SET NOT NULL;
