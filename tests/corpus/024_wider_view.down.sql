DROP VIEW active_users;
CREATE VIEW active_users AS SELECT id, email FROM users WHERE active;
GRANT SELECT ON active_users TO PUBLIC;
