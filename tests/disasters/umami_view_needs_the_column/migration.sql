ALTER TABLE umami_view_needs_the_column.session DROP COLUMN subdivision2;
