"""The program's own source as syntax trees, for tests that hold it to the house rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = "stagecopy"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Module:
    """One file of the package."""

    name: str  # dotted, without __init__
    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        """The path as the house names it, for messages."""
        return str(self.path.relative_to(ROOT))

    @property
    def layer(self) -> str:
        """The second word of the dotted name; a package's own __init__ belongs to it."""
        return self.name.split(".")[1] if "." in self.name else ""


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package."""
    found = []
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        words = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(words[:-1] if words[-1] == "__init__" else words)
        found.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


@cache
def _names() -> frozenset[str]:
    return frozenset(each.name for each in modules())


def imports_of(module: Module) -> Iterator[tuple[str, int]]:
    """Modules of the package that *module* imports, with the line, wherever the import stands."""
    known = _names()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            base = node.module or ""
            names = [inner if (inner := f"{base}.{alias.name}") in known else base for alias in node.names]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name.split(".")[0] == PACKAGE)
