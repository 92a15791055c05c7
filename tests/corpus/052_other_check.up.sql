ALTER TABLE billing.invoices RENAME COLUMN total TO amount;
ALTER TABLE billing.invoices DROP CONSTRAINT invoices_status;
ALTER TABLE billing.invoices ADD CONSTRAINT invoices_status CHECK (status IN ('open', 'paid', 'void', 'late'));
UPDATE billing.invoices SET status = 'late' WHERE status = 'open' AND due < '2024-03-01';
