CREATE OR REPLACE VIEW active_users AS SELECT id, email, full_name FROM users WHERE active;
