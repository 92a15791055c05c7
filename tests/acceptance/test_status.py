"""Status after real runs, and with production and staging down: still one document, exit 0, no password."""

from __future__ import annotations

import json

import psycopg

from stagecopy.process import run
from tests.acceptance.harness import Shop


def test_status_after_real_runs_and_when_everything_is_down(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.keep_everything()
    with psycopg.connect(shop.production.url, autocommit=True) as production:
        production.execute("CREATE TABLE things AS SELECT i AS id FROM generate_series(1, 10) i")
    before = shop.run("status", "--json").document
    assert (before["serving"], before["refresh"], before["trials"]) == (None, None, [])
    assert not shop.home.exists()
    made = shop.refreshed()
    assert shop.trial("DELETE FROM things").code == 1
    password = made["staging"]["url"].partition("stagecopy:")[2].partition("@")[0]
    done = shop.run("status", "--week", "--json")
    seen = done.document
    assert (done.code, seen["problems"]) == (0, [])
    assert seen["serving"]["url"] == made["staging"]["url"].replace(f":{password}", "", 1)
    assert (seen["serving"]["answers"], seen["serving"]["snapshot"]) == (True, made["snapshot"])
    assert (seen["refresh"]["exit"], seen["backup"]["id"]) == (0, made["backup"])
    assert (seen["trials"][0]["verdict"], seen["trials"][0]["findings"]) == ("fail", ["rows-lost public.things"])
    assert {each["name"]: each["state"] for each in seen["week"]}["staging fresh"] == "done"
    assert password not in done.out
    screen = shop.run("status")
    assert (screen.code, password in screen.out) == (0, False)
    assert "nothing needs attention" in screen.out
    shop.environ |= {
        "STAGECOPY_PRODUCTION_URL": "postgresql://nobody@127.0.0.1:1/d",
        "DOCKER_HOST": "tcp://127.0.0.1:1",
    }
    assert shop.run("refresh", "-q").code == 3
    served = json.loads((shop.home / "served.json").read_text())
    _stop(shop, served["directory"])
    down = shop.run("status", "--json")
    assert down.code == 0
    words = [each["message"] for each in down.document["problems"]]
    assert words[0].startswith("the last refresh failed: ")
    assert words[1] == "nothing answers at staging's address"
    assert shop.run("status", "-q").out.startswith("problem")
    shop.environ.pop("DOCKER_HOST")


def _stop(shop: Shop, directory: str) -> None:
    """End the served server as a reboot would."""
    (found,) = list(shop.home.rglob(f"{directory}/**/postmaster.pid"))
    pid = int(found.read_text().splitlines()[0])
    run(["kill", "-INT", str(pid)])
    run(["tail", f"--pid={pid}", "-f", "/dev/null"], timeout=60)
