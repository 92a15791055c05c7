-- New in 15: NULLS NOT DISTINCT, security_invoker views, SET NULL of some columns, publications of columns and rows.
CREATE SCHEMA m15;
CREATE TABLE m15.seats (id int PRIMARY KEY, hall int NOT NULL, person int, price numeric(3,-2),
    UNIQUE NULLS NOT DISTINCT (hall, person));
INSERT INTO m15.seats SELECT n, n, CASE WHEN n % 5 = 0 THEN NULL ELSE n END, n * 1000 FROM generate_series(1, 90) n;
CREATE UNIQUE INDEX seats_lower ON m15.seats (person, (hall + 0)) NULLS NOT DISTINCT WHERE id > 1;
CREATE TABLE m15.tickets (id int PRIMARY KEY, hall int NOT NULL, person int,
    FOREIGN KEY (hall, person) REFERENCES m15.seats (hall, person) ON DELETE SET NULL (person));
INSERT INTO m15.tickets SELECT id, hall, person FROM m15.seats WHERE person IS NOT NULL;
CREATE VIEW m15.cheap WITH (security_invoker = true) AS SELECT * FROM m15.seats WHERE price < 5000;
CREATE PUBLICATION some_seats FOR TABLE m15.seats (id, hall) WHERE (id > 10);
CREATE PUBLICATION schema_m15 FOR TABLES IN SCHEMA m15;
GRANT SET ON PARAMETER work_mem TO clerk;
