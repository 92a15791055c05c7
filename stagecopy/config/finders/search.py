"""Walks the project's folder and hands each file to the finder of its kind.

Surprising: a file may be hostile or a pipe (some password stores mount `.env` as one, and reading it would block), so
only regular files of a moderate size are read, and never below folders of dependencies.
"""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from stagecopy.config.envfile import assignments
from stagecopy.config.finders import compose, django, dotenv, javascript, properties, rails
from stagecopy.config.finders.candidate import ENVIRONMENT, Candidate, Finder, Source, in_order, judged
from stagecopy.config.finders.urls import URL, dsn_of
from stagecopy.home import STAGING_URL

MAX_BYTES = 256_000
_LONGEST_LINE = 20_000  # nobody writes such a line by hand, and some parsers take quadratic time for one
_DEEPEST = 4
_MOST_FOLDERS = 2_000
_PASSED_BY = frozenset(
    {"node_modules", "vendor", "venv", "env", "dist", "build", "target", "site-packages", "__pycache__"}
)
_EXAMPLES = ("*.example", "*.sample", "*.template", "*.dist", "*example*")
_DOTENV = (".env", ".env.*", "*.env")
_COMPOSE = ("docker-compose*.yml", "docker-compose*.yaml", "compose*.yml", "compose*.yaml")
# Path patterns below the project's folder; a name without a slash counts at any depth that is walked.
FINDERS: tuple[tuple[tuple[str, ...], Finder], ...] = (
    (_DOTENV, dotenv.find),
    (_COMPOSE, compose.find),
    (("config/database.yml", "*/config/database.yml"), rails.find),
    (("settings.py", "*/settings/*.py", "settings/*.py"), django.find),
    (("alembic.ini",), properties.find_alembic),
    (("*.prisma",), javascript.find_prisma),
    (("prisma.config.ts", "prisma.config.js", "prisma.config.mjs"), javascript.find_prisma_config),
    (("drizzle.config.ts", "drizzle.config.js", "drizzle.config.json", "drizzle.config.mjs"), javascript.find_drizzle),
    (("flyway.conf",), properties.find_flyway),
    (("flyway.toml",), properties.find_flyway_toml),
)


def search(folder: Path, environ: Mapping[str, str]) -> list[Candidate]:
    """Every address the application's files and the environment name, likeliest production first."""
    sources = list(_sources(folder))
    values = {**_variables(sources), **environ}
    services = frozenset[str]().union(*(compose.services(each) for each in sources if _matches(each.name, _COMPOSE)))
    found = [
        candidate
        for source in sources
        for patterns, finder in FINDERS
        if _matches(source.name, patterns)
        for candidate in finder(source, values)
    ]
    return in_order(judged(each, services) for each in (*_of_environment(environ), *found))


def _of_environment(environ: Mapping[str, str]) -> Iterator[Candidate]:
    for name, value in sorted(environ.items()):
        dsn = dsn_of(value) if URL.match(value) and name != STAGING_URL else None
        if dsn is not None:
            yield Candidate(file="", line=0, family=ENVIRONMENT, dsn=dsn, variable=name)


def _variables(sources: Iterable[Source]) -> dict[str, str]:
    """What .env files say, to look up what other files refer to: production's file wins."""
    files = [each for each in sources if _matches(each.name, _DOTENV)]
    ordered = sorted(files, key=lambda each: ("prod" in each.name, each.name.endswith(".env"), each.name))
    return {pair.name: pair.value for each in ordered for pair in assignments(each.text)}


def _sources(folder: Path) -> Iterator[Source]:
    wanted = tuple(pattern for patterns, _ in FINDERS for pattern in patterns)
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if _matches(name, wanted) and not any(fnmatch.fnmatchcase(path.name, each) for each in _EXAMPLES):
            text = _text(path)
            if text is not None:
                yield Source(name, text)


def _files(folder: Path) -> Iterator[Path]:
    for count, (here, below, names) in enumerate(os.walk(folder)):
        depth = len(Path(here).relative_to(folder).parts)
        below[:] = sorted(each for each in below if not each.startswith(".") and each not in _PASSED_BY)
        if depth >= _DEEPEST - 1 or count >= _MOST_FOLDERS:
            below.clear()
        yield from (Path(here, name) for name in sorted(names))


def _matches(name: str, patterns: Iterable[str]) -> bool:
    last = name.rpartition("/")[2]
    return any(fnmatch.fnmatchcase(name if "/" in pattern else last, pattern) for pattern in patterns)


def _text(path: Path) -> str | None:
    """The text of a regular file that is not too large, or None."""
    try:
        seen = path.stat()
        if not stat.S_ISREG(seen.st_mode) or seen.st_size > MAX_BYTES:
            return None
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    if "\0" in text or max(map(len, text.split("\n"))) > _LONGEST_LINE:
        return None
    return text.replace("\r\n", "\n")
