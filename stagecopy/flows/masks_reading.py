"""What the verbs below `masks` share: production read as gently as by init, and the rules there are.

Surprising: nothing here needs the masking key or an engine, so rules can be worked on where neither is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from stagecopy.config.load import Project
from stagecopy.flows.preflight import skipped_by
from stagecopy.history.runs import new_id
from stagecopy.masking.classify import Decision, classify
from stagecopy.masking.classify_sample import table_sampler
from stagecopy.masking.keys import SHORTEST, MaskKey
from stagecopy.masking.loader import load_rules
from stagecopy.masking.matching import Matcher
from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.rules import RuleSet
from stagecopy.model.catalog import Column, Table
from stagecopy.production.session import ProductionSession, Scope, open_production
from stagecopy.production.watcher import Patience

ANY_KEY = MaskKey(b"0" * SHORTEST)  # what a mask accepts and guarantees does not depend on the key


def rules_of(project: Project) -> RuleSet:
    """The project's rules; none at all where there is no file yet. Raises UsageError ``bad-rules``."""
    place = rules_place(project)
    return load_rules(place) if place.exists() else RuleSet()


def rules_place(project: Project) -> Path:
    """The folder or file of the rules."""
    return project.path(project.settings.masking.rules)


@contextmanager
def reading(project: Project, verb: str, rules: RuleSet) -> Iterator[ProductionSession]:
    """A guarded read of production, without the relations that *rules* leave out. Raises ProductionError."""
    production = project.settings.production
    scope = Scope(production.schemas, production.exclude, production.lock_timeout, skipped_by(rules))
    patience = Patience(production.yield_after, production.max_time)
    name = f"stagecopy/masks-{verb}-{new_id()}"
    with open_production(project.production(), name, patience=patience, scope=scope) as session:
        yield session


def classified(session: ProductionSession, rules: RuleSet) -> tuple[Decision, ...]:
    """What classify says of every column, after a look at some values of the tables whose rows are copied."""
    matcher = Matcher(session.catalog, rules, Mistakes())
    with closing(session.reader()) as reader, session.errors("looking at some values"):
        sample = table_sampler(reader)

        def of_copied(table: Table, columns: tuple[Column, ...]) -> dict[str, list[str]]:
            if matcher.fate(table).action != "copy":
                return {}
            return {name: list(values) for name, values in sample(table, columns).items()}

        return classify(session.catalog, of_copied)
