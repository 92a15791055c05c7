"""Connection strings: parsed once by libpq's own rules, handed to child tools as PG* variables.

Surprising: libpq itself reads ~/.pgpass and service files; nothing is re-implemented here. But a service file beats
PG* variables and loses to a connection string, and of several hosts each client may pick another. So the first
connection decides, and all that follow, child tools too, are told in full where it went (``pinned``).
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from stagecopy.errors import UsageError
from stagecopy.redact import remember

_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslcompression": "PGSSLCOMPRESSION",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcrl": "PGSSLCRL",
    "sslcrldir": "PGSSLCRLDIR",
    "sslcertmode": "PGSSLCERTMODE",
    "sslsni": "PGSSLSNI",
    "requirepeer": "PGREQUIREPEER",
    "require_auth": "PGREQUIREAUTH",
    "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE",
    "krbsrvname": "PGKRBSRVNAME",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "load_balance_hosts": "PGLOADBALANCEHOSTS",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "application_name": "PGAPPNAME",
}

_OF_THE_CONNECTION = ("service", "servicefile", "application_name", "fallback_application_name", "client_encoding")


@dataclass(frozen=True, slots=True)
class Dsn:
    """Connection parameters as libpq names them. Never printed with its password."""

    parameters: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"Dsn({self.shown})"

    @classmethod
    def parse(cls, text: str, *, where: str | None = None, what: str = "production") -> Dsn:
        """Parse a URL or key=value string. Raises UsageError ``bad-dsn``; the text itself is never shown."""
        try:
            parts = conninfo_to_dict(text)
        except psycopg.ProgrammingError:
            raise UsageError(
                "bad-dsn",
                f"the {what} URL is not a PostgreSQL connection string",
                hint="write postgresql://USER:PASSWORD@HOST:PORT/DATABASE; percent-encode @ : / # % in the password",
                where=where,
            ) from None
        dsn = cls(tuple(sorted((name, str(value)) for name, value in parts.items() if value is not None)))
        remember(dsn.get("password"))
        remember(dsn.get("sslpassword"))
        return dsn

    @classmethod
    def pinned(cls, info: psycopg.ConnectionInfo) -> Dsn:
        """The very server, role and password of an open connection, whatever files and variables they came from."""
        found = {name: value for name, value in info.get_parameters().items() if name not in _OF_THE_CONNECTION}
        found |= {"host": info.host, "port": str(info.port), "user": info.user, "dbname": info.dbname}
        found |= {"hostaddr": info.hostaddr, "password": info.password}
        remember(info.password)
        remember(found.get("sslpassword"))
        return cls(tuple(sorted((name, value) for name, value in found.items() if value)))

    def get(self, name: str) -> str | None:
        """One parameter, or None."""
        return dict(self.parameters).get(name)

    def with_(self, **changes: str) -> Dsn:
        """The same with other parameters."""
        return Dsn(tuple(sorted({**dict(self.parameters), **changes}.items())))

    @property
    def conninfo(self) -> str:
        """For psycopg only: holds the password."""
        return make_conninfo("", **dict(self.parameters))

    @property
    def shown(self) -> str:
        """``user@host:port/database`` for messages."""
        values = dict(self.parameters)
        place = values.get("service") or f"{values.get('host', 'local socket')}:{values.get('port', '5432')}"
        return f"{values.get('user', '')}@{place}/{values.get('dbname', '')}"

    @property
    def environment(self) -> dict[str, str]:
        """PG* variables for a client tool."""
        return {_VARIABLES[name]: value for name, value in self.parameters if name in _VARIABLES}
