-- Names that need quoting, that look like patterns, paths or other SQL, and types that live elsewhere.
CREATE ROLE "Shop Owner" NOLOGIN;
CREATE ROLE "app.role" LOGIN;
CREATE ROLE "weird""quote" NOLOGIN;
CREATE ROLE "select";
GRANT "Shop Owner" TO "app.role";
CREATE SCHEMA "my.schema" AUTHORIZATION "Shop Owner";
CREATE SCHEMA "UPPER Case";
CREATE SCHEMA "select";
CREATE SCHEMA "quo""te";
CREATE SCHEMA "DATA";
CREATE TABLE "my.schema"."a.b" ("a.b" int PRIMARY KEY, "from" text, "E Mail" text UNIQUE, "user" text, "100%" text,
    "$1" text, ":x" text, "it's" text);
INSERT INTO "my.schema"."a.b"
SELECT i, 'f' || i, 'm' || i || '@corp.test', 'u' || i, i || '%', '$' || i, ':' || i, 'it''s ' || i
  FROM generate_series(1, 50) i;
ALTER TABLE "my.schema"."a.b" OWNER TO "Shop Owner";
GRANT SELECT ON "my.schema"."a.b" TO "app.role", "weird""quote" WITH GRANT OPTION;
COMMENT ON TABLE "my.schema"."a.b" IS 'says "hi" -- ; '' and more';
COMMENT ON COLUMN "my.schema"."a.b"."a.b" IS 'dotted';
CREATE TABLE "UPPER Case"."a.b" (LIKE "my.schema"."a.b" INCLUDING ALL);
INSERT INTO "UPPER Case"."a.b" SELECT * FROM "my.schema"."a.b";
CREATE TABLE "select"."user" ("select" serial PRIMARY KEY,
    "table" text CONSTRAINT "check me, ""please""" CHECK ("table" <> 'x'));
INSERT INTO "select"."user" ("table") VALUES ('a'), ('b');
CREATE TABLE "quo""te"."t""a""b" ("c""d" text, "new
line" text);
INSERT INTO "quo""te"."t""a""b" VALUES ('a''b"c', 'x'), ('d', 'y');
CREATE TABLE "DATA"."TABLE" ("DATA" text);
INSERT INTO "DATA"."TABLE" VALUES ('x');
CREATE TYPE "DATA"."Mood Type" AS ENUM ('Happy', 'so so', 'it''s "bad"', 'TABLE');
CREATE TABLE "UPPER Case".moods (m "DATA"."Mood Type", ms "DATA"."Mood Type"[]);
INSERT INTO "UPPER Case".moods VALUES ('it''s "bad"', '{"so so",Happy}');
CREATE TABLE "DATA"."🙂" ("💾" text, "ключ" int PRIMARY KEY);
INSERT INTO "DATA"."🙂" VALUES ('e', 1);
CREATE TABLE "DATA"."aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    ("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" text);
INSERT INTO "DATA"."aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" VALUES ('x');
CREATE TABLE "DATA"."a*b?c" (x int, y text);
INSERT INTO "DATA"."a*b?c" VALUES (1, 's');
CREATE TABLE "DATA"."tail " (x int);
CREATE TABLE "DATA"." lead" (x int);
CREATE TABLE "DATA"."comma, table; -- x" ("col; DROP" text);
CREATE TABLE "DATA"."line
break" (x int);
INSERT INTO "DATA"."tail " VALUES (1);
INSERT INTO "DATA"." lead" VALUES (1);
INSERT INTO "DATA"."comma, table; -- x" VALUES ('v');
INSERT INTO "DATA"."line
break" VALUES (1);
CREATE SEQUENCE "DATA"."Seq.With Dot" START 7;
CREATE TABLE "DATA"."Numbered" (n int DEFAULT nextval('"DATA"."Seq.With Dot"'), t text);
INSERT INTO "DATA"."Numbered" (t) VALUES ('a'), ('b');
CREATE VIEW "DATA"."View of It" AS SELECT "a.b" AS "x.y" FROM "my.schema"."a.b";
ALTER VIEW "DATA"."View of It" OWNER TO "app.role";
CREATE FUNCTION "DATA"."Fn.One"("Arg One" int) RETURNS int LANGUAGE sql AS 'SELECT $1';
ALTER FUNCTION "DATA"."Fn.One"(int) OWNER TO "select";
