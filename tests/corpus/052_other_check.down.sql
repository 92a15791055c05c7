UPDATE billing.invoices SET status = 'open' WHERE status = 'late';
ALTER TABLE billing.invoices DROP CONSTRAINT invoices_status;
ALTER TABLE billing.invoices ADD CONSTRAINT invoices_status CHECK (status IN ('open', 'paid', 'void'));
ALTER TABLE billing.invoices RENAME COLUMN amount TO total;
