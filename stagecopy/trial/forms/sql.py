"""Steps as SQL files, in the layout of each tool: names of files (relative to the folder) and their text.

Surprising: a tool that runs every .sql of its folder would run the way back as well, so there it lies in a folder
``down`` of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from stagecopy.model.drafting import Step
from stagecopy.trial.forms.text import down_head, guarded, head, in_transaction, joined, out_of_transaction, plain

Files = dict[str, str]
Form = Callable[[str, Step], Files]


def pairs(stem: str, step: Step) -> Files:
    """golang-migrate's, and where nothing is known: NAME.up.sql and NAME.down.sql, for psql as well."""
    return {
        f"{stem}.up.sql": joined(head(step), in_transaction(step.up, alone=step.alone)),
        f"{stem}.down.sql": joined(down_head(step), in_transaction(step.down, alone=step.down_alone)),
    }


def single(stem: str, step: Step) -> Files:
    """NAME.sql, the way back beside it."""
    return {
        f"{stem}.sql": joined(head(step), in_transaction(step.up, alone=step.alone)),
        f"{stem}.down.sql": joined(down_head(step), in_transaction(step.down, alone=step.down_alone)),
    }


def supabase(stem: str, step: Step) -> Files:
    """NAME.sql."""
    files = single(stem, step)
    return {f"{stem}.sql": files[f"{stem}.sql"], f"down/{stem}.sql": files[f"{stem}.down.sql"]}


def prisma(stem: str, step: Step) -> Files:
    """A folder with migration.sql."""
    files = pairs("", step)
    return {f"{stem}/migration.sql": files[".up.sql"], f"{stem}/down.sql": files[".down.sql"]}


def diesel(stem: str, step: Step) -> Files:
    """A folder with up.sql and down.sql, each in a transaction unless metadata.toml says no."""
    files = {
        f"{stem}/up.sql": joined(head(step), guarded(step.up, alone=step.alone)),
        f"{stem}/down.sql": joined(down_head(step), guarded(step.down, alone=step.down_alone or step.alone)),
    }
    return {**files, **({f"{stem}/metadata.toml": "run_in_transaction = false\n"} if step.alone else {})}


def flyway(stem: str, step: Step) -> Files:
    """V1__NAME.sql, and U1__NAME.sql to undo it."""
    back = f"U{stem[1:]}"
    files = {
        f"{stem}.sql": joined(head(step), guarded(step.up, alone=step.alone)),
        f"{back}.sql": joined(down_head(step), guarded(step.down, alone=step.down_alone)),
    }
    if step.alone:
        files[f"{stem}.sql.conf"] = "executeInTransaction=false\n"
    if step.down_alone:
        files[f"{back}.sql.conf"] = "executeInTransaction=false\n"
    return files


def goose(stem: str, step: Step) -> Files:
    """One file, one word for both ways whether they run in a transaction."""
    outside = step.alone or step.down_alone
    marks = ("-- +goose StatementBegin", "-- +goose StatementEnd")
    up, down = _whole(guarded(step.up, alone=outside), marks), _whole(guarded(step.down, alone=outside), marks)
    first = ["-- +goose NO TRANSACTION"] if outside else []
    return {f"{stem}.sql": joined(first, ["-- +goose Up", *head(step)], up, ["-- +goose Down", *down_head(step)], down)}


def sql_migrate(stem: str, step: Step) -> Files:
    """The same with other words, and a word for each way."""
    marks = ("-- +migrate StatementBegin", "-- +migrate StatementEnd")
    words = ["notransaction" if each else "" for each in (step.alone, step.down_alone)]
    up, down = f"-- +migrate Up {words[0]}".rstrip(), f"-- +migrate Down {words[1]}".rstrip()
    return {
        f"{stem}.sql": joined(
            [up, *head(step)],
            _whole(guarded(step.up, alone=step.alone), marks),
            [down, *down_head(step)],
            _whole(guarded(step.down, alone=step.down_alone), marks),
        )
    }


def dbmate(stem: str, step: Step) -> Files:
    """One file, both ways."""
    words = [" transaction:false" if each else "" for each in (step.alone, step.down_alone)]
    return {
        f"{stem}.sql": joined(
            [f"-- migrate:up{words[0]}", *head(step)],
            guarded(step.up, alone=step.alone),
            [f"-- migrate:down{words[1]}", *down_head(step)],
            guarded(step.down, alone=step.down_alone),
        )
    }


def node_pg_migrate(stem: str, step: Step) -> Files:
    """One file, both ways, all in one transaction."""
    return {
        f"{stem}.sql": joined(
            ["-- Up Migration", *head(step)],
            out_of_transaction(step.up, alone=step.alone),
            ["-- Down Migration", *down_head(step)],
            out_of_transaction(step.down, alone=step.down_alone),
        )
    }


def tern(stem: str, step: Step) -> Files:
    """One file, both ways."""
    outside = step.alone or step.down_alone
    return {
        f"{stem}.sql": joined(
            ["---- tern: disable-tx ----"] if outside else [],
            head(step),
            guarded(step.up, alone=outside),
            ["---- create above / drop below ----", *down_head(step)],
            guarded(step.down, alone=outside),
        )
    }


_BREAKPOINT = "--> statement-breakpoint"


def drizzle(stem: str, step: Step) -> Files:
    """NAME.sql in pieces, and the way back, which Drizzle does not know, beside it."""
    up = _broken([*head(step), *out_of_transaction(step.up, alone=step.alone)])
    down = out_of_transaction(step.down, alone=step.down_alone)
    return {f"{stem}.sql": up, f"{stem}.down.sql": joined(down_head(step), _broken(down).splitlines())}


def _broken(lines: Sequence[str]) -> str:
    """A breakpoint between every two statements: each is sent by itself."""
    ends = [number for number, line in enumerate(lines) if line.endswith(";") and not line.startswith("--")]
    return "".join(f"{line}{_BREAKPOINT}\n" if at in ends[:-1] else f"{line}\n" for at, line in enumerate(lines))


def _whole(statements: Sequence[str], marks: tuple[str, str]) -> list[str]:
    """Marks around a statement that holds semicolons of its own."""
    found: list[str] = []
    for each in statements:
        found += [marks[0], each, marks[1]] if re.search(r";.", each, re.DOTALL) else [each]
    return found


# By the tool's name as trial/layouts knows it; None: plain SQL.
SQL_FORMS: dict[str | None, Form] = {
    None: single,
    "golang-migrate or sqlx": pairs,
    "Prisma": prisma,
    "Flyway": flyway,
    "Diesel or Hasura": diesel,
    "Supabase": supabase,
    "Drizzle": drizzle,
    "goose": goose,
    "sql-migrate": sql_migrate,
    "dbmate": dbmate,
    "node-pg-migrate": node_pg_migrate,
    "tern": tern,
}

__all__ = ["SQL_FORMS", "Files", "Form", "plain"]
