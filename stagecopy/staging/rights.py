"""With whose rights the schema is rebuilt on an engine that cannot contain a superuser.

Surprising: defining something can run production's code. A literal of an array or row type is read while the
definition is parsed, and reading it runs the CHECKs of the domains inside; so do an aggregate's first value, attaching
a partition under an operator class of one's own, and a foreign-data wrapper's validator. So an ordinary role, member
of every owner, defines all but what only a superuser may make and what is known to run nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import sql

from stagecopy.model.server import Address
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors
from stagecopy.postgres.sqlfile import statement
from stagecopy.staging.engine import ADMIN

CatalogId = tuple[int, int]

# Of these no part is an expression.
_DEFINES_ONLY = (
    "ACCESS METHOD",
    "ACL",
    "CAST",
    "DEFAULT ACL",
    "EVENT TRIGGER",
    "EXTENSION",
    "OPERATOR CLASS",
    "OPERATOR FAMILY",
    "PROCEDURAL LANGUAGE",
    "PUBLICATION",
    "PUBLICATION TABLES IN SCHEMA",
    "SCHEMA",
    "SHELL TYPE",
    "TEXT SEARCH PARSER",
    "TEXT SEARCH TEMPLATE",
    "TRANSFORM",
    "TYPE",
)
_MAKERS = "stagecopy_makers"
_SCHEMAS = """
SELECT nspname FROM pg_catalog.pg_namespace
 WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
   AND pg_catalog.has_schema_privilege(oid, 'CREATE WITH GRANT OPTION')
   AND pg_catalog.has_schema_privilege(oid, 'USAGE WITH GRANT OPTION')
"""
_WRAPPERS = """
SELECT fdwname FROM pg_catalog.pg_foreign_data_wrapper
 WHERE pg_catalog.has_foreign_data_wrapper_privilege(oid, 'USAGE WITH GRANT OPTION')
"""
# Tables of extensions are whoever's made them here, so a foreign key to one takes a grant of its own.
_OF_EXTENSIONS = """
SELECT n.nspname, c.relname
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND pg_catalog.has_table_privilege(c.oid, 'REFERENCES WITH GRANT OPTION')
   AND EXISTS (SELECT FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
_ROLES = "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' AND rolname <> %s"


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may do what. *inert*: objects only a superuser may make, whose making runs no code.

    ``makers``: a group that is there already, with every owner in it; else one is made and has all roles in it.
    """

    admin: Address
    ordinary: Address
    inert: frozenset[CatalogId] = frozenset()
    makers: str | None = None

    def of(self, kind: str, catalog_id: CatalogId) -> Address:
        """Who restores an entry of the archive: of *kind*, of the object *catalog_id* in production."""
        return self.admin if kind in _DEFINES_ONLY or catalog_id in self.inert else self.ordinary

    @contextmanager
    def room(self) -> Iterator[None]:
        """Inside, every role may create in every schema: what is made for an owner needs that, unlike in production.

        The one group that gets it goes again at the end, with all that was granted to it.
        """
        if self.ordinary == self.admin:
            yield
            return
        with connect_staging(self.admin) as connection:
            makers = sql.Identifier(self.makers or _MAKERS)
            with staging_errors("letting owners create"):
                if self.makers is None:
                    _gather(connection, makers)
                else:
                    database = sql.Identifier(connection.info.dbname)
                    connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, makers))
                _admit(connection, makers)
            yield
            with staging_errors("taking back what owners needed"):
                connection.execute(sql.SQL("DROP OWNED BY {}").format(makers))
                if self.makers is None:
                    connection.execute(sql.SQL("DROP ROLE {}").format(makers))


def inert_objects(production: Connection) -> frozenset[CatalogId]:
    """Production's objects that only a superuser may make and that run no code while they are made."""
    return frozenset((int(classid), int(oid)) for classid, oid in production.execute(statement("superuser_only")))


def _gather(connection: Connection, makers: sql.Identifier) -> None:
    connection.execute(sql.SQL("CREATE ROLE {}").format(makers))
    for (name,) in connection.execute(_ROLES, (ADMIN,)).fetchall():
        if name != _MAKERS:
            connection.execute(sql.SQL("GRANT {} TO {}").format(makers, sql.Identifier(name)))


def _admit(connection: Connection, makers: sql.Identifier) -> None:
    for query, words in ((_SCHEMAS, "CREATE, USAGE ON SCHEMA"), (_WRAPPERS, "USAGE ON FOREIGN DATA WRAPPER")):
        for (name,) in connection.execute(query.encode()).fetchall():
            grant = sql.SQL("GRANT {} {} TO {}").format(sql.SQL(words), sql.Identifier(name), makers)
            connection.execute(grant)
    for schema, name in connection.execute(_OF_EXTENSIONS).fetchall():
        grant = sql.SQL("GRANT SELECT, REFERENCES ON TABLE {} TO {}").format(sql.Identifier(schema, name), makers)
        connection.execute(grant)
