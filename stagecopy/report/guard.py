"""The text of a guard: assertions before and after a migration that roll all of it back where it takes too much.

Surprising: the same two statements stand in every form, and they find out for themselves what became of a table or a
column that the migration renames, makes anew or drops. Text from a database enters comments with everything spelled
out that could end one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from stagecopy.model.bookkeeping import BOOKKEEPING_TABLES
from stagecopy.model.guard import GuardForm, TableLimit
from stagecopy.model.wording import quoted
from stagecopy.postgres.sqlfile import statement
from stagecopy.report.page import cut, visible

BREAKPOINT = "--> statement-breakpoint"
_WIDEST = 110


@dataclass(frozen=True, slots=True)
class GuardText:
    """What a guard is made of: the migration without its transaction (``opening``: the BEGIN it had), and limits."""

    form: GuardForm
    limits: tuple[TableLimit, ...]
    source: str  # which migration
    trial: str
    snapshot: str
    taken_at: datetime
    body: str = ""
    opening: str | None = None
    expectation: str | None = None

    def whole(self) -> str:
        """The file."""
        return {"sql": _sql, "drizzle": _drizzle, "alembic": _alembic}[self.form](self)

    def as_run(self) -> str:
        """What the file, and the tool that runs it, do together; as SQL."""
        return _enclosed(self)


def _sql(text: GuardText) -> str:
    how = "Run it in place of the migration: psql -v ON_ERROR_STOP=1 -f THIS_FILE"
    return f"{_comment(text, how)}\n{_enclosed(text)}"


def _enclosed(text: GuardText) -> str:
    before, after = _statements(text)
    return f"{text.opening or 'BEGIN'};\n{before};\n\n{text.body.strip()}\n\n{after};\nCOMMIT;\n"


def _drizzle(text: GuardText) -> str:
    """The migrator opens the transaction; the savepoint fails where it did not."""
    before, after = _statements(text)
    how = "Put it in the place of the migration, under its name, before drizzle-kit migrate runs it."
    chunks = [
        f"{_comment(text, how)}\nSAVEPOINT stagecopy_guard;",
        "RELEASE SAVEPOINT stagecopy_guard;",
        f"{before};",
        text.body.strip(),
        f"{after};",
    ]
    return f"\n{BREAKPOINT}\n".join(chunks) + "\n"


def _alembic(text: GuardText) -> str:
    before, after = _statements(text)
    how = [
        "Lay this file beside alembic.ini (where prepend_sys_path is .), and in the migration write:",
        "",
        "    import NAME_OF_THIS_FILE as guard",
        "",
        "    def upgrade() -> None:",
        "        guard.before(op)",
        "        ...  # the migration as it was",
        "        guard.after(op)",
    ]
    lines = [line[3:] for line in _comment(text, "").splitlines() if line.strip("- ")]
    head = "\n".join(["# " + line for line in lines] + ["#", *(("# " + line).rstrip() for line in how)])
    return (
        f"{head}\n\n"
        f"_BEFORE = {_literal(before)}\n\n_AFTER = {_literal(after)}\n\n\n"
        "def before(op):\n"
        '    """Count. A savepoint can only be set inside a transaction."""\n'
        '    op.execute("SAVEPOINT stagecopy_guard")\n'
        '    op.execute("RELEASE SAVEPOINT stagecopy_guard")\n'
        "    op.execute(_plain(_BEFORE))\n\n\n"
        "def after(op):\n"
        '    """Count again, and fail where too much is gone."""\n'
        "    op.execute(_plain(_AFTER))\n\n\n"
        "def _plain(text):\n"
        '    """No word behind a colon is a parameter."""\n'
        '    return text.replace(":", "\\\\:")\n'
    )


def _literal(text: str) -> str:
    lines = "\n".join(f"    {line!r}" for line in text.splitlines(keepends=True))
    return f"(\n{lines}\n)"


def _statements(text: GuardText) -> tuple[str, str]:
    rows = ",\n        ".join(json.dumps(each.document(), ensure_ascii=False) for each in text.limits)
    limits, ignored = f"[\n        {rows}\n    ]", "{" + ",".join(sorted(BOOKKEEPING_TABLES)) + "}"
    before = sql.SQL(statement("guard_before")).format(limits=sql.Literal(limits), ignored=sql.Literal(ignored))
    return before.as_string(None).strip(), statement("guard_after").strip()


def _comment(text: GuardText, how: str) -> str:
    return "\n".join(f"-- {visible(line)}".rstrip() for line in _head(text, how))


def _head(text: GuardText, how: str) -> Iterator[str]:
    basis = f"what {text.expectation} announces" if text.expectation else "what the trial showed"
    yield f"Guard around {text.source}, made by stagecopy from {basis}."
    yield f"Trial {text.trial} on snapshot {text.snapshot}, taken {text.taken_at:%Y-%m-%d %H:%M} UTC."
    if how:
        yield how
    yield ""
    yield "If production would lose more than is listed here, an error is raised (SG001) and all is rolled back:"
    yield from (f"  {line}" for each in text.limits for line in _limit(each))
    yield "  every other table: no row deleted or updated, not emptied, not dropped"
    yield ""
    yield "Rows and non-null values are counted before and after. A value that turns into another one is not counted,"
    yield "and in a table where the migration also fills values or adds rows those can make up for lost ones."
    yield "Margin for live traffic: 0. The listed tables are locked while this runs: reading goes on, writing waits."
    yield "What production holds since the snapshot counts as well: a column that is dropped may hold more by now."
    yield "Then try on a new snapshot, or raise `margin` below; `hold_writers` and `patience` stand there too."


def _limit(limit: TableLimit) -> Iterator[str]:
    name = quoted(limit.schema, limit.table)
    yield cut(f"{name}: {_at_most(limit.removed, 'rows')}", _WIDEST)
    for column, most in limit.lost.items():
        yield cut(f"{quoted(limit.schema, limit.table, column)}: {_at_most(most, 'values')}", _WIDEST)
    if limit.others != 0:
        yield cut(f"{name}, each other column: {_at_most(limit.others, 'values')} (rows without a key)", _WIDEST)


def _at_most(most: int | None, noun: str) -> str:
    if most is None:
        return f"any number of {noun}"
    return f"at most {most:,} {noun}" if most else f"no {noun}"
