"""Tools that migrate by themselves, installed from PyPI or npm into a project's folder.

Each can make its first migration (the table users), run it, and write a further one: one that adds a column, or one
that destroys what people typed.
"""

from __future__ import annotations

import json
import sys
from typing import ClassVar, Protocol

from tests.acceptance.frameworks.project import Project, needed

ADDS, DESTROYS = "adds", "destroys"
_SQL = {
    ADDS: "ALTER TABLE users ADD COLUMN nick text;",
    DESTROYS: "ALTER TABLE users DROP COLUMN email;",
}
_UNDONE = {
    ADDS: "ALTER TABLE users DROP COLUMN nick;",
    DESTROYS: "ALTER TABLE users ADD COLUMN email text;",
}
_FIRST = "CREATE TABLE users (id int PRIMARY KEY, email text);"


class Migrator(Protocol):
    """One tool. ``command`` is what its people type."""

    command: tuple[str, ...]

    def build(self) -> None:
        """Install it, and run the first migration on the project's database."""

    def write_next(self, kind: str) -> None:
        """Write the second migration, in the place of another second one."""


class Alembic(Project):
    """Alembic with SQLAlchemy and psycopg."""

    command = ("venv/bin/alembic", "upgrade", "head")
    back = "venv/bin/alembic downgrade -1"
    _ENV = """
import os
from alembic import context
from sqlalchemy import create_engine
engine = create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
    _VERSION = """
from alembic import op
revision, down_revision = {number!r}, {before!r}
def upgrade():
    op.execute({text!r})
def downgrade():
    op.execute({undone!r})
"""

    def build(self) -> None:
        """See Migrator."""
        self.run(sys.executable, "-m", "venv", "venv")
        self.run("venv/bin/pip", "install", "-q", "--disable-pip-version-check", "alembic", "psycopg[binary]")
        self.write("alembic.ini", "[alembic]\nscript_location = migrations\n")
        self.write("migrations/env.py", self._ENV)
        self._version("0001", None, (_FIRST, "DROP TABLE users"))
        self.run(*self.command)

    def write_next(self, kind: str) -> None:
        """See Migrator."""
        self._version("0002", "0001", (_SQL[kind], _UNDONE[kind]))

    def _version(self, number: str, before: str | None, texts: tuple[str, str]) -> None:
        script = self._VERSION.format(number=number, before=before, text=texts[0], undone=texts[1])
        self.write(f"migrations/versions/{number}.py", script)


class DjangoApp(Project):
    """Django with one application of its own; its table is called users as well."""

    command = ("venv/bin/python", "manage.py", "migrate", "--no-input")
    _MANAGE = """
import os, sys
from urllib.parse import unquote, urlsplit
from django.conf import settings
place = urlsplit(os.environ["DATABASE_URL"])
settings.configure(INSTALLED_APPS=["people"], SECRET_KEY=os.environ.get("SECRET_KEY", "x"), DATABASES={"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": place.path[1:], "USER": place.username,
    "PASSWORD": unquote(place.password), "HOST": place.hostname, "PORT": place.port,
}})
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
    _MIGRATION = """
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = {dependencies!r}
    operations = [{operation}]
"""
    _OPERATIONS: ClassVar = {
        ADDS: "migrations.AddField('user', 'nick', models.TextField(null=True))",
        DESTROYS: "migrations.RemoveField('user', 'email')",
    }
    _CREATE = (
        "migrations.CreateModel('User', [('id', models.IntegerField(primary_key=True)),"
        " ('email', models.TextField(null=True))], options={'db_table': 'users'})"
    )

    def build(self) -> None:
        """See Migrator."""
        self.run(sys.executable, "-m", "venv", "venv")
        self.run("venv/bin/pip", "install", "-q", "--disable-pip-version-check", "django", "psycopg[binary]")
        self.write("manage.py", self._MANAGE)
        for name in ("people/__init__.py", "people/migrations/__init__.py"):
            self.write(name, "")
        first = self._MIGRATION.format(dependencies=[], operation=self._CREATE)
        self.write("people/migrations/0001_initial.py", first)
        self.run(*self.command)

    def write_next(self, kind: str) -> None:
        """See Migrator."""
        before, operation = [("people", "0001_initial")], self._OPERATIONS[kind]
        text = self._MIGRATION.format(dependencies=before, operation=operation)
        self.write("people/migrations/0002_next.py", text)


class DrizzleKit(Project):
    """drizzle-kit with node-postgres."""

    command = ("npx", "drizzle-kit", "migrate")
    _CONFIG = """
export default { dialect: 'postgresql', out: './drizzle', schema: './tables.ts',
                 dbCredentials: { url: process.env.DATABASE_URL } }
"""

    def build(self) -> None:
        """See Migrator."""
        needed("node", "npm", "npx")
        self.write("package.json", '{"name": "shop", "private": true, "type": "module"}')
        self.run("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "drizzle-kit", "drizzle-orm", "pg")
        self.write("drizzle.config.ts", self._CONFIG)
        self.write("tables.ts", "")
        self.write("drizzle/0000_first.sql", _FIRST)
        self._journal("0000_first")
        self.run(*self.command)

    def write_next(self, kind: str) -> None:
        """See Migrator."""
        self.write("drizzle/0001_next.sql", _SQL[kind])
        self._journal("0000_first", "0001_next")

    def _journal(self, *names: str) -> None:
        entries = [
            {"idx": n, "version": "7", "when": 1700000000000 + n, "tag": name, "breakpoints": True}
            for n, name in enumerate(names)
        ]
        document = {"version": "7", "dialect": "postgresql", "entries": entries}
        self.write("drizzle/meta/_journal.json", json.dumps(document))


class DbMate(Project):
    """dbmate, which also calls pg_dump where there is one."""

    command = ("npx", "dbmate", "up")

    def build(self) -> None:
        """See Migrator."""
        needed("node", "npm", "npx")
        self.write("package.json", '{"name": "shop", "private": true}')
        self.run("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "dbmate")
        self._migration("20260101000000_first", _FIRST, "DROP TABLE users;")
        self.run(*self.command, PGSSLMODE="disable")

    def write_next(self, kind: str) -> None:
        """See Migrator."""
        self._migration("20260102000000_next", _SQL[kind], "SELECT 1;")

    def _migration(self, name: str, up: str, down: str) -> None:
        self.write(f"db/migrations/{name}.sql", f"-- migrate:up\n{up}\n\n-- migrate:down\n{down}\n")
