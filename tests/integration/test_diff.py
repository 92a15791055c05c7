"""The diff against real servers: every case of diff_cases, compared in full, and what single cases say beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from stagecopy.diff.compare import compare
from stagecopy.errors import StagingError
from stagecopy.model.change import ColumnChange, Difference, SchemaChange, TableChange
from tests.integration.diff_cases import CASES
from tests.integration.server_pair import ServerPair, migrate, server_pair


def _available(extension: str | None) -> bool:
    return extension is None or any(Path("/usr/share/postgresql").glob(f"*/extension/{extension}.control"))


@pytest.fixture(scope="module")
def servers() -> Iterator[ServerPair]:
    scripts = {name: case.before for name, case in CASES.items() if _available(case.extension)}
    with server_pair(scripts) as pair:
        yield pair


def told(change: TableChange) -> dict[str, Any]:
    """A table's change without what is 0."""
    found = {
        name: getattr(change, name)
        for name in ("change", "renamed_from", "added", "removed", "changed", "moved", "keyless")
        if getattr(change, name)
    }
    if (change.rows_before, change.rows_after) != (None, None):
        found["rows"] = (change.rows_before, change.rows_after)
    columns = {name: {k: v for k, v in asdict(each).items() if v} for name, each in change.columns.items()}
    return found | ({"columns": columns} if columns else {})


_done: dict[str, Difference] = {}


def run(servers: ServerPair, name: str) -> Difference:
    """The difference of one case, migrated once."""
    case = CASES[name]
    if not _available(case.extension):
        pytest.skip(f"no extension {case.extension} here")
    if name not in _done:
        before, after = servers.case(name)
        migrate(after, case.migration)
        _done[name] = compare(before, after)
    return _done[name]


def table(difference: Difference, name: str) -> TableChange:
    return next(each for each in difference.tables if each.name == name)


@pytest.mark.parametrize("name", CASES)
def test_case(servers: ServerPair, name: str) -> None:
    difference = run(servers, name)
    found = {each.name: told(each) for each in difference.tables if each.touched or each.renamed_from}
    expected = {key if "." in key else f"public.{key}": value for key, value in CASES[name].tables.items()}
    assert found == expected
    for each in difference.tables:
        assert len(each.samples) <= 5
        assert each.method == "full"
