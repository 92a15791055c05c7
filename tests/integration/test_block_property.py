"""Random changes: block diff, reading everything, and an oracle that counts rows as text tell the same.

The short run is always on. STAGECOPY_SLOW=1 makes 2,000 rounds on each of 15 and 18 (STAGECOPY_ROUNDS chooses), prints
how often each operation met each type and storage, and fails when one never did.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence

import pytest

from tests.integration.block_pair import both_ways, reads_blocks_always
from tests.integration.block_rounds import TYPES, Cell, Rounds, before, cells, contradictions, database_of
from tests.integration.majors import SLOW
from tests.integration.server_pair import ServerPair, server_pair

__all__ = ["reads_blocks_always"]
# As clones under trial have it, and the level that leaves out what is written anew.
_LEVELS = ("replica", "minimal")
_INSISTING = 5  # times
PER_PAIR = 4  # rounds on one database, each on top of those before
SHORT_KINDS = ("numeric", "mood", "pair")


def _round(pair: ServerPair, rounds: Rounds, kind: str, count: int) -> None:
    sides = pair.case(database_of(kind))
    dealt = rounds.deal(kind, count)
    rounds.change(sides[1], dealt)
    found = both_ways(pair, database_of(kind)).found
    rounds.methods.update(each.method for each in found.tables)
    assert contradictions(found, sides) == [], dealt


def test_a_few_rounds_agree() -> None:
    rounds = Rounds(random.Random("blocks"), 15, SHORT_KINDS)  # noqa: S311 - the same in every run
    with server_pair({database_of(kind): before(kind) for kind in SHORT_KINDS}, wal_level=_LEVELS[0]) as pair:
        for kind in SHORT_KINDS:
            _round(pair, rounds, kind, 9)
    assert set(rounds.methods) == {"untouched", "blocks", "full"}


@pytest.mark.skipif(not SLOW, reason="minutes to hours: STAGECOPY_SLOW=1")
@pytest.mark.parametrize("major", [15, 18])
def test_thousands_of_rounds_agree(major: int, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = int(os.environ.get("STAGECOPY_ROUNDS", "2000"))
    seed = os.environ.get("STAGECOPY_SEED", "1")
    rounds = Rounds(random.Random(f"{major} {seed}"), major, tuple(TYPES))  # noqa: S311 - to be repeated
    each = -(-len(cells(tuple(TYPES), major)) * 2 // wanted)  # every cell twice, as far as the rounds go
    made = 0
    while made < wanted:
        scripts = {database_of(kind): before(kind) for kind in TYPES}
        level = _LEVELS[made // (PER_PAIR * len(TYPES)) % 2]
        with server_pair(scripts, major=None if major == 15 else major, wal_log_hints="on", wal_level=level) as pair:
            for kind in [kind for _ in range(PER_PAIR) for kind in TYPES][: wanted - made]:
                _round(pair, rounds, kind, min(each, 12))
                made += 1
        with capsys.disabled():
            print(f"{made} rounds on {major} agree", flush=True)  # noqa: T201 - it takes an hour
    for _ in range(_INSISTING if wanted >= 2000 else 0):
        _insisted(rounds, rounds.missing())
    with capsys.disabled():
        print(f"\n{made} rounds on {major}\n{rounds.told()}\nnever: {rounds.missing()}")  # noqa: T201 - what it is for
    assert wanted < 2000 or rounds.missing() == []


def _insisted(rounds: Rounds, wanted: Sequence[Cell]) -> None:
    """Cells that were refused whenever their turn came, after others had changed the table: now on a new database."""
    counts = rounds.insist(wanted)
    if counts:
        scripts = {database_of(kind): before(kind) for kind in counts}
        with server_pair(scripts, major=None if rounds.major == 15 else rounds.major, wal_log_hints="on") as pair:
            for kind, count in counts.items():
                _round(pair, rounds, kind, count)
