"""Files of ``name = value`` lines: Alembic's alembic.ini, Flyway's flyway.conf and flyway.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from stagecopy.config.finders.candidate import Candidate, Source, Values
from stagecopy.config.finders.urls import URL, dsn_of, from_url
from stagecopy.postgres.dsn import Dsn

ALEMBIC, FLYWAY = "Alembic", "Flyway"
_SQLALCHEMY = re.compile(r"^sqlalchemy\.url[ \t]*[=:][ \t]*(\S[^\n]{0,1000})$", re.MULTILINE)
_FLYWAY = re.compile(r"^[ \t]*flyway\.(url|user|password)[ \t]*=[ \t]*([^\n]{1,1000})$", re.MULTILINE)
_INTERPOLATED = re.compile(r"%\(([A-Za-z_]\w*)\)s")


def find_alembic(source: Source, values: Values) -> Iterator[Candidate]:
    """``sqlalchemy.url``; ``%(NAME)s`` is taken for a variable, ``%%`` is a percent sign."""
    for match in _SQLALCHEMY.finditer(source.text):
        text = _INTERPOLATED.sub(r"${\1}", match[1]).replace("%%", "%").strip()
        found = from_url(source, source.line_of(match.start()), text, family=ALEMBIC, values=values)
        if found is not None:
            yield found


def find_flyway(source: Source, values: Values) -> Iterator[Candidate]:
    """flyway.conf: url, user and password of one database."""
    found = {match[1]: match for match in _FLYWAY.finditer(source.text)}
    if "url" in found:
        line = source.line_of(found["url"].start(2))
        given = {name: match[2].strip() for name, match in found.items()}
        yield from _jdbc(source, line, given, values)


def find_flyway_toml(source: Source, values: Values) -> Iterator[Candidate]:
    """flyway.toml: every environment."""
    try:
        document = tomllib.loads(source.text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    environments = document.get("environments")
    found = [document.get("flyway"), *(environments.values() if isinstance(environments, dict) else ())]
    for each in found:
        if isinstance(each, dict) and isinstance(each.get("url"), str):
            yield from _jdbc(source, source.line_of(max(0, source.text.find(each["url"]))), _texts(each), values)


def _texts(section: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in section.items() if isinstance(value, str)}


def _jdbc(source: Source, line: int, given: Mapping[str, str], values: Values) -> Iterator[Candidate]:
    if not URL.match(given["url"]):
        return
    found = from_url(source, line, given["url"], family=FLYWAY, values=values)
    if found is None or found.dsn is None or dsn_of(given["url"]) is None:
        if found is not None:
            yield found
        return
    apart = {name: given[name] for name in ("user", "password") if given.get(name) and "${" not in given[name]}
    dsn = Dsn(tuple(sorted({**apart, **dict(found.dsn.parameters)}.items())))
    yield Candidate(file=source.name, line=line, family=FLYWAY, dsn=dsn)
