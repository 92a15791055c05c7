-- New in 18: virtual generated columns, NOT NULL as constraints, NOT ENFORCED, temporal keys.
CREATE SCHEMA m18;
CREATE EXTENSION btree_gist SCHEMA m18;
CREATE TABLE m18.items (
    id uuid DEFAULT uuidv7() PRIMARY KEY,
    net int CONSTRAINT net_is_there NOT NULL,
    gross int GENERATED ALWAYS AS (net * 12 / 10) VIRTUAL,
    label text GENERATED ALWAYS AS ('item ' || net) STORED,
    weight int CONSTRAINT light CHECK (weight < 50) NOT ENFORCED,
    late text,
    CONSTRAINT alone NOT NULL weight NO INHERIT
);
INSERT INTO m18.items (net, weight) SELECT n, n FROM generate_series(1, 80) n;
ALTER TABLE m18.items ADD CONSTRAINT late_is_there NOT NULL late NOT VALID;
CREATE TABLE m18.bookings (room int, during daterange, guest text, PRIMARY KEY (room, during WITHOUT OVERLAPS));
INSERT INTO m18.bookings SELECT n % 7, daterange('2025-01-01'::date + n * 3, '2025-01-03'::date + n * 3), 'guest ' || n
  FROM generate_series(1, 70) n;
CREATE TABLE m18.meals (room int, during daterange, kind text NOT NULL,
    FOREIGN KEY (room, PERIOD during) REFERENCES m18.bookings (room, PERIOD during));
INSERT INTO m18.meals SELECT room, during, 'breakfast' FROM m18.bookings WHERE room < 3;
CREATE TABLE m18.loose (item uuid REFERENCES m18.items NOT ENFORCED);
INSERT INTO m18.loose VALUES (gen_random_uuid());
CREATE TABLE m18.parent (a int NOT NULL);
CREATE TABLE m18.child (b int) INHERITS (m18.parent);
INSERT INTO m18.child VALUES (1, 2);
