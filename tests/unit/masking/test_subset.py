"""The closure against a plain model in sets and dicts, on random tables: rings, composite keys, self references."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from stagecopy.masking.subset import CHOSEN, FOLLOWS, LEFT, OUT, Link, closure

Row = tuple[int, int]  # table, position


@dataclass
class World:
    """Rows with their states, and links as lists: code of each source row, code of each target row."""

    states: dict[int, list[int]]
    links: list[tuple[int, int, list[int | None], list[int | None], bool]] = field(default_factory=list)

    def closure(self) -> tuple[set[Row], set[Row]]:
        """What the program keeps, and what of that it calls pulled."""
        states = {table: pl.Series(each, dtype=pl.UInt8) for table, each in self.states.items()}
        links = [
            Link(one, other, pl.Series(refs, dtype=pl.Int64), pl.Series(keys, dtype=pl.Int64), 9, every=every)
            for one, other, refs, keys, every in self.links
        ]
        kept = closure(states, links)
        rows = {(table, position) for table, each in kept.items() for position in each.rows.arg_true()}
        return rows, {(table, position) for table, each in kept.items() for position in each.pulled.arg_true()}

    def rows(self, *wanted: int) -> set[Row]:
        """Rows in one of these states."""
        return {(t, i) for t, states in self.states.items() for i, state in enumerate(states) if state in wanted}

    def targets(self, row: Row, *, own_table: bool | None = None) -> list[tuple[set[Row], bool]]:
        """For each reference of *row* that leads somewhere, the rows it means."""
        found = []
        for one, other, refs, keys, every in self.links:
            if one == row[0] and refs[row[1]] is not None and own_table in {None, one == other}:
                means = {(other, i) for i, key in enumerate(keys) if key == refs[row[1]]}
                if means:
                    found.append((means, every))
        return found


def model(world: World) -> tuple[set[Row], set[Row]]:
    """The three steps as the module's first lines tell them."""
    able = world.rows(OUT, CHOSEN, FOLLOWS)

    def pulled_from(start: set[Row]) -> set[Row]:
        came, waiting = set(start), list(start)
        while waiting:
            for means, _ in world.targets(waiting.pop()):
                new = (means & able) - came
                came |= new
                waiting += new
        return came

    def holds(reference: tuple[set[Row], bool], there: set[Row]) -> bool:
        means, every = reference
        return means <= there if every else bool(means & there)

    chosen = world.rows(CHOSEN)
    came = pulled_from(chosen)
    own = chosen | world.rows(FOLLOWS)
    while True:
        tied = {row: world.targets(row, own_table=False) for row in own - chosen}
        falls = {
            row
            for row, refs in tied.items()
            if refs and (not all(holds(each, came | own) for each in refs) or not any(means & own for means, _ in refs))
        }
        if not falls:
            break
        own -= falls
    kept = pulled_from(came | own)
    return kept, kept - own


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to four tables of up to six rows, up to five links, any of them to the same table or in a ring."""
    sizes = draw(st.lists(st.integers(0, 6), min_size=1, max_size=4))
    world = World({table: draw(st.lists(st.sampled_from([OUT, CHOSEN, FOLLOWS, LEFT]), min_size=size, max_size=size))
                   for table, size in enumerate(sizes)})  # fmt: skip
    code = st.one_of(st.none(), st.integers(0, 8))
    for _ in range(draw(st.integers(0, 5))):
        one, other = (draw(st.integers(0, len(sizes) - 1)) for _ in range(2))
        refs = draw(st.lists(code, min_size=sizes[one], max_size=sizes[one]))
        unique = draw(st.booleans())
        keys: list[int | None] = list(draw(st.lists(st.integers(0, 8), min_size=6, max_size=6, unique=True)))
        del keys[sizes[other] :]
        if not unique:
            keys = draw(st.lists(code, min_size=sizes[other], max_size=sizes[other]))
        if unique:  # a reference leads somewhere, or is null, as production's keys see to
            refs = [each if each in keys else None for each in refs]
        known = set(keys)
        refs = [each if each in known else None for each in refs]
        world.links.append((one, other, refs, keys, draw(st.booleans())))
    return world


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_the_closure_is_the_models(world: World) -> None:
    assert world.closure() == model(world)


@settings(max_examples=80, deadline=None)
@given(worlds())
def test_every_reference_of_a_row_that_came_holds_unless_it_leads_to_what_is_left(world: World) -> None:
    kept, pulled = world.closure()
    able = world.rows(OUT, CHOSEN, FOLLOWS)
    referred: set[Row] = set()
    for row in kept:
        for means, _ in world.targets(row):
            referred |= means
            assert means & able <= kept or row not in world.rows(CHOSEN, OUT)
            assert means & kept or not means & able
    assert world.rows(CHOSEN) <= kept
    assert pulled <= referred, "nothing is pulled that no row refers to"
    assert not kept & world.rows(LEFT)


def test_a_ring_that_follows_holds_itself_up() -> None:
    """a -> b -> a, both follow c; the ring of the chosen row stays, the other goes."""
    world = World(
        {0: [CHOSEN, OUT], 1: [FOLLOWS, FOLLOWS], 2: [FOLLOWS, FOLLOWS]},
        [
            (1, 0, [0, 1], [0, 1], False),
            (1, 2, [0, 1], [0, 1], False),
            (2, 1, [0, 1], [0, 1], False),
        ],
    )
    assert world.closure() == ({(0, 0), (1, 0), (2, 0)}, set())


def test_what_was_pulled_brings_no_children_but_does_not_keep_a_line_of_a_chosen_order_away() -> None:
    """Orders are chosen and pull their users; lines follow both; events follow users alone."""
    world = World(
        {0: [OUT, OUT], 1: [CHOSEN, OUT], 2: [FOLLOWS, FOLLOWS], 3: [FOLLOWS, FOLLOWS]},
        [
            (1, 0, [0, 1], [0, 1], False),
            (2, 0, [0, 1], [0, 1], False),
            (2, 1, [0, 1], [0, 1], False),
            (3, 0, [0, 1], [0, 1], False),
        ],
    )
    assert world.closure() == ({(0, 0), (1, 0), (2, 0)}, {(0, 0)})


def test_a_chain_of_a_hundred_thousand_in_one_table_is_pulled_in_a_few_rounds() -> None:
    size = 100_000
    keys = pl.int_range(size, eager=True)
    link = Link(0, 0, keys.shift(1), keys, size)
    states = pl.repeat(OUT, size, dtype=pl.UInt8, eager=True).scatter([size - 1], CHOSEN)
    kept = closure({0: states}, [link])[0]
    assert (kept.rows.sum(), kept.pulled.sum()) == (size, size - 1)


def test_a_table_without_rows_is_no_trouble() -> None:
    world = World({0: [], 1: [FOLLOWS]}, [(1, 0, [None], [], False), (0, 0, [], [], False)])
    assert world.closure() == ({(1, 0)}, set())
