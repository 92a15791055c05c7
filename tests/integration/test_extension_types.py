"""B28, the types that extensions bring: geometry and geography of PostGIS, vector of pgvector. None has all operators.

PostGIS is Debian's, where it is installed. pgvector comes in a wheel that brings its own PostgreSQL 16.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from stagecopy.process import ProcessError, environment, run
from tests.integration.block_pair import both_ways, reads_blocks_always, table
from tests.integration.majors import SLOW
from tests.integration.server_pair import binaries, migrate, server_pair

__all__ = ["reads_blocks_always"]
pytestmark = pytest.mark.skipif(not SLOW, reason="programs of several hundred megabytes: STAGECOPY_SLOW=1")

PLACES = """
CREATE EXTENSION postgis;;
CREATE TABLE places (id int PRIMARY KEY, spot geometry(Point, 4326), area geometry, way geography);
INSERT INTO places SELECT i, ST_SetSRID(ST_MakePoint(i, 1), 4326), ST_Buffer(ST_MakePoint(i, 1), 1),
       ST_GeogFromText('LINESTRING(0 0, ' || i || ' 1)') FROM generate_series(1, 300) i;
CREATE TABLE marks (spot geometry);
INSERT INTO marks SELECT ST_MakePoint(1, 1) FROM generate_series(1, 4);
CREATE INDEX ON places USING gist (area);
"""
MOVED = """
UPDATE places SET spot = ST_SetSRID(ST_MakePoint(-id, 1), 4326) WHERE id <= 10;
UPDATE places SET way = NULL WHERE id = 11;
UPDATE places SET area = ST_Reverse(area) WHERE id = 12; -- its = calls it equal, the bytes are others
ALTER TABLE places ALTER COLUMN spot TYPE geometry USING spot;
DELETE FROM marks WHERE ctid = '(0,1)';
"""
EMBEDDINGS = """
CREATE EXTENSION vector;;
CREATE TABLE texts (id int PRIMARY KEY, meaning vector(3), wide vector);
INSERT INTO texts SELECT i, ARRAY[i, 0.5, -1]::real[]::vector, array_fill(i / 7.0, ARRAY[900])::real[]::vector
  FROM generate_series(1, 300) i;
CREATE TABLE heap (meaning vector(2));
INSERT INTO heap SELECT '[1,2]' FROM generate_series(1, 4);
"""
LEARNT = """
UPDATE texts SET meaning = '[0,0,0]' WHERE id <= 7;
UPDATE texts SET wide = NULL WHERE id = 8;
ALTER TABLE texts DROP COLUMN wide;;
DELETE FROM heap WHERE ctid = '(0,2)';
"""


def test_geometry_and_geography() -> None:
    if not (Path("/usr/share/postgresql") / binaries().parent.name / "extension" / "postgis.control").exists():
        pytest.skip("PostGIS is not installed: Debian's postgresql-15-postgis-3")
    with server_pair({"places": PLACES}) as pair:
        migrate(pair.case("places")[1], MOVED)
        found = both_ways(pair, "places").found
    places, marks = table(found, "places"), table(found, "marks")
    changed = {name: each.changed for name, each in places.columns.items() if each.changed}
    assert changed == {"spot": 10, "way": 1, "area": 1}
    assert (places.changed, places.columns["way"].value_to_null) == (12, 1)
    assert (marks.removed, marks.added, marks.changed) == (1, 0, 0)


def test_vector() -> None:
    with server_pair({"texts": EMBEDDINGS}, unpack=_with_vector) as pair:
        migrate(pair.case("texts")[1], LEARNT)
        found = both_ways(pair, "texts").found
    texts, heap = table(found, "texts"), table(found, "heap")
    assert (texts.changed, texts.columns["meaning"].changed) == (7, 7)
    assert texts.columns["wide"].lost == 300
    assert (heap.removed, heap.added) == (1, 0)


def _with_vector(folder: Path) -> Path:
    folder.mkdir(mode=0o755)
    words = ["--only-binary=:all:", "--no-deps", "--python-version=3.12", "--disable-pip-version-check"]
    try:
        run([sys.executable, "-m", "pip", "download", *words, f"--dest={folder}", "pgserver==0.1.4"], env=environment())
    except ProcessError as failure:
        pytest.skip(f"no registry brings pgvector: {failure.message}")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder)
    programs = folder / "pgserver" / "pginstall" / "bin"
    for program in programs.iterdir():
        program.chmod(0o755)
    return programs
