ALTER TABLE billing.lines DROP COLUMN gross;
