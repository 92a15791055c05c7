"""The rule of every column of a catalog: its own, that of the key it refers to, or the one its several keys share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stagecopy.masking.equality import EqualityClass, equality_classes, settle
from stagecopy.masking.links import Links, Node, resolve
from stagecopy.masking.matching import Chosen, Fate, Matcher
from stagecopy.model.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Choices:
    """``own``: what the rules say of a column itself; ``chosen``: with what its keys say. Others have no rule."""

    fates: Mapping[int, Fate]
    links: Links
    classes: tuple[EqualityClass, ...]
    own: Mapping[Node, Chosen]
    chosen: Mapping[Node, Chosen]


def choose(matcher: Matcher) -> Choices:
    """The rules of all columns; what contradicts itself is noted in the matcher's mistakes."""
    catalog, mistakes = matcher.catalog, matcher.mistakes
    fates = {table.oid: matcher.fate(table) for table in catalog.tables}
    links = resolve(catalog, matcher.rules, mistakes)
    classes = equality_classes(catalog, links)
    own = _own(matcher)
    chosen = dict(own)
    copied = {oid: fate.action == "copy" for oid, fate in fates.items()}
    for group in classes:
        settle(group, chosen, copied, mistakes)
    _polymorphic(matcher, links, chosen)
    return Choices(fates, links, classes, own, chosen)


def _own(matcher: Matcher) -> dict[Node, Chosen]:
    """What the rules say, columns and leaves of documents."""
    own: dict[Node, Chosen] = {}
    for table in matcher.catalog.tables:
        for column in table.copied_columns:
            found = matcher.decision(table, column)
            if found is not None:
                own[table.oid, column.attnum, ""] = found
                leaves = found.decision.paths.items()
                own.update({(table.oid, column.attnum, path): Chosen(leaf, found.pattern) for path, leaf in leaves})
    return own


def _polymorphic(matcher: Matcher, links: Links, chosen: dict[Node, Chosen]) -> None:
    """A column that refers to several keys takes their rule where they have one in common, else needs its own."""
    for node, cases in links.cases.items():
        rules = [chosen[case.target] for case in cases if case.target in chosen]
        if node in chosen or not rules:
            continue
        if all(rule.decision.agrees(rules[0].decision) for rule in rules):
            chosen[node] = rules[0]
            continue
        matcher.mistakes.add(
            cases[0].where,
            f"{_name(matcher.catalog, node)} refers to keys with different masks",
            "give the column a rule of its own: it holds for rows that none of the references is about",
        )


def _name(catalog: Catalog, node: Node) -> str:
    table = catalog.table(node[0])
    columns = table.columns if table else ()
    return f"{table.qualified if table else ''}.{next(each.name for each in columns if each.attnum == node[1])}"
