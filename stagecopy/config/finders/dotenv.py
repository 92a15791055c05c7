"""`.env` files: variables that hold a whole URL, and the sets of variables that hold its pieces."""

from __future__ import annotations

from collections.abc import Iterator

from stagecopy.config.envfile import Assignment, assignments
from stagecopy.config.finders.candidate import Candidate, Source, Values
from stagecopy.config.finders.urls import URL, filled, from_parts, from_url

FAMILY = ".env"
# libpq's own names, the postgres image's, and what most frameworks' templates say
_SETS = (
    {"host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD"},
    {
        "host": "POSTGRES_HOST",
        "port": "POSTGRES_PORT",
        "dbname": "POSTGRES_DB",
        "user": "POSTGRES_USER",
        "password": "POSTGRES_PASSWORD",
    },
    {
        "host": "DB_HOST",
        "port": "DB_PORT",
        "dbname": "DB_NAME|DB_DATABASE",
        "user": "DB_USER|DB_USERNAME",
        "password": "DB_PASSWORD|DB_PASS",
    },
)
_OTHER_SERVERS = ("mysql", "mariadb", "sqlite", "sqlsrv", "mssql", "oracle", "mongodb")


def find(source: Source, values: Values) -> Iterator[Candidate]:
    """Every PostgreSQL address of the file."""
    given = {each.name: each for each in assignments(source.text)}
    own = {**values, **{name: each.value for name, each in given.items()}}
    for name, each in given.items():
        if not URL.match(filled(each.value, own)[0]):
            continue
        found = from_url(source, each.line, each.value, family=FAMILY, values=own)
        if found is not None and found.dsn is not None:
            yield Candidate(file=source.name, line=each.line, family=FAMILY, dsn=found.dsn, variable=name)
        elif found is not None:
            yield found
    yield from _in_pieces(source, given, own)


def _in_pieces(source: Source, given: dict[str, Assignment], values: Values) -> Iterator[Candidate]:
    if given.get("DB_CONNECTION") and given["DB_CONNECTION"].value.lower() in _OTHER_SERVERS:
        return
    for names in _SETS:
        spelled = {part: [each for each in spellings.split("|") if each in given] for part, spellings in names.items()}
        found = {part: given[those[0]] for part, those in spelled.items() if those}
        if "host" in found and ("dbname" in found or "user" in found):
            parts = {part: each.value for part, each in found.items()}
            candidate = from_parts(source, found["host"].line, parts, family=FAMILY, values=values)
            if candidate is not None:
                yield candidate
