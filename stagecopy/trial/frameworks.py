"""Migrations that are programs: Django's and Rails'. Read as text, never run.

Surprising: what takes them back is in them, unless they say that nothing does. Django undoes an operation by itself
except RunPython and RunSQL, which need a reverse of their own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_RAILS = re.compile(r"(?P<version>[0-9]{3,})_[a-z0-9_]+\.rb")
_BACK = re.compile(r"^\s*def\s+(?:self\.)?(?:change|down)\b", re.MULTILINE)
_NO_WAY_BACK = re.compile(r"\bIrreversibleMigration\b")
_REVERSES = {"RunPython": "reverse_code", "RunSQL": "reverse_sql"}


def is_rails(name: str) -> bool:
    """Whether a file of that name is a migration of Rails."""
    return _RAILS.fullmatch(name) is not None


def rails_has_down(text: str) -> bool:
    """Whether it can go back as far as it says."""
    return _BACK.search(text) is not None and _NO_WAY_BACK.search(text) is None


def django_has_down(text: str) -> bool | None:
    """Whether every operation can be undone; None: this is no migration of Django."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not any(_is_migration(each) for each in tree.body):
        return None
    return all(_reversible(call) for call in _calls(tree))


def _is_migration(node: ast.stmt) -> bool:
    if not isinstance(node, ast.ClassDef) or node.name != "Migration":
        return False
    return any(ast.unparse(base).endswith("Migration") for base in node.bases)


def _calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in _REVERSES:
                yield name, node


def _reversible(named: tuple[str, ast.Call]) -> bool:
    name, call = named
    given = [each.value for each in call.keywords if each.arg == _REVERSES[name]]
    given += call.args[1:2]
    return bool(given) and not (isinstance(given[0], ast.Constant) and given[0].value is None)
