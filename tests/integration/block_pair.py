"""Comparing a pair both ways: through the log's touched blocks, and by reading all rows. They must agree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stagecopy.diff import proof
from stagecopy.diff.compare import Compared, Known, compare_both_ways
from stagecopy.diff.exhaustive import disagreements
from stagecopy.model.change import Difference, TableChange
from tests.integration.server_pair import ServerPair


@pytest.fixture(autouse=True)
def reads_blocks_always(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small tables, of which most is touched or which are less than their log, would be read whole: not here."""
    monkeypatch.setattr(proof, "SMALL_BLOCKS", 0)
    monkeypatch.setattr(proof, "MOST_TOUCHED", 2.0)
    monkeypatch.setattr(proof, "LITTLE_WAL", 1 << 40)
    return iter(())


def both_ways(pair: ServerPair, database: str) -> Compared:
    """The difference of one database. Fails when the two ways do not agree."""
    before, after = pair.case(database)
    compared = compare_both_ways(before, after, known=Known(pair.wal), exhaustive=True)
    assert compared.everything is not None
    assert disagreements(compared.found, compared.everything) == ()
    return compared


def table(difference: Difference, name: str) -> TableChange:
    """What happened to one table of the schema public."""
    return next(each for each in difference.tables if each.name == f"public.{name}")


def methods(difference: Difference) -> dict[str, str]:
    """How each table was compared."""
    return {each.table: each.method for each in difference.tables}
