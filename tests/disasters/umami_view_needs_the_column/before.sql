CREATE SCHEMA umami_view_needs_the_column;
SET search_path = umami_view_needs_the_column;
CREATE TABLE session (id int PRIMARY KEY, subdivision2 text, country text);
CREATE VIEW website_event_import AS SELECT id, subdivision2 FROM session;
CREATE VIEW countries AS SELECT country FROM session;
