"""The tables in which migration tools write down what they ran: that is no data of anybody's.

Surprising: only names that no application would give a table of its own are known here. Laravel's ``migrations`` and
Flyway's old ``schema_version`` are left out: a table of that name may hold anything, and its loss must not be missed.
"""

from __future__ import annotations

BOOKKEEPING_TABLES = frozenset(
    {
        "schema_migrations",  # Rails, golang-migrate, dbmate, Ecto
        "ar_internal_metadata",
        "alembic_version",
        "flyway_schema_history",
        "__drizzle_migrations",
        "_prisma_migrations",
        "django_migrations",
        "goose_db_version",
        "knex_migrations",
        "knex_migrations_lock",
        "databasechangelog",
        "databasechangeloglock",
        "SequelizeMeta",
        "kysely_migration",
        "kysely_migration_lock",
        "pgmigrations",
        "atlas_schema_revisions",
        "_sqlx_migrations",
        "__EFMigrationsHistory",
        "__diesel_schema_migrations",
        "_yoyo_migration",
        "_yoyo_log",
    }
)
_SCHEMAS = {
    "sqitch": frozenset({"changes", "dependencies", "events", "projects", "releases", "tags"}),
    "supabase_migrations": frozenset({"schema_migrations", "seed_files"}),
}


def is_bookkeeping(schema: str, table: str) -> bool:
    """Whether the table is a migration tool's own."""
    return table in BOOKKEEPING_TABLES or table in _SCHEMAS.get(schema, ())
