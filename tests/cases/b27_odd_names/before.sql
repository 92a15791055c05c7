CREATE SCHEMA b27_odd_names;
CREATE SCHEMA "b27_odd_names.Dotted";
CREATE TABLE "b27_odd_names.Dotted"."user" ("from" int, "Order %s" int, "say ""hi"" now" text, PRIMARY KEY ("from", "Order %s"));
INSERT INTO "b27_odd_names.Dotted"."user" VALUES (1, 11, 'a'), (11, 1, 'b'), (2, 2, 'c');
CREATE TABLE "b27_odd_names.Dotted"."n234567890123456789012345678901234567890123456789012345678901_3" (id int PRIMARY KEY, "c234567890123456789012345678901234567890123456789012345678901_3" text);
INSERT INTO "b27_odd_names.Dotted"."n234567890123456789012345678901234567890123456789012345678901_3" VALUES (1, 'x');
CREATE TABLE "b27_odd_names.Dotted".keys (id int PRIMARY KEY, v text);
INSERT INTO "b27_odd_names.Dotted".keys SELECT i, 'v' || i FROM generate_series(1, 5) i;
