ALTER TABLE b16_narrower_types.payments
    ALTER COLUMN id TYPE bigint,
    ALTER COLUMN amount TYPE numeric(10, 1),
    ALTER COLUMN paid TYPE timestamp(0),
    ALTER COLUMN rate TYPE float4;
