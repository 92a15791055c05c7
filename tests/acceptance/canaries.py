"""Values that must not leave production, planted in every place that holds text and in every spelling, and a search.

All canaries begin with one word, ``MARK``, so one pass over any bytes finds them all, however they are spelled. In a
catalog's expression trees a text is a list of decimal numbers, which is one spelling more than are planted.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

Session = psycopg.Connection[tuple[Any, ...]]
MARK = "zq7xkvj"
_TAIL = "quill@nest.test"
_SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "case": str.upper,
    "hex": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "json": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "url": lambda text: "".join(f"%{ord(letter):02X}" for letter in text),
    "lexeme": lambda text: f"'{text}':1A",
    "utf16": lambda text: text,  # spelled by the place: text of a database holds no NUL
}
_TEXTS = tuple(name for name in _SPELLINGS if name != "utf16")
_READABLE = ("plain", "case", "lexeme")  # in which a mask that looks for e-mail addresses sees one


@dataclass(frozen=True)
class Place:
    """A column: its type, how SQL makes its value of the text ``v``, and what the rules say of it."""

    type: str
    value: str
    rule: str
    spellings: tuple[str, ...] = _TEXTS


def _masked(mask: str, *, type: str = "text", value: str = "v") -> Place:  # noqa: A002
    return Place(type, value, mask if mask.startswith("{") else f"{{mask: {mask}}}")


PLACES: Mapping[str, Place] = {
    "email": _masked("email"),
    "email_kept_domain": _masked("{mask: email, domain: keep}", type="varchar(250)"),
    "username": _masked("username", type="citext"),
    "fixed": _masked("hash", type="char(250)"),
    "catalog_name": _masked("hash", type="name"),
    **{name: _masked(name) for name in ("name", "first_name", "last_name", "phone", "address", "street", "city")},
    **{name: _masked(name) for name in ("company", "postcode", "iban", "card", "url", "text", "hash", "permute")},
    "national_id": _masked("{mask: national_id, country: us}"),
    "tax_id": _masked("{mask: tax_id, country: de}"),
    "uuid": _masked("uuid"),
    "inet": _masked("inet"),
    "chosen": _masked("{mask: choice, values: [a, b]}"),
    "fixed_value": _masked("{mask: constant, value: fixed}"),
    "nothing": _masked('"null"'),
    "own_code": _masked('{mask: python, call: "own.py:own"}'),
    "note": Place("text", "'Write to ' || v || ' today'", "{mask: redact_text}", _READABLE),
    "doc": _masked(
        '{mask: json, paths: {"$.who": email}, rest: redact}', type="json", value="json_build_object('who', v)"
    ),
    "docs": _masked(
        '{mask: json, paths: {"$.all[*].who": hash}, rest: redact}',
        type="jsonb",
        value="jsonb_build_object('all', jsonb_build_array(jsonb_build_object('who', v)))",
    ),
    "doc_rest": _masked(
        "{mask: json, rest: redact}", type="jsonb", value="jsonb_build_array(1, jsonb_build_object('a', v), v)"
    ),
    "doc_list": _masked(
        '{mask: array, each: {mask: json, paths: {"$.who": text}}}',
        type="jsonb[]",
        value="ARRAY[jsonb_build_object('who', v)]",
    ),
    "list": _masked("{mask: array, each: email}", type="text[]", value="ARRAY['x', v, NULL]"),
    "grid": _masked("{mask: array, each: hash}", type="varchar[]", value="ARRAY[[v], ['x']]"),
    "list_domain": _masked("{mask: array, each: text}", type="canary_list", value="ARRAY[v]"),
    "store": _masked("{mask: hstore, keys: {who: email}, rest: keep}", type="hstore", value="hstore('who', v)"),
    "store_rest": _masked("{mask: hstore, rest: redact}", type="hstore", value="hstore('other', v)"),
    "row": _masked(
        "{mask: composite, fields: {who: name}, rest: keep}", type="canary_row", value="ROW(v, 1)::canary_row"
    ),
    "rows": _masked(
        "{mask: array, each: {mask: composite, fields: {who: hash}, rest: keep}}",
        type="canary_row[]",
        value="ARRAY[ROW(v, 1)::canary_row]",
    ),
    "bytes": Place("bytea", "b", "{mask: bytea}", tuple(_SPELLINGS)),
    "bytes_picture": Place("bytea", "b", "{mask: bytea, longest: 4}", tuple(_SPELLINGS)),
    "lexemes": _masked("tsvector", type="tsvector", value="array_to_tsvector(ARRAY[v])"),
    "lexeme_codes": _masked(
        "{mask: tsvector, lexemes: codes}", type="tsvector", value="to_tsvector('simple', quote_literal(v))"
    ),
    "xml": _masked('"null"', type="xml", value="xmlelement(name a, v)"),
    "span": _masked('"null"', type="canary_span", value="canary_span(v, v, '[]')"),
    "query": _masked('"null"', type="tsquery", value="quote_literal(v)::tsquery"),
    "long": _masked("hash", value="v || repeat(md5(v), 200)"),
    "long_text": _masked("text", value="repeat('word ', 900) || v"),
    "long_doc": _masked(
        "{mask: json, rest: redact}", type="jsonb", value="jsonb_build_object('a', v || repeat(md5(v), 200))"
    ),
    "refers": _masked("hash"),
}
_TYPES = """
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION postgres_fdw;
CREATE TYPE canary_row AS (who text, n int);
CREATE DOMAIN canary_list AS text[];
CREATE TYPE canary_span AS RANGE (subtype = text);
"""
_EXTERNAL = """
DO $$DECLARE each record; BEGIN
  FOR each IN SELECT attname FROM pg_attribute WHERE attrelid = 'everything'::regclass AND attstorage IN ('x', 'm') LOOP
    EXECUTE format('ALTER TABLE everything ALTER %I SET STORAGE EXTERNAL', each.attname);
  END LOOP; END$$;
"""
# What follows from masked rows, and what must not come along at all. {0} … are canaries of their own.
_AROUND = """
ALTER TABLE everything ADD shouted text GENERATED ALWAYS AS (upper("text")) STORED,
    ADD found tsvector GENERATED ALWAYS AS (to_tsvector('simple', "name")) STORED;
CREATE INDEX ON everything (lower(email)); CREATE INDEX ON everything USING gin (docs);
CREATE INDEX ON everything (street);
ALTER TABLE everything ADD UNIQUE (hash);
CREATE STATISTICS both_names (mcv) ON first_name, last_name FROM everything;
CREATE STATISTICS loud ON (upper(city)) FROM everything;
CREATE MATERIALIZED VIEW seen AS SELECT id, email, docs, "list", bytes, lexemes, "row", shouted FROM everything;
CREATE MATERIALIZED VIEW seen_again AS SELECT id, upper(email) AS email, docs::text AS docs FROM seen;
CREATE VIEW looks AS SELECT email, name FROM everything;
CREATE TABLE audit (id serial, before jsonb, said text, by_trigger tsvector);
INSERT INTO audit (before, said, by_trigger)
  SELECT to_jsonb(e), e.email || ' was ' || e."name",
         array_to_tsvector(ARRAY[coalesce(e.email, 'x')]) FROM everything e;
CREATE TABLE log (id serial, doc json);
INSERT INTO log (doc) SELECT json_build_object('request', row_to_json(e)) FROM everything e;
CREATE TABLE child (id int, hash text REFERENCES everything (hash));
INSERT INTO child SELECT id, hash FROM everything;
CREATE TABLE parted (id int, who text) PARTITION BY HASH (id);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parted SELECT id, email FROM everything;
CREATE TABLE heir (more text) INHERITS (log);
INSERT INTO heir (doc, more) SELECT to_json(email), email FROM everything;
CREATE UNLOGGED TABLE unlogged (id int, who text);
INSERT INTO unlogged SELECT id, email FROM everything;
CREATE TABLE sessions (id int, who text); INSERT INTO sessions VALUES (1, '{0}');
CREATE TABLE few (id int, who text); INSERT INTO few VALUES (1, '{1}'), (2, 'nobody');
CREATE SCHEMA vault; CREATE TABLE vault.secrets (who text); INSERT INTO vault.secrets VALUES ('{2}');
CREATE SCHEMA aside; CREATE TABLE aside.others (who text DEFAULT '{3}'); INSERT INTO aside.others VALUES ('{3}');
SELECT lo_from_bytea(4711, '{4}'); COMMENT ON LARGE OBJECT 4711 IS '{5}';
CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw; CREATE USER MAPPING FOR public SERVER away OPTIONS (user '{6}');
ANALYZE;
"""
_RULES_AROUND = """
  audit: {columns: {before: {mask: json, rest: redact}, said: {mask: text}, by_trigger: {mask: tsvector}}}
  log: {columns: {doc: {mask: json, rest: redact}}}
  heir: {columns: {doc: {mask: json, rest: redact}, more: {mask: text}}}
  parted: {columns: {who: {mask: email}}}
  unlogged: {columns: {who: {mask: hash}}}
  sessions: {rows: none}
  few: {rows: {where: id > 1}}
  vault.secrets: {skip: nobody may read it}
patterns:
  - {column: id, keep: surrogate key}
  - {table: few, column: who, keep: nobody is in it}
  - {table: sessions, column: who, keep: its rows stay in production}
"""
OWN_CODE = "def own(values, digests):\n    return digests\n"


def rules() -> str:
    """Rules that mask every place."""
    columns = "".join(f"      {name}: {place.rule}\n" for name, place in PLACES.items())
    return f"tables:\n  everything:\n    columns:\n{columns.rstrip()}{_RULES_AROUND}"


def planted(spelling: str) -> dict[str, str]:
    """The canary of every place that takes this spelling, spelled plainly."""
    return {
        name: f"{MARK}{number:02d}{spelling[:2]}{_TAIL}"
        for number, (name, place) in enumerate(PLACES.items())
        if spelling in place.spellings
    }


def plant(connection: Session, *, external: bool) -> int:
    """Fill an empty database. Returns how many canaries there are."""
    columns = ", ".join(f'"{name}" {place.type}' for name, place in PLACES.items())
    connection.execute(f"{_TYPES}CREATE TABLE everything (id serial PRIMARY KEY, {columns});".encode())
    if external:
        connection.execute(_EXTERNAL.encode())
    count = 0
    for spelling, spelled in _SPELLINGS.items():
        row = {name: (PLACES[name].value, spelled(text)) for name, text in planted(spelling).items()}
        count += len(row)
        _insert(connection, row, wide=spelling == "utf16")
    others = [f"{MARK}9{number}pl{_TAIL}" for number in range(7)]
    connection.execute(_AROUND.format(*others).encode())
    return count + len(others)


def _insert(connection: Session, row: Mapping[str, tuple[str, str]], *, wide: bool) -> None:
    """One row. *wide*: its bytes are UTF-16."""
    made = sql.SQL("(SELECT {} FROM (SELECT {}::text, {}::bytea) t (v, b))")
    encoding = "utf-16-be" if wide else "utf-8"
    cells = [
        made.format(sql.SQL(value), sql.Literal(text), sql.Literal(text.encode(encoding)))
        for value, text in row.values()
    ]
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    connection.execute(sql.SQL("INSERT INTO everything ({}) VALUES ({})").format(names, sql.SQL(", ").join(cells)))


def _stable_base64(word: bytes) -> Iterator[bytes]:
    for before in range(3):
        text = base64.b64encode(b"\0" * before + word)
        yield text[-(-before * 8 // 6) : (before + len(word)) * 8 // 6]


def _forms() -> tuple[dict[bytes, str], dict[bytes, str]]:
    """What to search for in lower-cased bytes, and what in the bytes as they are."""
    lowered, exact = {MARK.encode(): "plain"}, {}
    for word in (MARK, MARK.upper()):
        raw = word.encode()
        lowered[raw.hex().encode()] = "hex"
        lowered["".join(f"\\u{byte:04x}" for byte in raw).encode()] = "JSON"
        lowered["".join(f"%{byte:02x}" for byte in raw).encode()] = "URL"
        lowered[" ".join(map(str, raw)).encode()] = "expression tree"
        exact.update(dict.fromkeys(_stable_base64(raw), "base64"))
    lowered[b"\0".join(bytes([byte]) for byte in MARK.encode())] = "UTF-16"
    return lowered, exact


_LOWERED, _EXACT = _forms()


def found(data: bytes) -> list[str]:
    """In which spellings canaries stand in *data*, with what follows the first of each."""
    hits = []
    for text, forms in ((data.lower(), _LOWERED), (data, _EXACT)):
        for form, name in forms.items():
            place = text.find(form)
            if place >= 0:
                hits.append(f"{name} {text[place : place + 40]!r}")
    return hits


def found_below(*folders: Path, aside: tuple[Path, ...] = ()) -> dict[str, list[str]]:
    """Files below *folders* that hold canaries; *aside* is not looked at. Equal files count once."""
    hits: dict[str, list[str]] = {}
    seen = set()
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        if not {path, *path.parents}.isdisjoint(aside) or path.is_symlink() or not path.is_file():
            continue
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # a running server's
            continue
        digest = hashlib.blake2b(data, digest_size=16).digest()
        if digest not in seen and (there := found(data)):
            hits[str(path)] = there
        seen.add(digest)
    return hits


def found_in_relations(connection: Session) -> dict[str, list[str]]:
    """Tables, materialized views and catalogs that hold canaries when their rows are read as text."""
    relations = connection.execute(
        "SELECT oid::regclass::text FROM pg_class"
        " WHERE relkind IN ('r', 'm') AND relnamespace <> 'pg_toast'::regnamespace"
    ).fetchall()
    hits = {}
    for (name,) in relations:
        with connection.cursor().copy(f"COPY (SELECT t::text FROM ONLY {name} t) TO STDOUT".encode()) as out:
            if there := found(b"".join(bytes(part) for part in out)):
                hits[str(name)] = there
    return hits
