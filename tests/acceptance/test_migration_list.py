"""`stagecopy migration list`: with and without production, and the trials of what `migration new` wrote."""

from __future__ import annotations

from tests.acceptance.harness import Shop
from tests.acceptance.onlookers import tell


def _without_production(shop: Shop) -> None:
    shop.write("m/0001_a.up.sql", "SELECT 1;\n")
    offline = shop.run("migration", "list", "m", "--offline")
    assert (offline.code, offline.err) == (0, "")
    assert "unknown" in offline.out
    shop.environ["STAGECOPY_PRODUCTION_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    done = shop.run("migration", "list", "m", "--json")
    assert (done.code, done.document["exit"], done.document["error"]["code"]) == (3, 3, "production-unreachable")
    assert [each["production"] for each in done.document["migrations"]] == ["unknown"]
    told = shop.run("migration", "list", "m")
    assert told.code == 3
    assert "0001_a" in told.out
    assert "cannot connect to production" in told.err
    assert max(map(len, told.out.splitlines()[:2])) <= 80
    none = shop.run("migration", "list", "nowhere", "--json")
    assert (none.code, none.document["error"]["code"]) == (2, "no-such-file")


def _verdicts(shop: Shop) -> dict[str, tuple[str, bool, int] | None]:
    done = shop.run("migration", "list", "migrations", "--json", "--offline")
    trials = {each["name"]: each["trial"] for each in done.document["migrations"]}
    return {name: each and (each["verdict"], each["changed"], each["together"]) for name, each in trials.items()}


def test_what_new_wrote_is_tried_and_listed_with_its_verdict(embedded_shop: Shop) -> None:
    shop = embedded_shop
    tell(shop.production, "CREATE TABLE people AS SELECT i AS id, 'x' AS note FROM generate_series(1, 50) i")
    shop.keep_everything()
    shop.refreshed("--direct")
    new = ("migration", "new", "--table", "people", "--column", "plan", "--idiom")
    assert shop.run(*new, "add-column", "add_plan", "--type", "text", "--default", "'free'").code == 0
    assert shop.run(*new, "index", "find_plan", "--json").document["later"] == []
    first, second = (shop.folder / f"migrations/{name}.up.sql" for name in ("0001_add_plan", "0002_find_plan"))
    done = shop.run("trial", str(first), "--json")
    assert (done.code, done.document["verdict"], done.document["rollback"]["restores"]) == (0, "pass", True), done.out
    assert done.document["expectation"]["path"].endswith("0001_add_plan.expect.yaml")
    assert _verdicts(shop) == {"0001_add_plan": ("pass", False, 1), "0002_find_plan": None}
    done = shop.run("trial", str(first), str(second), "--json")
    assert done.code == 0, done.out
    assert _verdicts(shop)["0002_find_plan"] == ("pass", False, 2)
    drizzle = shop.run(
        *new[:-3], "--column", "note", "--idiom", "index", "find_note", "--form", "drizzle", "--dir", "z"
    )
    assert drizzle.code == 0, drizzle.err
    done = shop.run(
        "trial", "z/0000_find_note.sql", "--json"
    )  # leaves the one transaction Drizzle opens, and comes back
    assert (done.code, done.document["verdict"]) == (0, "pass"), done.out
    first.write_text(first.read_text(encoding="utf-8") + "-- more\n", encoding="utf-8")
    assert _verdicts(shop)["0001_add_plan"] == ("pass", True, 2)
    assert "its text changed since" in shop.run("migration", "list", "migrations", "--offline").out
    _without_production(shop)
