"""`masks suggest` alone on real databases: its rules, the todos decided, do for a refresh that lets nothing through."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stagecopy.model.server import Address
from tests.acceptance import database_equality as equality
from tests.acceptance.harness import Shop, shop_of
from tests.integration.sample_databases import SAMPLES, create_sample

PERSONAL: dict[str, dict[str, list[str]]] = yaml.safe_load((Path(__file__).parents[1] / "personal.yaml").read_text())
MOST_TODO = 0.10
LOOKED_AT = SAMPLES if os.environ.get("STAGECOPY_SLOW") == "1" else [each for each in SAMPLES if "chinook" in str(each)]


@pytest.fixture(scope="module", params=LOOKED_AT)
def suggested(request: pytest.FixtureRequest, scratch_server: Address) -> Iterator[tuple[str, Shop, Any]]:
    """A project with no rules but those of one suggest, and what that said."""
    with shop_of(create_sample(scratch_server, request.param), "embedded") as shop:
        done = shop.run("masks", "suggest", "--write", "masking-rules/proposed.yaml", "--json")
        assert done.code == 0, done.err
        yield request.param, shop, done.document


def test_suggest_is_enough_for_a_refresh(suggested: tuple[str, Shop, Any]) -> None:
    name, shop, document = suggested
    todo = [each["column"] for each in document["suggestions"] if each["verdict"] == "todo"]
    assert len(todo) <= MOST_TODO * len(document["suggestions"])
    undecided = shop.run("masks", "check", "--json").document
    assert undecided["exit"] == (7 if todo else 0)
    assert set(undecided["unclassified"]) == set(todo)
    _decide(shop, todo)
    assert shop.run("masks", "check", "--json").document["exit"] == 0
    refreshed = shop.refreshed()
    masked = {f"{table['name']}.{column}" for table in refreshed["tables"] for column in table["masked"]}
    personal = {f"{table}.{column}" for table, columns in PERSONAL[name].items() for column in columns}
    assert personal <= masked
    with equality.look(shop.production.url) as production, equality.look(refreshed["staging"]["url"]) as staging:
        assert equality.compare_rows(production, staging, PERSONAL[name]).raw == ()


def _decide(shop: Shop, todo: list[str]) -> None:
    rules = [
        {**dict(zip(("schema", "table", "column"), each.split("."), strict=True)), "keep": "looked at by hand"}
        for each in todo
    ]
    if rules:
        shop.write("masking-rules/decided.yaml", "version: 1\npatterns: " + json.dumps(rules) + "\n")
