"""Which blocks a log names, read from what pg_waldump of several majors printed."""

from __future__ import annotations

import pytest

from stagecopy.diff import wal
from stagecopy.diff.runs import Runs
from stagecopy.diff.wal import NEUTRAL, touched_blocks
from stagecopy.errors import StagingError

START = "0/1562A40"


def line(resource: str, said: str, *, tx: int = 735, lsn: str = "0/01562A78") -> bytes:
    """One record as pg_waldump prints it."""
    head = f"rmgr: {resource:<11} len (rec/tot): {54:6}/{54:6}, tx: {tx:10}, lsn: {lsn}, prev 0/01562A40, desc: "
    return (head + said + "\n").encode()


FIRST = line("XLOG", "CHECKPOINT_SHUTDOWN redo 0/1562A40; tli 1", tx=0, lsn="0/01562A40")


def test_blocks_are_those_of_the_main_fork_by_database_and_file() -> None:
    text = FIRST + line("Heap", "INSERT off 1 flags 0x00, blkref #0: rel 1663/5/16384 blk 0")
    text += line(
        "Heap",
        "UPDATE off 3 xmax 735 ; new off 1, blkref #0: rel 99/5/16384 blk 7 FPW, blkref #1: rel 99/5/16384 blk 2",
    )
    text += line(
        "Heap2", "MULTI_INSERT+INIT 5 tuples, blkref #0: rel 1663/6/16384 fork vm blk 1, blkref #1: rel 1/6/9 blk 4"
    )
    found = touched_blocks([text], major=15, start=START)
    assert dict(found.blocks) == {(5, 16384): {0, 7, 2}, (6, 9): {4}}


@pytest.mark.parametrize("major", sorted(NEUTRAL))
def test_records_that_alter_no_value_are_dropped_and_unknown_ones_are_not(major: int) -> None:
    neutral = [
        line(resource, f"{name} of it, blkref #0: rel 1663/5/1 blk 3")
        for resource, names in NEUTRAL[major].items()
        for name in names
    ]
    assert not touched_blocks([FIRST, *neutral], major=major, start=START).blocks
    others = ("Heap INPLACE", "Heap HEAP_CONFIRM", "XLOG FPI", "Heap2 PRUNE_OTHER", "Heap LOCK_MORE", "Generic LOCK")
    for name in others:
        resource, record = name.split()
        text = line(resource, f"{record} x, blkref #0: rel 1663/5/1 blk 3")
        assert touched_blocks([FIRST, text], major=major, start=START).blocks == {(5, 1): {3}}, name


def test_a_record_is_neutral_on_the_majors_that_have_it_only() -> None:
    text = line("Heap2", "FREEZE_PAGE cutoff xid 1, blkref #0: rel 1663/5/1 blk 3")
    assert touched_blocks([FIRST, text], major=18, start=START).blocks
    assert not touched_blocks([FIRST, text], major=15, start=START).blocks


def test_text_of_a_migration_hides_nothing() -> None:
    name = "x, desc: LOCK\nrmgr: Heap  len (rec/tot): 1/ 1, tx: 1, lsn: 0/1, prev 0/1, desc: LOCK "
    text = line("Transaction", f"PREPARE gid {name}: 2024") + line(
        "Heap", "DELETE off 1, blkref #0: rel 1663/5/1 blk 3"
    )
    assert touched_blocks([FIRST, text], major=15, start=START).blocks == {(5, 1): {3}}


def test_images_databases_and_prepared_transactions_are_told() -> None:
    text = FIRST + line("XLOG", "FPI , blkref #0: rel 1663/5/77 blk 0 FPW")
    text += line("Database", "CREATE_FILE_COPY copy dir 1663/1 to 1663/16401") + line("Database", "DROP dir 1663/16400")
    text += line("Transaction", "PREPARE gid a: 2024-01-01", tx=800)
    text += line("Transaction", "COMMIT_PREPARED 800: 2024-01-01", tx=0)
    text += line("Transaction", "COMMIT_PREPARED 801: 2024-01-01", tx=0) + line("Transaction", "COMMIT 2024", tx=802)
    found = touched_blocks([text], major=15, start=START)
    assert (found.images, found.databases) == ({(5, 77)}, {1, 16400, 16401})
    assert (found.prepared, found.foreign, found.committed) == ({800}, {801}, {802})


def test_pieces_may_end_anywhere() -> None:
    text = FIRST + b"".join(line("Heap", f"DELETE off 1, blkref #0: rel 1663/5/1 blk {block}") for block in range(50))
    for size in (1, 7, 100, 4096):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert touched_blocks(pieces, major=15, start=START).blocks == {(5, 1): set(range(50))}


@pytest.mark.parametrize(
    "text", [b"", FIRST[:-5], FIRST.replace(b"01562A40, prev", b"01562A48, prev"), b"first record\n"]
)
def test_a_text_that_is_not_whole_is_refused(text: bytes) -> None:
    with pytest.raises(StagingError, match="the log"):
        touched_blocks([text], major=15, start=START)


def test_more_blocks_than_fit_into_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wal, "MOST_BLOCKS", 9)
    text = [line("Heap", f"DELETE off 1, blkref #0: rel 1663/5/1 blk {block}") for block in range(10)]
    assert len(touched_blocks([FIRST, *text[:9]], major=15, start=START).blocks[5, 1]) == 9
    with pytest.raises(StagingError, match="more blocks"):
        touched_blocks([FIRST, *text], major=15, start=START)


def test_runs_and_what_lies_between() -> None:
    runs = Runs.of({9, 3, 4, 5, 0})
    assert (runs.runs, runs.blocks) == (((0, 1), (3, 6), (9, 10)), 5)
    assert runs.between(20).runs == ((1, 3), (6, 9), (10, 20))
    assert runs.between(5).runs == ((1, 3),)
    assert Runs.of(()).between(3).runs == ((0, 3),)
    assert Runs.of({2**32 - 2}).runs == ((2**32 - 2, 2**32 - 1),)
