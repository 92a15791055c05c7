"""References that the rules list, resolved against the catalog: keys that production does not declare.

Surprising: a reference with ``when`` joins nothing. Which key its column refers to changes from row to row, so the
column cannot be of one class with all of them; each row is masked as its own target is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from stagecopy.masking.mistakes import Mistakes
from stagecopy.masking.rules import ColumnRef, Reference, RuleSet
from stagecopy.model.catalog import Catalog, Column, Table
from stagecopy.yamlfile import nearest

Node = tuple[int, int, str]  # table OID, attribute number, path into a document ('' for the column itself)
_DOCUMENTS = {"json", "jsonb"}


@dataclass(frozen=True, slots=True)
class Case:
    """In rows where the column *when* has *value*, the key referred to is *target*."""

    when: str
    value: str
    target: Node
    where: str


@dataclass(slots=True)
class Links:
    """What the rules add to the declared keys. ``where``: the line that links a node."""

    edges: list[tuple[Node, Node]] = field(default_factory=list)
    cases: dict[Node, list[Case]] = field(default_factory=lambda: defaultdict(list))
    where: dict[Node, str] = field(default_factory=dict)


def resolve(catalog: Catalog, rules: RuleSet, mistakes: Mistakes) -> Links:
    """The links of *rules*; references that name nothing are noted. Those of packs may name nothing."""
    links = Links()
    for reference in rules.references:
        if not _linked(catalog, reference, links, mistakes):
            name = reference.source.table
            mistakes.add(reference.where, f"{name.text} matches nothing", "take it out or mend the name")
    for pack in rules.packs:
        for reference in pack.references:
            _linked(catalog, reference, links, Mistakes())
    return links


def _linked(catalog: Catalog, reference: Reference, links: Links, mistakes: Mistakes) -> bool:
    """Add what *reference* means; whether it means any table."""
    sources = [each for each in catalog.tables if reference.source.table.matches(each.schema, each.name)]
    if not sources and not reference.source.table.glob:
        _no_table(catalog, reference.source, reference.where, mistakes)
        return True
    for table in sources:
        source = _node(table, reference.source, reference.where, mistakes)
        target = _target(catalog, reference, table, mistakes)
        if source is None or target is None:
            continue
        if reference.when is None:
            links.edges.append((source, target))
            links.where[source] = reference.where
        elif _when_exists(table, reference, mistakes):
            links.cases[source].append(Case(*reference.when, target, reference.where))
    return bool(sources)


def _target(catalog: Catalog, reference: Reference, source: Table, mistakes: Mistakes) -> Node | None:
    """A glob for the schema stands for the schema of *source*."""
    wanted = reference.target.table
    schema = source.schema if wanted.schema.glob else wanted.schema.text
    found = next((each for each in catalog.tables if (each.schema, each.name) == (schema, wanted.table.text)), None)
    if found is None:
        _no_table(catalog, reference.target, reference.where, mistakes)
        return None
    return _node(found, reference.target, reference.where, mistakes)


def _node(table: Table, said: ColumnRef, where: str, mistakes: Mistakes) -> Node | None:
    column = _column(table, said.column, where, mistakes)
    if column is None:
        return None
    if said.path and column.base_type not in _DOCUMENTS:
        mistakes.add(where, f"{said.text}: {column.type} is no document", "take the path out")
        return None
    return table.oid, column.attnum, said.path or ""


def _column(table: Table, name: str, where: str, mistakes: Mistakes) -> Column | None:
    column = table.column(name)
    if column is None:
        close = nearest(name, [each.name for each in table.columns])
        mistakes.add(where, f"{table.qualified} has no column {name}", f"did you mean {close!r}?" if close else None)
    return column


def _when_exists(table: Table, reference: Reference, mistakes: Mistakes) -> bool:
    if reference.when is None:
        return False
    column = _column(table, reference.when[0], reference.where, mistakes)
    if column is not None and not column.copied:
        what = f"{table.qualified}.{column.name} is generated, its values are not there while rows are masked"
        mistakes.add(reference.where, what, "name a column that it is computed from")
    return column is not None and column.copied


def _no_table(catalog: Catalog, said: ColumnRef, where: str, mistakes: Mistakes) -> None:
    wanted = f"{said.table.schema.text}.{said.table.table.text}"
    close = nearest(wanted, [each.qualified for each in catalog.tables])
    mistakes.add(where, f"there is no table {wanted}", f"did you mean {close!r}?" if close else None)


def members_of(catalog: Catalog, links: Links) -> Iterator[tuple[Table, Column, str]]:
    """Every column, and every leaf that a reference names."""
    leaves: dict[tuple[int, int], list[str]] = defaultdict(list)
    for edge in links.edges:
        for oid, attnum, path in edge:
            if path and path not in leaves[oid, attnum]:
                leaves[oid, attnum].append(path)
    for table in catalog.tables:
        for column in table.columns:
            yield table, column, ""
            for path in leaves.get((table.oid, column.attnum), ()):
                yield table, column, path
