"""What the types of columns are made of: elements of arrays, fields of composite types, labels of enums.

Surprising: a part is itself a ``Column``, without a number and never NOT NULL, so that a mask judges it as it does any
other. Domains are looked through, at every level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stagecopy.model.catalog import Column
from stagecopy.postgres.connect import Connection
from stagecopy.postgres.sqlfile import statement

_HEADER = 4  # bytes that a typmod counts along with the characters


@dataclass(frozen=True, slots=True)
class _Type:
    name: str
    category: str
    spelling: str
    base: int  # of a domain, else 0
    base_typmod: int
    element: int  # of an array, else 0
    delimiter: str
    labels: tuple[str, ...]
    fields: tuple[tuple[str, int, int], ...]  # name, type, typmod


@dataclass(frozen=True, slots=True)
class Types:
    """The types that a catalog's columns reach, by OID."""

    by_oid: Mapping[int, _Type]

    def with_parts(self, column: Column) -> Column:
        """The column with what its type is made of."""
        found = self._below_domains(column.type_oid, column.typmod)
        if found is None:
            return column
        kind, typmod = found
        parts = tuple(self._parts(kind, typmod))
        if not parts and not kind.labels:
            return column
        return replace(column, parts=parts, labels=kind.labels, delimiter=kind.delimiter)

    def _parts(self, kind: _Type, typmod: int) -> Iterator[Column]:
        if kind.element:
            yield self._part("element", kind.element, typmod)
        for name, oid, each in kind.fields:
            yield self._part(name, oid, each)

    def _part(self, name: str, oid: int, typmod: int) -> Column:
        own = self.by_oid[oid]
        kind, below = self._below_domains(oid, typmod) or (own, typmod)
        limited = kind.name in ("varchar", "bpchar") and below > _HEADER
        plain = Column(
            attnum=0,
            name=name,
            type=own.spelling,
            type_oid=oid,
            typmod=typmod,
            base_type=kind.name,
            category=kind.category,
            length=below - _HEADER if limited else None,
            not_null=False,
            generated="",
            identity="",
            has_default=False,
            comment=None,
        )
        return self.with_parts(plain)

    def _below_domains(self, oid: int, typmod: int) -> tuple[_Type, int] | None:
        kind = self.by_oid.get(oid)
        while kind is not None and kind.base:
            typmod = kind.base_typmod if typmod == -1 else typmod
            kind = self.by_oid.get(kind.base)
        return None if kind is None else (kind, typmod)


def read_types(connection: Connection, within: Mapping[str, Any]) -> Types:
    """The types of the columns of the tables in *within*."""
    return Types({row[0]: _type(row[1:]) for row in connection.execute(statement("type_parts"), within)})


def _type(row: Sequence[Any]) -> _Type:
    name, category, spelling, base, base_typmod, element, delimiter, labels, fields, types, typmods = row
    inside = tuple(zip(fields, types, typmods, strict=True))
    return _Type(name, category, spelling, base, base_typmod, element, delimiter, tuple(labels), inside)
