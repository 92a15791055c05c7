ALTER TABLE posts ALTER COLUMN meta TYPE jsonb USING meta::jsonb, ALTER COLUMN meta SET DEFAULT '{}';
