"""Prisma and Drizzle: schema.prisma, prisma.config.ts and drizzle.config.*, read as text, never run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stagecopy.config.finders.candidate import Candidate, Source, Values
from stagecopy.config.finders.urls import URL, from_parts, from_url, from_variable

PRISMA, DRIZZLE = "Prisma", "Drizzle"
_DATASOURCE = re.compile(r"^\s*datasource\s+\w+\s*\{([^}]{0,4000})\}", re.MULTILINE)
_FIELD = re.compile(r"^[ \t]*(provider|url|directUrl)[ \t]*=[ \t]*([^\n]{1,1000})$", re.MULTILINE)
_QUOTED = r"""["'`]([^"'`\n]{1,1000})["'`]"""
_URL_KEY = re.compile(r"""(?:^|[\s{,])["']?(?:url|connectionString)["']?\s*:\s*([^\n]{1,1000})""")
_PART = re.compile(r"""(?:^|[\s{,])["']?(host|port|user|password|database)["']?\s*:\s*([^\n,}]{1,1000})""")
_VARIABLE = re.compile(r"""(?:process\.env\.|import\.meta\.env\.|process\.env\[["']|env\(\s*["'])([A-Za-z_]\w{0,99})""")
_COMMENT = re.compile(r"^[ \t]*(?://|\*|/\*)[^\n]*", re.MULTILINE)
_NUMBER = re.compile(r"\d+")


def find_prisma(source: Source, values: Values) -> Iterator[Candidate]:
    """The datasource block; ``directUrl`` first, because ``url`` is often a pooler."""
    for block in _DATASOURCE.finditer(_blanked(source.text)):
        fields = {match[1]: match for match in _FIELD.finditer(block[1])}
        provider = fields.get("provider")
        if provider is None or not re.search(r"postgres", provider[2]):
            continue
        for name in ("directUrl", "url"):
            if name in fields:
                line = source.line_of(block.start(1) + fields[name].start(2))
                yield from _one(source, line, fields[name][2], family=PRISMA, values=values)


def find_prisma_config(source: Source, values: Values) -> Iterator[Candidate]:
    """prisma.config.ts: ``datasource: {url: env("NAME")}``."""
    yield from _urls(source, PRISMA, values)


def find_drizzle(source: Source, values: Values) -> Iterator[Candidate]:
    """``dbCredentials``: a URL or its pieces; only where the file speaks of PostgreSQL."""
    if not re.search(r"postgres|[\"'`]pg[\"'`]", source.text):
        return
    yield from _urls(source, DRIZZLE, values)
    text = _blanked(source.text)
    begin = text.find("dbCredentials")
    if begin < 0:
        return
    parts = {match[1]: _value(match[2]) for match in _PART.finditer(text[begin : begin + 4000])}
    if "host" in parts:
        parts["dbname"] = parts.pop("database", "")
        found = from_parts(source, source.line_of(begin), parts, family=DRIZZLE, values=values)
        if found is not None:
            yield found


def _urls(source: Source, family: str, values: Values) -> Iterator[Candidate]:
    for match in _URL_KEY.finditer(_blanked(source.text)):
        yield from _one(source, source.line_of(match.start(1)), match[1], family=family, values=values)


def _one(source: Source, line: int, text: str, *, family: str, values: Values) -> Iterator[Candidate]:
    variable, literal = _VARIABLE.search(text), re.search(_QUOTED, text)
    found = None
    if variable is not None:
        found = from_variable(source, line, variable[1], family=family, values=values)
    elif literal is not None and URL.match(literal[1]):
        found = from_url(source, line, literal[1], family=family, values=values)
    if found is not None:
        yield found


def _value(text: str) -> str:
    variable, literal = _VARIABLE.search(text), re.search(_QUOTED, text)
    if variable is not None:
        return f"${{{variable[1]}}}"
    number = _NUMBER.search(text)
    return literal[1] if literal else (number[0] if number else "")


def _blanked(text: str) -> str:
    """Without lines that are comments; every position stays."""
    return _COMMENT.sub(lambda match: " " * len(match[0]), text)
