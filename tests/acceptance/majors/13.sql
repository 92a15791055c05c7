-- What every supported major has.
CREATE ROLE clerk;
CREATE SCHEMA m13;
CREATE TYPE m13.mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN m13.positive AS int CHECK (VALUE > 0);
CREATE TABLE m13.people (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    mood m13.mood NOT NULL DEFAULT 'ok',
    points m13.positive,
    size int,
    twice int GENERATED ALWAYS AS (points * 2) STORED,
    seen timestamptz DEFAULT now(),
    stay daterange,
    tags text[],
    doc jsonb,
    EXCLUDE USING gist (stay WITH &&)
);
INSERT INTO m13.people (email, mood, points, size, stay, tags, doc)
SELECT 'person' || n || '@example.com', (ARRAY['sad', 'ok', 'happy'])[1 + n % 3]::m13.mood, n, n,
       daterange('2000-01-01'::date + n, '2000-01-01'::date + n + 1), ARRAY['a', NULL, 'tag ' || n],
       jsonb_build_object('n', n, 'gap', chr(9))
  FROM generate_series(1, 300) n;
CREATE TABLE m13.orders (id bigserial, person int REFERENCES m13.people ON DELETE CASCADE, placed date NOT NULL, total numeric(10,2))
 PARTITION BY RANGE (placed);
CREATE TABLE m13.orders_2023 PARTITION OF m13.orders FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE m13.orders_rest PARTITION OF m13.orders DEFAULT;
CREATE INDEX ON m13.orders (person) INCLUDE (total);
INSERT INTO m13.orders (person, placed, total)
SELECT n, '2023-06-01'::date + n, n * 1.5 FROM generate_series(1, 300) n;
CREATE MATERIALIZED VIEW m13.totals AS SELECT person, sum(total) AS total FROM m13.orders GROUP BY person;
CREATE UNIQUE INDEX ON m13.totals (person);
CREATE VIEW m13.happy AS SELECT id, email FROM m13.people WHERE mood = 'happy';
CREATE FUNCTION m13.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.seen := now(); RETURN NEW; END';
CREATE TRIGGER stamp BEFORE UPDATE ON m13.people FOR EACH ROW EXECUTE FUNCTION m13.stamp();
CREATE PROCEDURE m13.nothing(n int) LANGUAGE sql AS 'SELECT n';
CREATE STATISTICS m13.together ON mood, points FROM m13.people;
ALTER TABLE m13.people ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON m13.people TO clerk USING (points < 100);
GRANT USAGE ON SCHEMA m13 TO clerk;
GRANT SELECT (id, mood), UPDATE (mood) ON m13.people TO clerk;
CREATE PUBLICATION of_people FOR TABLE m13.people;
SELECT lo_from_bytea(4711, 'one'), lo_from_bytea(4712, 'two'), lo_create(4713);
ALTER LARGE OBJECT 4711 OWNER TO clerk;
ALTER LARGE OBJECT 4712 OWNER TO clerk;
GRANT SELECT ON LARGE OBJECT 4711, 4712 TO PUBLIC;
COMMENT ON LARGE OBJECT 4712 IS 'the second one';
