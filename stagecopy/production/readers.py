"""Where a table's rows come from: straight from production, or from the backup just taken.

Both give COPY text in UTF-8 with every column named, in attribute order, generated columns left out.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from psycopg import sql

from stagecopy.errors import StagingError
from stagecopy.model.catalog import Table
from stagecopy.model.staging import Binaries
from stagecopy.postgres.tools import copy_out, production_environment, run_tool
from stagecopy.process import environment
from stagecopy.production.session import ProductionSession

_PIECE = 1 << 20


class Reader(Protocol):
    """Gives the rows of one table after the other; may be used from several threads."""

    def rows(self, table: Table) -> Iterator[bytes]:
        """COPY text of *table* in pieces of any size. Raises ProductionError or StagingError."""


@dataclass(frozen=True, slots=True)
class DirectReader:
    """COPY OUT on the session's own snapshot, one psql child per table."""

    session: ProductionSession
    binaries: Binaries

    def rows(self, table: Table) -> Iterator[bytes]:
        """Stream *table* from production."""
        names = [sql.Identifier(column.name) for column in table.copied_columns]
        columns = sql.SQL("({})").format(sql.SQL(", ").join(names)) if names else sql.SQL("")
        yield from self._copied(sql.SQL("{} {}").format(sql.Identifier(table.schema, table.name), columns), table)

    def selected(self, query: sql.Composed, table: Table) -> Iterator[bytes]:
        """COPY text of what *query* finds in *table*, on the same snapshot. Only composed names and literals go in."""
        yield from self._copied(sql.SQL("({})").format(query), table)

    def _copied(self, what: sql.Composed, table: Table) -> Iterator[bytes]:
        script = sql.SQL(
            "{}BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT {};"
            " SET row_security = off; SET search_path = ''; SET extra_float_digits = 3; SET DateStyle = ISO;"
            " SET IntervalStyle = postgres; SET client_encoding = {};\nCOPY {} TO STDOUT;\nCOMMIT;\n"
        ).format(
            sql.SQL("SET transaction_timeout = 0; " if self.session.catalog.database.major >= 17 else ""),
            sql.Literal(self.session.snapshot),
            sql.Literal(self.session.text_encoding),
            what,
        )
        env = production_environment(self.session.dsn, self.session.application_name)
        with self.session.errors(f"reading {table.qualified}"):
            yield from copy_out(self.binaries, env, script.as_string(None))


@dataclass(frozen=True, slots=True)
class ArchiveReader:
    """Reads the data files of a pg_dump directory. Files are found by the table's OID, never by its name."""

    folder: Path
    files: dict[int, Path]

    def rows(self, table: Table) -> Iterator[bytes]:
        """Stream *table* from the dump. A cut or damaged file is an error, never a shorter table."""
        path = self.files.get(table.oid)
        if path is None:
            raise StagingError("dump-incomplete", "the dump holds no rows for this table", where=table.qualified)
        yield from _inflated(path, table)


def open_archive(binaries: Binaries, folder: Path) -> ArchiveReader:
    """List the dump's contents with pg_restore and map table OIDs to data files."""
    listing = run_tool(binaries, ["pg_restore", "--list", folder], environment()).stdout.decode("utf-8", "replace")
    files = {}
    for line in listing.splitlines():
        # "3371; 0 16385 TABLE DATA public users owner": dump id; catalog, OID of the table
        head, _, rest = line.partition("; ")
        words = rest.split(" ", 4)
        if head.isdigit() and len(words) > 3 and words[2] == "TABLE" and words[3] == "DATA":
            files[int(words[1])] = folder / f"{head}.dat.gz"
    return ArchiveReader(folder, files)


def _inflated(path: Path, table: Table) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            yield from inflated(iter(lambda: stream.read(_PIECE // 4), b""))
    except (OSError, zlib.error) as failure:
        raise StagingError("dump-damaged", f"cannot read the dump: {failure}", where=table.qualified) from failure


def inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What a .gz file holds, in pieces of a megabyte. Raises zlib.error, also for a file that is cut short."""
    inflater = zlib.decompressobj(wbits=31)
    for each in pieces:
        piece = each
        while piece:
            yield inflater.decompress(piece, _PIECE)
            piece = inflater.unconsumed_tail
        if inflater.unused_data:
            raise zlib.error("something follows the end of the data")
    yield inflater.flush()
    if not inflater.eof:
        raise zlib.error("the data file is cut short")
