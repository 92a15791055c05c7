ALTER TABLE rename_in_place.people RENAME TO customers;
ALTER TABLE rename_in_place.customers RENAME COLUMN mail TO email;
UPDATE rename_in_place.customers SET email = lower(email) WHERE id <= 5;
