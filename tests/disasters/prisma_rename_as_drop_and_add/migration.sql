ALTER TABLE prisma_rename_as_drop_and_add.users DROP COLUMN "firstName", ADD COLUMN "givenName" text;
