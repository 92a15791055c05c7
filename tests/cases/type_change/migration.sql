ALTER TABLE type_change.payments
    ALTER COLUMN id TYPE bigint,
    ALTER COLUMN amount TYPE numeric(10, 1);
