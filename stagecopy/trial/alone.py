"""What to do about a statement that no transaction may be around, by the tool that put one there."""

from __future__ import annotations

from pathlib import PurePath

from stagecopy.model.migration import MigrationRun

_ACTIVE_TRANSACTION = "25001"
_OWN_FILE = "put it in a migration of its own, with nothing else in it"
_WAYS = {
    "goose": "put -- +goose NO TRANSACTION at the head of the file",
    "sql-migrate": "write -- +migrate Up notransaction",
    "dbmate": f"write -- migrate:up transaction:false; or {_OWN_FILE}",
    "tern": "put ---- tern: disable-tx ---- at the head of the file",
    "Flyway": "put executeInTransaction=false into a .conf file beside it, named as the file with .conf after it",
    "Prisma": _OWN_FILE,
    "Supabase": _OWN_FILE,
    "golang-migrate or sqlx": _OWN_FILE,
    "Diesel or Hasura": "put run_in_transaction = false into metadata.toml beside it",
    "node-pg-migrate": "call pgm.noTransaction() in a migration of its own",
    "Drizzle": "run it outside Drizzle, which puts all migrations into one transaction",
    "Sqitch": "leave BEGIN and COMMIT out of the script",
    "alembic": "run it in a block: with op.get_context().autocommit_block()",
    "manage.py": "set atomic = False in the migration (AddIndexConcurrently needs it)",
    "rails": "call disable_ddl_transaction! in the migration",
    "rake": "call disable_ddl_transaction! in the migration",
}
_PLAIN = "leave BEGIN and COMMIT out around it; psql -1 and trial.transaction put one around a file"


def alone_hint(run: MigrationRun) -> str | None:
    """How the tool is told, where the run failed at such a statement."""
    if run.error is None or run.error.sqlstate != _ACTIVE_TRANSACTION:
        return None
    if run.tool is not None and not run.files:
        words = [PurePath(word).name for word in run.tool.argv]
        return next((_WAYS[word] for word in words if word in _WAYS), "tell the tool to run it without a transaction")
    failed = run.statements[-1].file if run.statements else None
    tool = next((each.tool for each in run.files if each.name == failed), None)
    return _WAYS.get(tool or "", _PLAIN)
