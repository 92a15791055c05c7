"""Real migration tools, as their people start them, tried on a clone: with STAGECOPY_SLOW=1, for they are installed."""

from __future__ import annotations

import os

import pytest

from stagecopy.model.server import Address
from tests.acceptance.frameworks.migrators import ADDS, DESTROYS, Alembic, DbMate, DjangoApp, DrizzleKit
from tests.acceptance.frameworks.project import Project
from tests.acceptance.harness import shop_of

pytestmark = pytest.mark.skipif(os.environ.get("STAGECOPY_SLOW") != "1", reason="installs tools: with STAGECOPY_SLOW=1")


@pytest.mark.parametrize("tool", [Alembic, DjangoApp, DrizzleKit, DbMate])
def test_a_tool_is_tried_as_it_is(fresh_database: Address, tool: type[Project]) -> None:
    with shop_of(fresh_database, "embedded") as shop:
        migrator = tool(shop.folder, shop.production)
        assert isinstance(migrator, Alembic | DjangoApp | DrizzleKit | DbMate)
        migrator.build()
        shop.production_sql("INSERT INTO users SELECT n, 'person' || n FROM generate_series(1, 50) AS n")
        shop.keep_everything()
        shop.refreshed()
        nothing = shop.run("trial", "--json", "--", *migrator.command)
        assert {each["rule"] for each in nothing.document["findings"]} >= {"no-effect"}, nothing.out
        migrator.write_next(ADDS)
        good = shop.run("trial", "--json", "--", *migrator.command)
        assert good.code == 0, good.err + good.out[-3000:]
        assert [each["columns"]["nick"]["lost"] for each in good.document["tables"] if each["name"] == "public.users"]
        assert any("ADD COLUMN" in each["sql"] for each in good.document["migration"]["statements"])
        migrator.write_next(DESTROYS)
        bad = shop.run("trial", "--json", "--", *migrator.command)
        assert bad.code == 1, bad.err + bad.out[-3000:]
        (users,) = (each for each in bad.document["tables"] if each["name"] == "public.users")
        assert users["columns"]["email"]["lost"] == 50
        assert "lost" in shop.run("trial", "--", *migrator.command).out.lower()


def test_a_commands_way_back_is_another_command(fresh_database: Address) -> None:
    with shop_of(fresh_database, "embedded") as shop:
        alembic = Alembic(shop.folder, shop.production)
        alembic.build()
        shop.production_sql("INSERT INTO users SELECT n, 'person' || n FROM generate_series(1, 50) AS n")
        shop.keep_everything()
        shop.refreshed()
        found = {}
        for kind in (ADDS, DESTROYS):
            alembic.write_next(kind)
            done = shop.run("trial", "--json", "--down-command", alembic.back, "--", *alembic.command)
            found[kind] = done.document["rollback"]
        assert [found[ADDS][what] for what in ("tested", "restores", "up_again")] == [True, True, "works"], found
        assert [found[DESTROYS][what] for what in ("tested", "restores")] == [True, False]
        assert [each["count"] for each in found[DESTROYS]["differences"]] == [50]
