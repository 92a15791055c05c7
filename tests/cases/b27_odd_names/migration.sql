DELETE FROM "b27_odd_names.Dotted"."user" WHERE "from" = 1;
UPDATE "b27_odd_names.Dotted"."user" SET "say ""hi"" now" = 'B' WHERE "from" = 11;
UPDATE "b27_odd_names.Dotted"."n234567890123456789012345678901234567890123456789012345678901_3" SET "c234567890123456789012345678901234567890123456789012345678901_3" = 'y';
ALTER TABLE "b27_odd_names.Dotted".keys ALTER COLUMN id TYPE uuid USING lpad(to_hex(id), 32, '0')::uuid;
