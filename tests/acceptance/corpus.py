"""Tries every migration of a folder (NNN_name.up.sql, NNN_name.down.sql) on top of the former ones, with its way back.

Each step is tried as the verb does it, on a copy of the state so far, then deployed on the state itself. Dumps taken
beside it, of both states and after the rollback, tell whether what our documents say is so.

Surprising: one server and a database per side, copied as templates: a whole trial takes a second like this, and object
numbers are the same on both sides, as in clones.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from psycopg import sql

from stagecopy.diff.compare import Known, compare
from stagecopy.flows.pair import Pair
from stagecopy.flows.performing import perform
from stagecopy.flows.rollback import proved
from stagecopy.flows.sources import source
from stagecopy.flows.stage import Deployed, Stage, connected
from stagecopy.flows.way_back import way_back
from stagecopy.model.bookkeeping import BOOKKEEPING_TABLES
from stagecopy.model.change import Difference
from stagecopy.model.migration import Migration
from stagecopy.model.server import Address
from stagecopy.model.trial import TrialResult
from stagecopy.postgres.connect import connect_staging
from stagecopy.report.document import trial_document
from stagecopy.trial.running import run_migration
from tests.acceptance.dump_states import State, differing_objects, differing_tables, disagreements, dumped
from tests.acceptance.generated_rows import Filler
from tests.integration.scratch_server import running_server

OWN = Path(__file__).parents[1] / "corpus"
ROLE = "deployer"
_SETTINGS = SimpleNamespace(
    project=SimpleNamespace(
        settings=SimpleNamespace(trial=SimpleNamespace(time_budget=60.0, transaction="auto", scrub=[]))
    )
)


_VARIES = re.compile(r"(?i)\b(?:now|random|clock_timestamp|gen_random_uuid)\s*\(|\bcurrent_(?:timestamp|date)\b")


@dataclass(frozen=True, slots=True)
class Step:
    """One migration: what its trial says, and what of it is not so."""

    name: str
    document: Any
    wrong: tuple[str, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether its rollback brings everything back."""
        return bool(self.document["rollback"]["restores"])


class Corpus:
    """The state so far, a database of a server of its own."""

    def __init__(self, server: Address, password: str) -> None:
        self._server = server
        self._password = password
        self.state = server.to(database="state")

    def prepare(self, script: bytes) -> None:
        """Run *script* as the role that deploys."""
        with connect_staging(self._login(self.state)) as connection:
            connection.execute(b"SET search_path TO public")
            connection.execute(script)

    def fill(self) -> dict[str, int]:
        """Rows for every table that has none."""
        with connect_staging(self.state) as connection:
            return Filler(connection).fill()

    def step(self, path: Path) -> Step:
        """Try the migration at *path* and its rollback, then deploy it."""
        copy = self._copied()
        stage = self._stage(copy)
        migration = Migration((source(path),))
        states = [dumped(self.state)]
        run, effects = perform(stage, migration)

        def compared() -> Difference:
            states.append(dumped(copy))
            return _without_database(compare(self.state, copy, known=Known(logged_in=ROLE)))

        deployed = Deployed(migration, run, compared())
        rollback = proved(stage, deployed, way_back(migration), compared)
        result = TrialResult(trial="corpus", exit=0, run=run, difference=deployed.difference, effects=effects)
        document = trial_document(replace(result, rollback=rollback))
        if run.error is None:
            self.deploy(path)
        return Step(path.name.removesuffix(".up.sql"), document, tuple(_wrong(document, states)))

    def deploy(self, path: Path) -> None:
        """Run the migration at *path* on the state itself, without a look at what it does."""
        with (
            closing(connect_staging(self.state)) as observer,
            closing(connected(self._login(self.state))) as connection,
        ):
            run = run_migration(connection, observer, (source(path),), time_budget=60.0)
        assert run.error is None, (path.name, run.error)

    def _copied(self) -> Address:
        with connect_staging(self._server) as admin:
            admin.execute("DROP DATABASE IF EXISTS copy WITH (FORCE)")
            admin.execute(sql.SQL("CREATE DATABASE copy TEMPLATE state OWNER {}").format(sql.Identifier(ROLE)))
        return self._server.to(database="copy")

    def _stage(self, changed: Address) -> Stage:
        """What performing needs of it; the state and its copy are the pair."""
        nothing: Any = None
        snapshot = cast("Any", SimpleNamespace(source={}))
        pair = Pair(self.state, changed, "template")
        return Stage(cast("Any", _SETTINGS), nothing, snapshot, nothing, pair, ROLE, self._login(changed))

    def _login(self, address: Address) -> Address:
        return address.to(user=ROLE, password=self._password)


@contextmanager
def corpus_of() -> Iterator[Corpus]:
    """An empty state on a server of its own."""
    with running_server(jit="off") as server:
        password = secrets.token_urlsafe(12)
        with connect_staging(server) as admin:
            admin.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(ROLE), sql.Literal(password))
            )
            admin.execute(sql.SQL("CREATE DATABASE state OWNER {}").format(sql.Identifier(ROLE)))
        with connect_staging(server.to(database="state")) as admin:
            admin.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(ROLE)))
        yield Corpus(server, password)


def migrations(folder: Path) -> list[Path]:
    """Those that go forward, in order."""
    return sorted(
        folder.glob("*.up.sql"), key=lambda path: ([int(n) for n in re.findall(r"^\d+", path.name)], path.name)
    )


def expected(path: Path) -> tuple[list[str], str | None, bool]:
    """What the head of the way back says of it: beginnings of what is left, how up goes again, whether it fails."""
    lines = path.with_name(path.name.replace(".up.", ".down.")).read_text(encoding="utf-8").splitlines()
    again = next((line.removeprefix("-- up again: ") for line in lines if line.startswith("-- up again: ")), "works")
    fails = "-- fails" in lines
    return [line[9:] for line in lines if line.startswith("-- left: ")], None if fails else again, fails


def _without_database(difference: Difference) -> Difference:
    """Both sides of a clone have one name; here they are databases of one server."""
    names = ("copy", "state")
    return replace(difference, schema=tuple(each for each in difference.schema if each.name not in names))


def _wrong(document: Any, states: Sequence[State]) -> Iterator[str]:
    """*states*: before, after up, and where they were reached after down and up again."""
    if document["migration"]["error"] is not None:
        return
    yield from disagreements(states[0], states[1], document)
    rollback = document["rollback"]
    if len(states) > 2:
        yield from _rollback_wrong(rollback, states[0], states[2])
    if len(states) > 3:
        numbered = {each["name"] for each in document["tables"] if each["added"]}  # by sequences, which went on
        rows = every = differing_tables(states[1], states[3])
        likely = rows if _tells_the_time(document) else rows & numbered
        rows = rows - {each for each in likely if _as_many(states[1], states[3], each)}
        objects = differing_objects(states[1], states[3])
        works = rollback["up_again"] == "works"  # it may say "differs" where only the time does, as counts may tell
        if (rows or objects) if works else not (every or objects):
            yield f"up again {rollback['up_again']}: dumps differ in {sorted(every)}"


def _tells_the_time(document: Any) -> bool:
    """Whether a statement asks for the time or for luck: the second time it gets another answer."""
    return any(_VARIES.search(each["sql"]) for each in document["migration"]["statements"])


def _as_many(one: State, other: State, table: str) -> bool:
    return len(one.tables.get(table, [])) == len(other.tables.get(table, []))


def _of_bookkeeping(name: str) -> bool:
    """Whether it is, or belongs to, a migration tool's own list, which a trial leaves alone."""
    return any(f".{table}" in name for table in BOOKKEEPING_TABLES)


def _rollback_wrong(rollback: Any, before: State, after: State) -> Iterator[str]:
    told = {
        ".".join(each["subject"].split(".")[:2])
        for each in rollback["differences"]
        if each["kind"] in ("rows", "values")
    }
    tables = differing_tables(before, after)
    objects = {each for each in differing_objects(before, after) if not _of_bookkeeping(each)}
    if {name for name in tables if after.tables.get(name) or before.tables.get(name)} != told:
        yield f"rollback: rows of {sorted(tables)} differ, told are {sorted(told)}"
    if bool(objects) != any(each["kind"] == "schema" for each in rollback["differences"]):
        yield f"rollback: {sorted(objects)} differ, told is {[each['message'] for each in rollback['differences']]}"
