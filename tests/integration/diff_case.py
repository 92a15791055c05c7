"""What a case of the diff is, and the schemas several cases start from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Told = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """``tables`` is None where a test of its own looks at the outcome."""

    before: str
    migration: str
    tables: dict[str, Told] | None = field(default_factory=dict)
    extension: str | None = None


T = (
    "CREATE TABLE t (id int PRIMARY KEY, a text, b int);"
    "INSERT INTO t SELECT i, 'v' || i, i FROM generate_series(1, 100) i;"
)
ORDERS = (
    "CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL UNIQUE, active boolean DEFAULT true);"
    "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);"
    "INSERT INTO users SELECT i, i || '@x.test', i > 10 FROM generate_series(1, 100) i;"
    "INSERT INTO orders SELECT i, i % 100 + 1 FROM generate_series(1, 300) i;"
)
