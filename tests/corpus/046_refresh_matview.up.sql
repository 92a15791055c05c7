INSERT INTO users (email, full_name, created_on) VALUES ('NEW@MAIL.TEST', 'New', '2024-05-05');
REFRESH MATERIALIZED VIEW user_counts;
