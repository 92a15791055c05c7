CREATE SCHEMA b16_narrower_types;
CREATE TABLE b16_narrower_types.payments (id int PRIMARY KEY, amount numeric(10, 2) NOT NULL, paid timestamp(6) NOT NULL, rate float8);
INSERT INTO b16_narrower_types.payments SELECT i, i / 100.0, timestamp '2024-01-01' + i * interval '1 minute 0.25 seconds', i / 8.0 + CASE WHEN i > 980 THEN 0.0000000001 ELSE 0 END
  FROM generate_series(1, 1000) i;
