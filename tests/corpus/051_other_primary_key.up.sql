ALTER TABLE billing.lines ADD COLUMN id bigserial, DROP CONSTRAINT lines_pkey;
ALTER TABLE billing.lines ADD PRIMARY KEY (id), ADD UNIQUE (invoice_id, n);
