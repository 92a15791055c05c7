"""Raw backups of production: pg_dump directories with a manifest written last."""
