ALTER TABLE b31_add_column.calm ADD seen timestamptz NOT NULL DEFAULT now();
ALTER TABLE b31_add_column.users ADD ran timestamptz NOT NULL DEFAULT clock_timestamp();
ALTER TABLE b31_add_column.users ADD handle uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE b31_add_column.users ADD number serial;
ALTER TABLE b31_add_column.users ADD twice int GENERATED ALWAYS AS (id * 2) STORED;
