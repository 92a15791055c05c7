"""Imports go down only, and never in a circle; those inside functions and under TYPE_CHECKING count."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter

from tests.unit.source_tree import PACKAGE, imports_of, modules

# From the top down: a layer may import itself and what stands below it.
LAYERS = (
    "__main__",
    "cli",
    "flows",
    "config",
    "report",
    "safety",
    "trial",
    "diff",
    "masking",
    "backups",
    "staging",
    "production",
    "demo",
    "postgres",
    "history",
    "model",
)
# Single modules below all layers; those of one row know nothing of each other.
FOUNDATIONS = (("home",), ("process", "yamlfile"), ("files",), ("errors", "redact"), ("",))
HEIGHT = {name: level for level, row in enumerate((*((each,) for each in LAYERS), *FOUNDATIONS)) for name in row}


def _layer(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def test_every_module_belongs_to_a_layer() -> None:
    assert {module.layer for module in modules()} <= set(HEIGHT)


def test_imports_go_down_only() -> None:
    upward = [
        f"{module.place}:{line} imports {name}"
        for module in modules()
        for name, line in imports_of(module)
        if _layer(name) != module.layer and HEIGHT[_layer(name)] <= HEIGHT[module.layer]
    ]
    assert upward == []


def test_imports_are_absolute() -> None:
    relative = [
        f"{module.place}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {module.name: {name for name, _ in imports_of(module)} for module in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        raise AssertionError(" -> ".join(circle.args[1])) from None


def test_the_walk_sees_late_imports() -> None:
    """The verbs import their flows inside functions; a walk that missed those would prove nothing."""
    refresh = next(module for module in modules() if module.name == f"{PACKAGE}.cli.refresh")
    assert f"{PACKAGE}.flows.refresh" in {name for name, _ in imports_of(refresh)}
