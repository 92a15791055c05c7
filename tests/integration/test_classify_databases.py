"""First rules for real databases, measured against the list of personal columns made by hand before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from stagecopy.masking.classify import Decision, classify
from stagecopy.masking.classify_sample import table_sampler
from stagecopy.masking.draft import draft_rules
from stagecopy.masking.keys import MaskKey
from stagecopy.masking.loader import load_rules
from stagecopy.masking.plan import plan
from stagecopy.model.catalog import Catalog
from stagecopy.model.server import Address
from stagecopy.postgres.catalog import read_catalog
from stagecopy.postgres.connect import connect_production
from stagecopy.postgres.dsn import Dsn
from tests.integration.sample_databases import SAMPLES, create_sample

PERSONAL: dict[str, dict[str, list[str]]] = yaml.safe_load((Path(__file__).parents[1] / "personal.yaml").read_text())
MOST_TODO = 0.10
LEAST_PRECISION = 0.80
_KEY = MaskKey(b"a key for tests, long enough to be taken")


@dataclass(frozen=True)
class Judged:
    """A database and what classify said about it, with and without looking at values."""

    name: str
    catalog: Catalog
    sampled: tuple[Decision, ...]
    unsampled: tuple[Decision, ...]

    @property
    def personal(self) -> set[str]:
        """Names of the personal columns."""
        return {f"{table}.{column}" for table, columns in PERSONAL[self.name].items() for column in columns}


def _judge(name: str, address: Address) -> Judged:
    dsn = Dsn.parse(f"postgresql://{address.user}:{quote(address.password)}@{address.host}:{address.port}/{name}")
    with connect_production(dsn, application_name="stagecopy/test") as connection:
        catalog = read_catalog(connection)
        return Judged(name, catalog, classify(catalog, table_sampler(connection)), classify(catalog))


@pytest.fixture(scope="session", params=SAMPLES)
def judged(request: pytest.FixtureRequest, scratch_server: Address) -> Judged:
    """Each sample, loaded once."""
    return _judge(request.param, create_sample(scratch_server, request.param))


def _named(decisions: tuple[Decision, ...], verdict: str) -> set[str]:
    return {decision.name for decision in decisions if decision.verdict == verdict}


def test_the_list_names_columns_that_exist(judged: Judged) -> None:
    assert judged.personal <= {decision.name for decision in judged.sampled}


def test_every_personal_column_is_masked(judged: Judged) -> None:
    assert judged.personal - _named(judged.sampled, "mask") == set()


def test_without_values_a_personal_column_is_never_kept(judged: Judged) -> None:
    assert judged.personal & _named(judged.unsampled, "keep") == set()


def test_few_columns_are_left_to_a_human(judged: Judged) -> None:
    todo = _named(judged.sampled, "todo")
    assert len(todo) <= MOST_TODO * len(judged.sampled), sorted(todo)


def test_what_is_masked_is_personal(judged: Judged, record_property: pytest.FixtureRequest) -> None:
    masked = _named(judged.sampled, "mask")
    precision = len(masked & judged.personal) / len(masked) if masked else 1.0
    record_property("precision", precision)  # type: ignore[operator]
    assert precision >= LEAST_PRECISION, sorted(masked - judged.personal)


def test_keeping_says_why(judged: Judged) -> None:
    assert all(len(decision.reason) >= 3 for decision in judged.sampled)


def test_partitions_take_the_rules_of_their_parent(judged: Judged) -> None:
    partitions = {table.oid for table in judged.catalog.tables if table.parent_oid is not None}
    assert not partitions & {decision.table.oid for decision in judged.sampled}


def test_the_drafted_rules_can_be_planned_once_the_todos_are_decided(judged: Judged, tmp_path: Path) -> None:
    decided = tuple(
        replace(each, verdict="keep", reason="decided by hand") if each.verdict == "todo" else each
        for each in judged.sampled
    )
    path = tmp_path / "first.yaml"
    path.write_text(draft_rules(judged.catalog, decided), encoding="utf-8")
    planned = plan(judged.catalog, load_rules(path), key=_KEY, locale="en_US")
    masked = {f"{each.table.qualified}.{name}" for each in planned.tables.values() for name in each.masked}
    assert judged.personal <= masked


def test_the_draft_is_the_same_twice(judged: Judged) -> None:
    assert draft_rules(judged.catalog, judged.sampled) == draft_rules(judged.catalog, judged.sampled)
