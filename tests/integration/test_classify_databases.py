"""First rules for real databases, measured against the list of personal columns made by hand before."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from stagecopy.masking.classify import Decision, classify
from stagecopy.masking.classify_sample import table_sampler
from stagecopy.masking.coverage import cover
from stagecopy.masking.draft import draft_rules
from stagecopy.masking.keys import MaskKey
from stagecopy.masking.loader import load_rules
from stagecopy.masking.plan import plan
from stagecopy.masking.rules import RuleSet
from stagecopy.masking.suggest import Suggestions, suggest
from stagecopy.model.catalog import Catalog
from stagecopy.model.server import Address
from stagecopy.postgres.catalog import read_catalog
from stagecopy.postgres.connect import connect_production
from stagecopy.postgres.dsn import Dsn
from tests.integration.sample_databases import SAMPLES, create_sample

PERSONAL: dict[str, dict[str, list[str]]] = yaml.safe_load((Path(__file__).parents[1] / "personal.yaml").read_text())
MOST_TODO = 0.10
# Not on the list of columns that must differ in every row, but about a person all the same (see there).
ALSO_PERSONAL = {"public.employee.gender"}
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


def _dsn(name: str, address: Address) -> Dsn:
    return Dsn.parse(f"postgresql://{address.user}:{quote(address.password)}@{address.host}:{address.port}/{name}")


def _judge(name: str, dsn: Dsn) -> Judged:
    with connect_production(dsn, application_name="stagecopy/test") as connection:
        catalog = read_catalog(connection)
        return Judged(name, catalog, classify(catalog, table_sampler(connection)), classify(catalog))


@pytest.fixture(scope="session")
def server_of_samples() -> dict[str, Dsn]:
    """Where each sample is, once it is loaded."""
    return {}


@pytest.fixture(scope="session", params=SAMPLES)
def judged(request: pytest.FixtureRequest, scratch_server: Address, server_of_samples: dict[str, Dsn]) -> Judged:
    """Each sample, loaded once."""
    address = create_sample(scratch_server, request.param)
    made = _dsn(request.param, address)
    server_of_samples[request.param] = made
    return _judge(request.param, made)


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


@pytest.fixture
def suggested(judged: Judged) -> Suggestions:
    """What `masks suggest` proposes where there is no rule yet."""
    return suggest(cover(judged.catalog, RuleSet()), judged.sampled)


def test_suggest_alone_masks_all_that_is_personal_and_little_else(suggested: Suggestions, judged: Judged) -> None:
    masked = _named(suggested.proposed, "mask")
    assert judged.personal <= masked
    plainly = masked & (judged.personal | ALSO_PERSONAL)
    assert len(plainly) >= LEAST_PRECISION * len(masked), sorted(masked - plainly)
    assert suggested.count("todo") <= MOST_TODO * len(judged.sampled)


def test_suggest_is_a_whole_set_of_rules(suggested: Suggestions, judged: Judged, tmp_path: Path) -> None:
    """With the todos decided it plans, masks the same columns, and a second suggest has nothing to say."""
    (tmp_path / "proposed.yaml").write_text(suggested.yaml or "", encoding="utf-8")
    todo = [each for each in suggested.proposed if each.verdict == "todo"]
    decided = "".join(f"  - {json.dumps(_only(each))}\n" for each in todo)
    (tmp_path / "todo.yaml").write_text(f"version: 1\npatterns:\n{decided}" if todo else "version: 1\n")
    rules = load_rules(tmp_path)
    planned = plan(judged.catalog, rules, key=_KEY, locale="en_US")
    masked = {f"{each.table.qualified}.{name}" for each in planned.tables.values() for name in each.masked}
    assert _named(suggested.proposed, "mask") <= masked
    assert suggest(cover(judged.catalog, rules), judged.sampled).yaml is None


def _only(decision: Decision) -> dict[str, str]:
    where = {"schema": decision.table.schema, "table": decision.table.name, "column": decision.column.name}
    return {**where, "keep": "decided by hand"}


def test_patterns_save_lines_and_mask_nothing_less(suggested: Suggestions, judged: Judged) -> None:
    kept = {each.name for each in suggested.proposed if each.place in suggested.patterned}
    assert not kept & judged.personal
    assert sum(each.columns for each in suggested.patterns) == len(kept)


def test_reasons_repeat_no_value(judged: Judged, server_of_samples: dict[str, Dsn]) -> None:
    """No sampled value of a masked column is in its reason, unless it is the column's own name."""
    with connect_production(server_of_samples[judged.name], application_name="stagecopy/test") as connection:
        sample = table_sampler(connection)
        for each in judged.sampled:
            values = sample(each.table, (each.column,)).get(each.column.name, ()) if each.verdict == "mask" else ()
            said = [value for value in values if len(value) > 5 and value in each.reason]
            assert not [value for value in said if value not in each.column.name], each.name


def test_the_draft_is_the_same_twice(judged: Judged) -> None:
    assert draft_rules(judged.catalog, judged.sampled) == draft_rules(judged.catalog, judged.sampled)
