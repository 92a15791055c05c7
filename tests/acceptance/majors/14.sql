-- New in 14: multiranges, SQL-standard function bodies, compression by column, statistics on expressions, new roles.
CREATE SCHEMA m14;
CREATE TYPE m14.span AS RANGE (subtype = float8, multirange_type_name = m14.spans);
CREATE TABLE m14.shifts (
    id int PRIMARY KEY,
    hours int4multirange NOT NULL,
    days datemultirange,
    measured m14.spans,
    note text COMPRESSION lz4
);
INSERT INTO m14.shifts
SELECT n, int4multirange(int4range(n, n + 5), int4range(n + 10, n + 15)),
       CASE WHEN n % 2 = 0 THEN '{[2021-01-01,2021-01-05),[2021-02-01,)}'::datemultirange ELSE '{}' END,
       '{[1.5,2.5),[3,4)}', repeat('note ', n * 40)
  FROM generate_series(1, 100) n;
CREATE FUNCTION m14.hours_of(who int) RETURNS int4multirange LANGUAGE sql STABLE
    BEGIN ATOMIC SELECT s.hours FROM m14.shifts s WHERE s.id = who; END;
CREATE PROCEDURE m14.next(a int, OUT b int) LANGUAGE plpgsql AS 'BEGIN b := a + 1; END';
CREATE INDEX ON m14.shifts USING gist (hours);
CREATE STATISTICS m14.lengths ON (length(note)), id FROM m14.shifts;
GRANT pg_read_all_data TO clerk;
