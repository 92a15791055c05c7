"""Rows as wide as they come: one cell of many megabytes arrives whole, and memory grows with the row, not the table."""

from __future__ import annotations

import json
import os
import subprocess

import psycopg

from tests.acceptance.harness import PROGRAM, Shop

_SLOW = os.environ.get("STAGECOPY_SLOW") == "1"
_BYTES, _TEXT, _LEAVES = (100 << 20, 300 << 20, 1_000) if _SLOW else (4 << 20, 12 << 20, 1_000)
_ALLOWANCE = 400 << 20  # whatever the rows; beyond it three times the widest
_WIDE = f"""
CREATE TABLE wide (id int PRIMARY KEY, photo bytea, body text, doc jsonb, mail text);
ALTER TABLE wide ALTER photo SET STORAGE EXTERNAL, ALTER body SET STORAGE EXTERNAL;
INSERT INTO wide SELECT 1, decode(repeat(md5('photo'), {_BYTES} / 16), 'hex'), NULL, NULL, 'one@corp.test';
INSERT INTO wide SELECT 2, NULL, repeat('as it was written ', {_TEXT} / 18), NULL, 'two@corp.test';
INSERT INTO wide SELECT 3, NULL, NULL, jsonb_object_agg('leaf' || n, jsonb_build_object('mail', n || '@corp.test')),
       'three@corp.test' FROM generate_series(1, {_LEAVES}) n;
INSERT INTO wide SELECT n, '\\x00', 'short', '{{}}', n || '@corp.test' FROM generate_series(4, 2000) n;
"""
_RULES = """tables:
  wide:
    columns:
      mail: {mask: email}
      doc: {mask: json, paths: {"$.*.mail": email}}
patterns:
  - {column: "*", keep: nothing personal in this test}
"""
_FACTS = """
SELECT md5((SELECT photo FROM wide WHERE id = 1)), md5((SELECT body FROM wide WHERE id = 2)),
       (SELECT count(*) FROM wide), (SELECT count(*) FROM wide, jsonb_each(doc) WHERE id = 3)
"""
_LEFT = "SELECT count(*) FROM wide WHERE mail ~ 'corp' OR doc::text ~ 'corp'"


def _peak(shop: Shop, *words: str) -> tuple[int, str]:
    """Run the program; returns its highest memory in bytes and its output."""
    with subprocess.Popen([*PROGRAM, *words], cwd=shop.folder, env=shop.environ, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        out = child.stdout.read().decode()
        _pid, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_maxrss * 1024, out


def test_A19_wide_cells_arrive_whole_in_bounded_memory(embedded_shop: Shop) -> None:
    embedded_shop.rules(_RULES)
    embedded_shop.production_sql(_WIDE)
    peak, out = _peak(embedded_shop, "refresh", "--direct", "--json")
    assert json.loads(out)["exit"] == 0, out
    assert peak <= _ALLOWANCE + 3 * max(2 * _BYTES, _TEXT), f"{peak >> 20} MB"
    with embedded_shop.staging() as staging:
        assert staging.execute(_LEFT).fetchone() == (0,)
        arrived = staging.execute(_FACTS).fetchone()
    with psycopg.connect(embedded_shop.production.url) as production:
        assert production.execute(_FACTS).fetchone() == arrived
