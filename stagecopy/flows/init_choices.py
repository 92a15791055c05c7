"""What `stagecopy init` asks, and whom: a person at a terminal or the flags. The flow does not know which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from stagecopy.config.finders.candidate import ENVIRONMENT, Candidate
from stagecopy.config.finders.urls import url_of
from stagecopy.config.load import Project
from stagecopy.flows.ignores import Ignore
from stagecopy.masking.classify import Decision

PRODUCTION = "STAGECOPY_PRODUCTION_URL"


@dataclass(frozen=True, slots=True)
class Address:
    """Where production is: the variable that stagecopy.yaml refers to, its value, and where that was found."""

    variable: str
    url: str = field(repr=False)
    place: str | None = None
    file: str | None = None  # that holds it literally
    in_environment: bool = False

    @classmethod
    def of(cls, candidate: Candidate) -> Address | None:
        """The address of a candidate; None if it has none."""
        if candidate.dsn is None:
            return None
        here = candidate.family == ENVIRONMENT
        url = url_of(candidate.dsn)
        return cls(candidate.variable or PRODUCTION, url, candidate.place, candidate.file or None, here)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a read-only look at production showed."""

    shown: str
    major: int
    tables: int
    role: str
    decisions: tuple[Decision, ...]
    rules: str = field(repr=False)

    def count(self, verdict: str) -> int:
        """How many columns got *verdict*: mask, keep or todo."""
        return sum(each.verdict == verdict for each in self.decisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything init would write. None: it is there already, or not wanted."""

    project: Project
    config: Path
    text: str | None
    looked: Looked
    engine: str
    key: Path | None
    rules: Path | None
    address: Address | None = None
    env: Path | None = None
    identity: Path | None = None
    ignores: tuple[Ignore, ...] = ()

    def files(self) -> list[tuple[str, Path]]:
        """What would be written, in words."""
        named = (
            ("settings", self.config if self.text is not None else None),
            ("masking key", self.key),
            ("masking rules", self.rules),
            ("production's URL", self.env),
            ("age identity", self.identity),
        )
        found = [(name, path) for name, path in named if path is not None]
        return [*found, *((f"{len(each.missing)} lines more", each.path) for each in self.ignores)]


class Answers(Protocol):
    """Who answers. Any of these may raise UsageError or KeyboardInterrupt: nothing was written then."""

    def production(self, candidates: Sequence[Candidate], /) -> Address:
        """Which of the candidates is production."""

    def wants_candidates(self) -> bool:
        """Whether the choice is to be made even where the environment already says it."""

    def looking(self, shown: str, /) -> None:
        """Production is about to be read."""

    def looked(self, looked: Looked, engine: str, home: Path, /) -> None:
        """What was seen."""

    def store_url(self, path: Path, address: Address, /) -> bool:
        """Whether the URL goes into a private file outside the project."""

    def identity(self, path: Path, /) -> bool:
        """Whether an age identity is made."""

    def agreed(self, plan: Plan, /) -> bool:
        """Whether to write."""
