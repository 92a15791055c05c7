DROP VIEW paid_invoices;
