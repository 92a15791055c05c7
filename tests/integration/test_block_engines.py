"""Each engine that holds data directories reads the log of its servers; without pg_waldump everything is compared."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stagecopy.diff import proof
from stagecopy.diff.compare import Known, compare
from stagecopy.diff.wal import Touched, touched_blocks
from stagecopy.errors import StagecopyError, StagingError
from stagecopy.flows.difference import compared_in_full, difference_of
from stagecopy.flows.pair import Pair
from stagecopy.flows.stage import Stage
from stagecopy.history.runs import Run
from stagecopy.model.staging import ServerOptions
from stagecopy.postgres.connect import connect_staging
from stagecopy.postgres.walrange import wal_end, wal_start
from stagecopy.staging.snapshots import EngineSpec, Snapshot
from stagecopy.staging.wal import DumpsWal, WalSource
from tests.integration.block_pair import methods, reads_blocks_always
from tests.integration.engine_fixtures import EVERY_ENGINE, SMALL, SPEC, Lab
from tests.integration.server_pair import LogReader, ServerPair, migrate, server_pair

__all__ = ["reads_blocks_always"]
ROWS = "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 900)"
SNAPSHOT = Snapshot(
    id="s",
    directory="d",
    taken_at=datetime.now(UTC),
    engine=EngineSpec("embedded", 15),
    database="shop",
    trial_role="r",
    stand_in=False,
    key_id="k",
    rows={"public.t": 900},
    masked={},
    fidelity=(),
)


@EVERY_ENGINE
def test_an_engine_reads_the_log_of_a_running_server(lab: Lab) -> None:
    engine = lab.engine
    if not isinstance(engine, DumpsWal):
        return  # a server of somebody's: its directory is out of reach, and trials there compare in full
    engine.initialise("logged", "clone", run="run-9", spec=SPEC)
    try:
        address = engine.start("logged", ServerOptions(settings={**SMALL, "wal_keep_size": "1GB"}))
        source = WalSource(engine, "logged", wal_start(address))
        assert source.start.certain
        with connect_staging(address) as connection:
            connection.execute("SET synchronous_commit = off; CREATE TABLE public.t (id int)")
            connection.execute("CHECKPOINT")
            connection.execute("INSERT INTO public.t VALUES (1)")
            query = "SELECT d.oid::int, c.relfilenode::int FROM pg_database d, pg_class c WHERE d.datname = 'postgres'"
            place = connection.execute(query + " AND c.oid = 'public.t'::regclass").fetchone()
        end = wal_end(address, source.start)
        found = touched_blocks(source.read(end), major=source.start.major, start=source.start.lsn)
        assert found.blocks[place or (0, 0)] == {0}
        assert end.xid in found.committed
        with pytest.raises(StagingError, match="pg_waldump ended with exit code 1"):
            b"".join(source.read(replace(end, lsn="F/10000028", file="000000010000000F00000010")))
    finally:
        engine.destroy("logged")


@pytest.fixture(scope="module")
def pair() -> Iterator[ServerPair]:
    with server_pair({"shop": ROWS}) as made:
        migrate(made.case("shop")[1], "DELETE FROM t WHERE id = 7")
        yield made


def test_without_pg_waldump_everything_is_compared_and_the_report_says_so(pair: ServerPair, tmp_path: Path) -> None:
    reader = replace(pair.wal, engine=LogReader(tmp_path, tmp_path))
    found = compare(*pair.case("shop"), known=Known(reader))
    assert (methods(found), found.tables[0].removed) == ({"t": "full"}, 1)
    (said,) = compared_in_full(found)
    assert (said.code, "there is no pg_waldump" in said.message) == ("compared-in-full", True)


def _trial(pair: ServerPair, folder: Path, *, exhaustive: bool) -> int:
    before, after = pair.case("shop")
    run = Run("r", "trial", folder)
    nothing: Any = None
    stage = Stage(nothing, run, SNAPSHOT, nothing, Pair(before, after, "copy", pair.wal), "r", after)
    difference = difference_of(stage, exhaustive=exhaustive)
    assert methods(difference) == {"t": "blocks"} or not exhaustive
    return difference.tables[0].removed


def test_both_ways_agree_without_a_word(pair: ServerPair, tmp_path: Path) -> None:
    assert _trial(pair, tmp_path, exhaustive=True) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_disagreement_is_our_bug_and_its_evidence_stays(
    pair: ServerPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(chunks: Iterable[bytes], *, major: int, start: str, **_: object) -> Touched:
        found = touched_blocks(chunks, major=major, start=start)
        found.blocks.clear()
        return found

    monkeypatch.setattr(proof, "touched_blocks", forgetful)
    assert _trial(pair, tmp_path, exhaustive=False) == 0
    with pytest.raises(StagecopyError) as caught:
        _trial(pair, tmp_path, exhaustive=True)
    assert (caught.value.code, caught.value.exit_code) == ("diff-disagrees", 70)
    evidence = json.loads((tmp_path / "disagreement.json").read_text(encoding="utf-8"))
    (table,) = evidence["tables"]
    assert (table["found"]["removed"], table["by_reading_all"]["removed"]) == (0, 1)
    assert b"rmgr: Heap" in gzip.decompress((tmp_path / "wal.txt.gz").read_bytes())
