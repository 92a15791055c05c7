"""The masking key over the life of a project: missing, short, from a program, and another one than last time."""

from __future__ import annotations

from typing import Any

from tests.acceptance.harness import KEY, Shop

_OTHER = "fedcba9876543210fedcba9876543210"  # of tests only


def _first_mail(shop: Shop) -> Any:
    with shop.staging() as staging:
        return staging.execute("SELECT mail FROM people").fetchone()


def test_another_key_has_to_be_meant_once(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.rules("tables: {public.people: {columns: {mail: {mask: email}}}}\n")
    shop.production_sql("CREATE TABLE people (mail text); INSERT INTO people VALUES ('ada@corp.test')")
    shop.refreshed("--direct")
    before = _first_mail(shop)
    shop.configure(masking=f'{{key_command: "echo {_OTHER}"}}')
    del shop.environ["STAGECOPY_KEY"]
    refused = shop.run("refresh", "--direct", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, "key-changed")
    assert "--new-key" in refused.document["error"]["hint"]
    assert _first_mail(shop) == before
    shop.refreshed("--direct", "--new-key")
    assert _first_mail(shop) != before
    ids = [each["key_id"] for each in shop.run("snapshot", "list", "--json").document["snapshots"]]
    assert len(set(ids)) == len(ids) == 2
    shop.environ["STAGECOPY_KEY"] = KEY  # wins over the program, and is another one again
    assert shop.run("refresh", "--direct").code == 2
    for told in (refused.out, refused.err):
        assert _OTHER not in told


def test_a_short_or_missing_key_stops_everything(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.keep_everything()
    shop.environ["STAGECOPY_KEY"] = KEY[:31]
    assert shop.run("refresh", "--json").document["error"]["code"] == "short-key"
    del shop.environ["STAGECOPY_KEY"]
    done = shop.run("refresh", "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "no-key")
    assert done.document["snapshot"] is None
    shop.configure(masking=f'{{key_command: "echo {KEY[:31]}"}}')
    assert shop.run("refresh", "--json").document["error"]["code"] == "short-key"
