ALTER TABLE typeorm_widened_as_drop_and_add.bug DROP COLUMN "example";
ALTER TABLE typeorm_widened_as_drop_and_add.bug ADD "example" character varying(51);
