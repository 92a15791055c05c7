ALTER TABLE openlibrary_copy_of_the_table.editions ALTER COLUMN id TYPE bigint;
