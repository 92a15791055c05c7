"""The plan that lies beside a snapshot's manifest: it is no snapshot, and goes with it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stagecopy.home import Home, open_home
from stagecopy.staging.snapshots import EngineSpec, Snapshot, all_snapshots, forget, read_plan, save, write_plan

PLAN = {"format": 1, "tables": {}}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with nothing in it."""
    return open_home(tmp_path / "home", "shop")


def _snapshot(number: int) -> Snapshot:
    return Snapshot(
        id=f"20260101-00000{number}-abcd",
        directory=f"snapshot-{number}",
        taken_at=datetime(2026, 1, 1, tzinfo=UTC),
        engine=EngineSpec("embedded", 15),
        database="shop",
        trial_role="app",
        stand_in=False,
        key_id="k",
        rows={},
        masked={},
        fidelity=(),
    )


def test_a_plan_is_kept_with_its_snapshot(home: Home) -> None:
    one = _snapshot(1)
    write_plan(home, one.id, PLAN)
    save(home, one)
    assert read_plan(home, one.id) == PLAN
    assert [each.id for each in all_snapshots(home)] == [one.id]
    forget(home, one)
    assert list(home.snapshots.iterdir()) == []


def test_a_snapshot_of_before_has_no_plan(home: Home) -> None:
    save(home, _snapshot(1))
    assert read_plan(home, _snapshot(1).id) is None


def test_the_plan_of_a_run_that_died_before_its_manifest_is_removed(home: Home) -> None:
    write_plan(home, _snapshot(1).id, PLAN)
    write_plan(home, _snapshot(2).id, PLAN)
    save(home, _snapshot(2))
    assert read_plan(home, _snapshot(1).id) is None
    assert read_plan(home, _snapshot(2).id) == PLAN
