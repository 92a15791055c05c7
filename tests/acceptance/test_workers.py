"""How many workers copy changes nothing but the time it takes."""

from __future__ import annotations

from tests.acceptance.harness import Shop
from tests.acceptance.onlookers import tell

_RULES = """
tables:
  public.people:
    columns: {mail: {mask: email}, name: {mask: name}, phone: {mask: phone}, born: {mask: shift_date, days: 30}}
  public.orders: {columns: {mail: {mask: email}}}
  public.notes: {columns: {body: {mask: text}}}
patterns:
  - {column: "*", keep: not personal in this test}
"""


def test_A43_workers(embedded_shop: Shop) -> None:
    shop = embedded_shop
    row = "'p' || i || '@corp.test' AS mail, 'A ' || i AS name, '+44 20' || i AS phone, date '1970-01-01' + i AS born"
    tell(
        shop.production,
        f"CREATE TABLE people AS SELECT i AS id, {row} FROM generate_series(1, 6000) i",
        "ALTER TABLE people ADD UNIQUE (mail)",
        "CREATE TABLE orders AS SELECT id, mail FROM people WHERE id % 3 = 0",
        "ALTER TABLE orders ADD FOREIGN KEY (mail) REFERENCES people (mail)",
        "CREATE TABLE notes AS SELECT id, 'about ' || name AS body FROM people",
    )
    shop.rules(_RULES)
    seen = {}
    for jobs in (1, 4):
        shop.configure(production=f'{{url: "${{STAGECOPY_PRODUCTION_URL}}", jobs: {jobs}}}')
        shop.refreshed(*(["--direct"] if jobs == 4 else []))
        with shop.staging() as staging:
            seen[jobs] = [
                staging.execute(f"SELECT * FROM {table} ORDER BY id".encode()).fetchall()
                for table in ("people", "orders", "notes")
            ]
    assert [len(rows) for rows in seen[1]] == [6000, 2000, 6000]
    assert seen[1] == seen[4]
