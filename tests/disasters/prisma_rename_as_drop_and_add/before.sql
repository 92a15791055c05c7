CREATE SCHEMA prisma_rename_as_drop_and_add;
SET search_path = prisma_rename_as_drop_and_add;
CREATE TABLE users (id int PRIMARY KEY, "firstName" text);
INSERT INTO users SELECT i, CASE WHEN i <= 412 THEN 'n' || i END FROM generate_series(1, 450) i;
