-- left: grant public.paid_invoices
CREATE VIEW paid_invoices AS SELECT * FROM billing.invoices WHERE status = 'paid';
