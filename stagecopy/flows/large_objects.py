"""Large objects, which lie in no table: left in production unless the rules keep them, then copied as they are.

Surprising: they keep their OIDs, because columns refer to them by that number; and the rules choose all or none,
whatever rows of the tables come along. What comes is counted on the snapshot and again in staging.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stagecopy.backups.dump import take_large_objects
from stagecopy.errors import StagingError
from stagecopy.masking.rules import LargeObjects
from stagecopy.model.catalog import Catalog, Column
from stagecopy.model.findings import Fidelity
from stagecopy.model.server import Address
from stagecopy.model.staging import Binaries
from stagecopy.model.wording import counted
from stagecopy.postgres.connect import Connection, connect_staging, staging_errors
from stagecopy.postgres.largeobjects import measured
from stagecopy.production.session import ProductionSession
from stagecopy.staging.restore import SchemaArchive

_NAMED = 12  # columns in one message


class LargeObjectCopy:
    """What becomes of them in one refresh. *rule*: None leaves them behind."""

    def __init__(self, session: ProductionSession, rule: LargeObjects | None) -> None:
        self._session = session
        self._rule = rule
        self._count = session.survey.large_objects
        self._bytes = 0
        self._folder: Path | None = None  # None: the archive of the schema has them

    def dump(self, reader: Connection, binaries: Binaries, folder: Path | None) -> None:
        """Measure them on the snapshot of *reader*; with a *folder*, where the dump has no data, dump them there."""
        if self._rule is None:
            return
        self._count, self._bytes = measured(reader)
        if folder is not None and self._count:
            take_large_objects(self._session, binaries, folder)
            self._folder = folder

    def load(self, archive: SchemaArchive, admin: Address) -> None:
        """Restore those that are kept. Raises StagingError ``rows-missing``."""
        if self._rule is None or not self._count:
            return
        (replace(archive, folder=self._folder) if self._folder else archive).restore_large_objects(admin)
        with connect_staging(admin) as connection, staging_errors("counting large objects"):
            found = measured(connection)
        if found != (self._count, self._bytes):
            message = f"{_said(self._count, self._bytes)} were copied but staging holds {_said(*found)}"
            raise StagingError("rows-missing", message)

    @property
    def left(self) -> int:
        """How many stay in production."""
        return self._count if self._rule is None else 0

    def fidelity(self, catalog: Catalog) -> tuple[Fidelity, ...]:
        """What every report says of them."""
        if not self._count:
            return ()
        if self._rule is not None:
            message = f"{_said(self._count, self._bytes)} came along as they are: {self._rule.reason}"
            return (Fidelity("large-objects-kept", message),)
        names = [
            f"{table.qualified}.{each.name}" for table in catalog.row_tables for each in table.columns if _refers(each)
        ]
        if not names:
            return ()
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        message = f"may refer to large objects, which stayed in production: {', '.join(names[:_NAMED])}{more}"
        return (Fidelity("large-objects-missing", message),)

    @property
    def told(self) -> Mapping[str, Any]:
        """For the receipt."""
        if self._rule is None:
            return {"left_behind": self._count, "kept": 0, "bytes": 0, "reason": None, "where": None}
        kept = {"kept": self._count, "bytes": self._bytes}
        return {"left_behind": 0, **kept, "reason": self._rule.reason, "where": self._rule.where}


def _said(count: int, size: int) -> str:
    return f"{counted(count, 'large object')} ({size:,} bytes)"


def _refers(column: Column) -> bool:
    """Whether it is of type oid, a domain over that (such as the extension's lo), or an array of those."""
    return column.base_type == "oid" or any(each.base_type == "oid" for each in column.parts)
