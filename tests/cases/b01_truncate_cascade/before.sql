CREATE SCHEMA b01_truncate_cascade;
CREATE TABLE b01_truncate_cascade.states (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE b01_truncate_cascade.orders (id int PRIMARY KEY, state_id int NOT NULL REFERENCES b01_truncate_cascade.states);
CREATE TABLE b01_truncate_cascade.items (id int PRIMARY KEY, order_id int NOT NULL REFERENCES b01_truncate_cascade.orders);
INSERT INTO b01_truncate_cascade.states VALUES (1, 'open'), (2, 'paid'), (3, 'sent');
INSERT INTO b01_truncate_cascade.orders SELECT i, 1 + i % 3 FROM generate_series(1, 500) i;
INSERT INTO b01_truncate_cascade.items SELECT i, 1 + i % 500 FROM generate_series(1, 1500) i;
