"""Alembic's revisions: the chain they form, read without running a line of them, and new ones at its end."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from stagecopy.model.drafting import Step
from stagecopy.trial.forms.text import LOCK_TIMEOUT

_BIND = re.compile(r"(?<![:\w\\]):(?=\w)")  # what SQLAlchemy would take for a parameter


@dataclass(frozen=True, slots=True)
class Revision:
    """One file. ``parents``: the revisions it follows, ``has_down``: whether downgrade() does anything."""

    path: str
    id: str
    parents: tuple[str, ...]
    has_down: bool


def revision_of(path: str, text: str) -> Revision | None:
    """What *text* says of itself; None: it is no revision."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    said = dict(_assigned(tree))
    identity = said.get("revision")
    if not isinstance(identity, str):
        return None
    below = said.get("down_revision")
    listed = [below] if isinstance(below, str) else below if isinstance(below, list | tuple) else []
    parents = tuple(each for each in listed if isinstance(each, str))
    return Revision(path, identity, parents, has_down=_does_something(tree))


def _assigned(tree: ast.Module) -> Iterable[tuple[str, object]]:
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and value is not None:
                try:
                    yield target.id, ast.literal_eval(value)
                except (ValueError, TypeError):
                    continue


def _does_something(tree: ast.Module) -> bool:
    """A body of docstring, pass and raise alone takes nothing back."""
    found = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == "downgrade"]
    idle = (ast.Pass, ast.Raise)
    return any(
        not isinstance(node, idle) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for function in found
        for node in function.body
    )


def heads(revisions: Iterable[Revision]) -> list[str]:
    """The revisions that none follows."""
    known = list(revisions)
    followed = {parent for each in known for parent in each.parents}
    return sorted(each.id for each in known if each.id not in followed)


def chained(revisions: Iterable[Revision]) -> list[Revision]:
    """From the first to the last; those whose parents are not known come where they can."""
    left = {each.id: each for each in sorted(revisions, key=lambda each: each.path)}
    found: list[Revision] = []
    while left:
        ready = [each for each in left.values() if not {*each.parents} & {*left}] or list(left.values())[:1]
        for each in ready:
            found.append(left.pop(each.id))
    return found


def alembic(step: Step, revision: str, parent: str | None, made: datetime) -> str:
    """The text of a revision."""
    what = step.what.replace("\\", "\\\\").replace('"""', "'''")
    notes = "".join(f"# {note}\n" for note in (*step.notes, *step.down_notes))
    return f'''\
"""{what}

Revision ID: {revision}
Revises: {parent or ""}
Create Date: {made:%Y-%m-%d %H:%M:%S}
"""

# what: {step.what}
# why:
{notes}
from alembic import op

revision = {revision!r}
down_revision = {parent!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
{_body(step.up, alone=step.alone)}


def downgrade() -> None:
{_body(step.down, alone=step.down_alone)}
'''


def _body(statements: Sequence[str], *, alone: bool) -> str:
    if not statements:
        return "    pass"
    if alone:
        inner = "\n".join(_call(each, 8) for each in statements)
        return f"    with op.get_context().autocommit_block():  # cannot run in a transaction\n{inner}"
    return "\n".join(_call(each, 4) for each in (LOCK_TIMEOUT, *statements))


def _call(statement: str, by: int) -> str:
    text = _BIND.sub(r"\\:", statement).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if "\n" not in text and '"' not in text:
        return f'{" " * by}op.execute("{text}")'
    return f'{" " * by}op.execute("""\n{text}\n""")'
