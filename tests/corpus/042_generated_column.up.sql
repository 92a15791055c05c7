ALTER TABLE billing.lines ADD COLUMN gross numeric(12,2) GENERATED ALWAYS AS (amount * 1.19) STORED;
