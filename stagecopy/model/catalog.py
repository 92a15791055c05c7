"""What a PostgreSQL database looked like at one moment: tables, columns, keys, sequences, roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """One live column. ``type`` is format_type's spelling, ``base_type`` the typname below all domains."""

    attnum: int
    name: str
    type: str
    type_oid: int
    typmod: int
    base_type: str
    category: str  # pg_type.typcategory of the base type: S text, N number, B boolean, D date/time, E enum, A array…
    length: int | None  # n of varchar(n) or char(n), through domains
    not_null: bool
    generated: str  # '' | 's' stored | 'v' virtual
    identity: str  # '' | 'a' always | 'd' by default
    has_default: bool
    comment: str | None
    collation: str | None = None  # the locale of a nondeterministic collation; None for any other
    parts: tuple[Column, ...] = ()  # of an array its element, of a composite type its fields
    labels: tuple[str, ...] = ()  # of an enum
    delimiter: str = ","  # between the elements of an array

    @property
    def copied(self) -> bool:
        """Whether COPY carries it: generated columns are computed anew by the server."""
        return not self.generated


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """A unique index. ``attnums`` has 0 for an expression; ``reads``: columns only expressions and predicate use."""

    name: str
    attnums: tuple[int, ...]
    primary: bool
    partial: bool
    immediate: bool
    nulls_not_distinct: bool
    reads: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An EXCLUDE constraint: its columns and their operators. ``computed``: an expression or predicate takes part."""

    name: str
    attnums: tuple[int, ...]
    operators: tuple[str, ...]
    computed: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint and the columns it reads."""

    name: str
    attnums: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A declared foreign key: columns here, table and columns there (by OID and attnum)."""

    name: str
    attnums: tuple[int, ...]
    target_oid: int
    target_attnums: tuple[int, ...]
    inherited: bool = False  # the server made it for a partition, out of its parent's
    valid: bool = True  # False: NOT VALID or NOT ENFORCED, so rows may refer to what is not there
    temporal: bool = False  # its last column is a PERIOD, which several rows may cover
    full: bool = False  # MATCH FULL: all of its columns are NULL or none is


@dataclass(frozen=True, slots=True)
class Table:
    """A relation with rows of its own or partitions: ``kind`` is pg_class.relkind (r, p, m, f)."""

    oid: int
    schema: str
    name: str
    kind: str
    persistence: str
    owner: str
    parent_oid: int | None  # the partitioned table this is a partition of
    columns: tuple[Column, ...]
    unique_keys: tuple[UniqueKey, ...]
    foreign_keys: tuple[ForeignKey, ...]
    estimated_rows: int
    bytes: int
    comment: str | None
    partition_key: tuple[str, ...] = ()  # of a partitioned table: the columns that route rows
    partition_by_expression: bool = False  # … and whether an expression takes part
    exclusions: tuple[Exclusion, ...] = ()
    checks: tuple[Check, ...] = ()
    computed: Mapping[int, tuple[int, ...]] = field(default_factory=dict, hash=False)  # generated ones: what they read

    @property
    def qualified(self) -> str:
        """``schema.table`` as in the catalog, unquoted: the name used in rules, reports and JSON."""
        return f"{self.schema}.{self.name}"

    @property
    def copied_columns(self) -> tuple[Column, ...]:
        """The columns a COPY stream carries, in attribute order."""
        return tuple(column for column in self.columns if column.copied)

    @property
    def has_rows(self) -> bool:
        """Whether the relation stores rows that a copy must carry (not a partitioned parent, matview or foreign)."""
        return self.kind == "r"

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence and its state at the snapshot."""

    oid: int
    schema: str
    name: str
    last_value: int | None  # None when it may not be read
    is_called: bool


@dataclass(frozen=True, slots=True)
class Role:
    """A role of production that owns, is granted or is set something; never with a password."""

    name: str
    superuser: bool
    inherit: bool
    create_role: bool
    create_db: bool
    login: bool
    replication: bool
    bypass_rls: bool
    member_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Database:
    """The database as a whole."""

    name: str
    owner: str
    encoding: str
    collate: str
    ctype: str
    provider: str  # c libc, i icu, b builtin
    locale: str | None  # ICU or builtin locale
    version: int  # server_version_num
    system_identifier: str | None  # None where it may not be read
    bytes: int
    settings: tuple[tuple[str | None, str], ...]  # (role or None for the database, 'name=value')
    in_recovery: bool
    lock_slots: int | None = None  # locks that its lock table is sure to hold

    @property
    def major(self) -> int:
        """Major version: 150018 -> 15."""
        return self.version // 10000

    @property
    def identity(self) -> dict[str, str | int | None]:
        """By which a snapshot of it is known again."""
        return {
            "database": self.name,
            "system_identifier": self.system_identifier,
            "version": self.version,
            "lock_slots": self.lock_slots,
        }


@dataclass(frozen=True, slots=True)
class Catalog:
    """All that refresh needs to know before a row moves."""

    database: Database
    tables: tuple[Table, ...]
    sequences: tuple[Sequence, ...]
    roles: tuple[Role, ...]

    def table(self, oid: int) -> Table | None:
        """The table of that OID, or None."""
        return next((table for table in self.tables if table.oid == oid), None)

    @property
    def row_tables(self) -> tuple[Table, ...]:
        """Tables whose rows are copied."""
        return tuple(table for table in self.tables if table.has_rows)

    def root_of(self, table: Table) -> Table:
        """The topmost partitioned table above *table*, or itself."""
        by_oid = {each.oid: each for each in self.tables}
        while table.parent_oid is not None and table.parent_oid in by_oid:
            table = by_oid[table.parent_oid]
        return table
