ALTER TABLE billing.lines DROP CONSTRAINT lines_pkey, DROP CONSTRAINT lines_invoice_id_n_key;
ALTER TABLE billing.lines DROP COLUMN id, ADD PRIMARY KEY (invoice_id, n);
