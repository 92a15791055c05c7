ALTER TABLE railway_column_behind_long_query.projects ADD COLUMN region text;
