"""The spellings of one PostgreSQL URL: libpq's, SQLAlchemy's, JDBC's, Prisma's; and addresses given in pieces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from stagecopy.config.finders.candidate import Candidate, Source, Values
from stagecopy.postgres.dsn import Dsn

URL = re.compile(r"(?:jdbc:)?(?:postgres|postgresql|postgis|pgsql)(?:\+[a-z0-9_]{1,20})?://", re.IGNORECASE)
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]{0,99})(?::?-([^}]{0,500}))?\}|\$([A-Z_][A-Z0-9_]{0,99})")
_HOST = re.compile(r"[A-Za-z0-9_.,:%/\[\]-]*")
_PORT = re.compile(r"[0-9,]*")
_SAFE_NAME = re.compile(r"[^@:/?\x00-\x1f]+")
_TLS = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_TAKEN = (
    "host",
    "port",
    "user",
    "password",
    "dbname",
    "options",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "channel_binding",
)
_UNREADABLE = "is no URL that libpq reads: percent-encode @ : / # % in the password"


def dsn_of(text: str) -> Dsn | None:
    """The address in *text*, or None. Nothing is remembered as a secret: only the chosen one becomes production."""
    head = URL.match(text)
    if head is None:
        return None
    rest, _, query = text[head.end() :].partition("?")
    options = _options(parse_qsl(query.partition("#")[0], max_num_fields=100))
    try:
        parts = conninfo_to_dict(
            f"postgresql://{rest}" + (f"?{urlencode(options, quote_via=quote)}" if options else "")
        )
    except (psycopg.ProgrammingError, UnicodeError):
        return None
    return _sound({name: str(value) for name, value in parts.items() if value is not None})


def dsn_of_parts(parts: Mapping[str, str | None]) -> Dsn | None:
    """The address of libpq's names and values; empty ones are left out."""
    return _sound({name: value for name, value in parts.items() if value})


def url_of(dsn: Dsn) -> str:
    """The address as one URL, with its password: for the environment and a file of mode 0600 alone."""
    given = dict(dsn.parameters)
    user, password, dbname = (quote(given.pop(name, ""), safe="") for name in ("user", "password", "dbname"))
    host, port = given.pop("host", ""), given.pop("port", "")
    if not host or "/" in host or "," in host:
        given |= {name: value for name, value in (("host", host), ("port", port)) if value}
        host = port = ""
    who = user + (f":{password}" if password else "")
    query = urlencode(given, quote_via=quote)
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    return f"postgresql://{who}{'@' if who else ''}{place}/{dbname}" + (f"?{query}" if query else "")


def _options(given: list[tuple[str, str]]) -> dict[str, str]:
    """Of the parameters of a URL those that libpq knows."""
    found = {name: value for name, value in given if name in _TAKEN}
    named = dict(given)
    mode = named.get("sslmode", "")
    if mode in _TLS:
        found["sslmode"] = mode
    elif mode or named.get("ssl") in ("true", "1"):
        found["sslmode"] = "require"
    return found


def _sound(parts: dict[str, str]) -> Dsn | None:
    if "\0" in "".join(parts.values()):
        return None
    sound = (
        _HOST.fullmatch(parts.get("host", ""))
        and _PORT.fullmatch(parts.get("port", ""))
        and _SAFE_NAME.fullmatch(parts.get("user", "-"))
        and _SAFE_NAME.fullmatch(parts.get("dbname", "-"))
    )
    return Dsn(tuple(sorted(parts.items()))) if parts and sound else None


def filled(text: str, values: Values) -> tuple[str, tuple[str, ...]]:
    """*text* with ``${NAME}``, ``${NAME:-default}`` and ``$NAME`` replaced, and the names that have no value."""
    missing: list[str] = []

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        known = values.get(name, match[2])
        if known is None:
            missing.append(name)
        return known or ""

    return _REFERENCE.sub(value, text), tuple(dict.fromkeys(missing))


def from_url(source: Source, line: int, text: str, *, family: str, values: Values) -> Candidate | None:
    """A URL that stands in a file, with references in it. None: not PostgreSQL's, or nothing but a reference to one."""
    whole = _REFERENCE.fullmatch(text.strip())
    if whole and not whole[2]:
        return from_variable(source, line, whole[1] or whole[3], family=family, values=values)
    ready, missing = filled(text.strip(), values)
    if not URL.match(ready):
        return None
    if missing:
        return _without(source, line, family, f"uses {', '.join(missing)}, not set here")
    dsn = dsn_of(ready)
    if dsn is None:
        return _without(source, line, family, _UNREADABLE)
    return Candidate(file=source.name, line=line, family=family, dsn=dsn)


def from_variable(source: Source, line: int, name: str, *, family: str, values: Values) -> Candidate | None:
    """A file that says only which variable holds the URL."""
    known = values.get(name)
    if known is None:
        problem = f"reads {name}, not set here"
        return Candidate(file=source.name, line=line, family=family, variable=name, problem=problem)
    dsn = dsn_of(known)
    return Candidate(file=source.name, line=line, family=family, variable=name, dsn=dsn) if dsn else None


def from_parts(
    source: Source, line: int, parts: Mapping[str, str | None], *, family: str, values: Values
) -> Candidate | None:
    """An address in pieces, each with references in it. None when there is neither host nor database."""
    ready: dict[str, str | None] = {}
    missing: list[str] = []
    for name, text in parts.items():
        ready[name], lacking = filled(text or "", values)
        missing += lacking
    if missing:
        return _without(source, line, family, f"uses {', '.join(dict.fromkeys(missing))}, not set here")
    if not (ready.get("host") or ready.get("dbname")):
        return None
    dsn = dsn_of_parts(ready)
    return Candidate(file=source.name, line=line, family=family, dsn=dsn) if dsn else None


def _without(source: Source, line: int, family: str, problem: str) -> Candidate:
    return Candidate(file=source.name, line=line, family=family, problem=problem)
