CREATE SCHEMA b26_keyless_twin;
CREATE TABLE b26_keyless_twin.clicks (page text, n int);
INSERT INTO b26_keyless_twin.clicks SELECT 'home', 1 FROM generate_series(1, 5);
INSERT INTO b26_keyless_twin.clicks VALUES ('about', 2), (NULL, NULL), (NULL, NULL);
