"""One place that says where production may be, and how it is judged. It never shows the password.

Surprising: a URL with an unescaped @ or / in its password is read by libpq with a piece of the password in the host or
the database, which are shown. What does not look like a host, a port and a name is therefore no address at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from stagecopy.postgres.dsn import Dsn

Values = Mapping[str, str]  # variables whose values are known: the environment's and those of .env files

ENVIRONMENT = "environment"
_HERE = ("localhost", "host.docker.internal", "0.0.0.0", "::1", "[::1]")  # noqa: S104 - compared with, never bound
_LOCAL_ENDINGS = (".localhost", ".local", ".test", ".internal.docker", ".example", ".example.com", ".invalid")
_DEVELOPMENT_FILE = re.compile(r"(?:^|[._/-])(?:dev|development|test|testing|local|ci|e2e)(?:[._/-]|$)")
_PRODUCTION_FILE = re.compile(r"(?:^|[._/-])(?:prod|production|live)(?:[._/-]|$)")


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the application: its name below the project's folder, and its text."""

    name: str
    text: str

    def line_of(self, position: int) -> int:
        """The line of a position in the text."""
        return self.text.count("\n", 0, position) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address somebody wrote down. ``variable`` is the one that holds the whole URL, if one does."""

    file: str
    line: int
    family: str
    dsn: Dsn | None = None
    variable: str | None = None
    problem: str | None = None  # why there is no address
    development: str | None = None  # why it does not look like production

    @property
    def place(self) -> str:
        """``file:line``, or the variable of the environment."""
        return f"${self.variable}" if self.family == ENVIRONMENT else f"{self.file}:{self.line}"

    @property
    def shown(self) -> str:
        """``user@host:port/database``, or why there is none."""
        return self.dsn.shown if self.dsn else (self.problem or "")


Finder = Callable[[Source, Values], Iterable[Candidate]]


def judged(candidate: Candidate, services: frozenset[str] = frozenset()) -> Candidate:
    """With ``development`` filled in; *services* are names of compose services."""
    return replace(candidate, development=candidate.development or _why_development(candidate, services))


def _why_development(candidate: Candidate, services: frozenset[str]) -> str | None:
    if candidate.dsn is None:
        return None
    hosts = (candidate.dsn.get("host") or "").lower().split(",")
    for host in hosts:
        if not host or host.startswith("/"):
            return "a local socket"
        if host in _HERE or host.startswith("127.") or host.endswith(_LOCAL_ENDINGS):
            return f"host {host}"
        if host in services:
            return f"{host} is a compose service"
        if "." not in host and ":" not in host:
            return f"{host} is a name without a domain"
    return f"the name of {candidate.file}" if _DEVELOPMENT_FILE.search(candidate.file) else None


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each address once, what looks most like production first."""
    first: dict[object, Candidate] = {}
    for each in sorted(candidates, key=_rank):
        first.setdefault(each.dsn or (each.variable, each.problem), each)
    return list(first.values())


def _rank(candidate: Candidate) -> tuple[bool, bool, bool, bool, str, int]:
    return (
        candidate.dsn is None,
        candidate.development is not None,
        candidate.family != ENVIRONMENT,
        not _PRODUCTION_FILE.search(candidate.file),
        candidate.file,
        candidate.line,
    )
