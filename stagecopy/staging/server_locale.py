"""An empty database in production's encoding and locale, on a server whose machine may lack that locale."""

from __future__ import annotations

import psycopg
from psycopg import sql

from stagecopy.errors import StagingError
from stagecopy.model.findings import Fidelity
from stagecopy.model.staging import ClusterSpec
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.databases import create
from stagecopy.postgres.failures import describe
from stagecopy.staging.settings import locale_ladder, other_collation

_PROVIDERS = 150000  # from here on a database has a provider of its own
_BUILTIN = 170000
_BLAMES_LOCALE = (
    psycopg.errors.UndefinedObject,
    psycopg.errors.WrongObjectType,
    psycopg.errors.InvalidParameterValue,
    psycopg.errors.FeatureNotSupported,
    psycopg.errors.InvalidObjectDefinition,
)


def make_empty(connection: Connection, name: str, owner: str, spec: ClusterSpec) -> tuple[Fidelity, ...]:
    """Make it, from the exact locale down to C. Raises StagingError ``server-locale``."""
    said = "no locale was tried"
    for provided in _providers(connection, spec):
        for rung in locale_ladder(spec):
            try:
                create(connection, name, owner, clauses=_clauses(spec, rung) + provided)
            except _BLAMES_LOCALE as failure:
                said = describe(failure)
                continue
            return _differs(spec, rung, provided)
    raise StagingError(
        "server-locale",
        f"the staging server makes no database in {spec.encoding} with {spec.collate}, C.UTF-8 or C: {said}",
        hint="install production's locale on that server's machine, or name another server in staging.url",
    )


def _providers(connection: Connection, spec: ClusterSpec) -> list[sql.Composable]:
    version, none = connection.info.server_version, sql.SQL("")
    plain: sql.Composable = sql.SQL(" LOCALE_PROVIDER libc") if version >= _PROVIDERS else none
    if spec.provider == "i" and spec.locale and version >= _PROVIDERS:
        return [sql.SQL(" LOCALE_PROVIDER icu ICU_LOCALE {}").format(sql.Literal(spec.locale)), plain]
    if spec.provider == "b" and spec.locale and version >= _BUILTIN:
        return [sql.SQL(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {}").format(sql.Literal(spec.locale)), plain]
    return [plain]


def _clauses(spec: ClusterSpec, rung: tuple[str, str]) -> sql.Composed:
    collate, ctype = rung
    words = sql.SQL("ENCODING {} LC_COLLATE {} LC_CTYPE {}")
    return words.format(sql.Literal(spec.encoding), sql.Literal(collate), sql.Literal(ctype))


def _differs(spec: ClusterSpec, rung: tuple[str, str], provided: sql.Composable) -> tuple[Fidelity, ...]:
    if spec.provider in ("i", "b") and spec.locale and not isinstance(provided, sql.Composed):
        message = f"production sorts text by {spec.locale}, which the staging server lacks: order may differ"
        return (Fidelity("other-collation", message),)
    return other_collation(spec, rung) if spec.provider == "c" else ()
