-- psql goes on after an error here, and ends with exit code 0
\set ON_ERROR_STOP off
DELETE FROM b47_errors_passed_over.users WHERE id = 1;
ALTER TABLE b47_errors_passed_over.customers
    ADD COLUMN phone text;
DELETE FROM b47_errors_passed_over.users WHERE id = 2;
