"""One person stays one person: name, address and days agree across tables, documents, arrays, hstore and rows."""

from __future__ import annotations

from tests.acceptance.harness import Shop

_PRODUCTION = """
CREATE EXTENSION hstore;
CREATE TYPE contact AS (who text, since date);
CREATE TABLE users (id int PRIMARY KEY, full_name text, email text, born date);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, ship_to text, placed timestamptz);
CREATE TABLE tickets (id int PRIMARY KEY, opener int, mail text, opened date);
CREATE TABLE events (id int PRIMARY KEY, user_id int REFERENCES users, doc jsonb);
CREATE TABLE cards (id int PRIMARY KEY, user_id int REFERENCES users, mails text[], store hstore, contact contact);
CREATE TABLE visits (id int PRIMARY KEY, user_id int REFERENCES users, first_name text, last_name text, day date);
INSERT INTO users SELECT n, 'Zaphira Quillfeather ' || n, 'zaphira' || n || '@corp.test', date '1970-01-01' + n
  FROM generate_series(1, 50) n;
INSERT INTO orders SELECT id, id, full_name, born + interval '1 year 10 hours' FROM users;
INSERT INTO tickets SELECT id, id, email, born + 100 FROM users;
INSERT INTO events SELECT id, id, jsonb_build_object('who', jsonb_build_object('name', full_name, 'mail', email),
       'days', jsonb_build_array(born, born + 7), 'n', 1.50) FROM users;
INSERT INTO cards SELECT id, id, ARRAY[email, NULL], hstore('name', full_name),
       ROW(full_name, born)::contact FROM users;
INSERT INTO visits SELECT id, id, 'Zaphira', 'Quillfeather', born FROM users;
INSERT INTO events VALUES (51, NULL, '{"who": {"name": "Nobody Knows"}, "n": 2}');
"""
_RULES = """subjects:
  customer: {table: public.users, key: id}
references:
  - {from: public.tickets.opener, to: public.users.id}
tables:
  users:
    columns:
      full_name: {mask: name, subject: customer}
      email: {mask: email, subject: customer}
      born: {mask: shift_date, days: 90, subject: customer}
  orders:
    columns:
      ship_to: {mask: name, subject: customer}
      placed: {mask: shift_date, days: 90, subject: customer}
  tickets:
    columns:
      mail: {mask: email, subject: customer}
      opened: {mask: shift_date, days: 90, subject: {customer: opener}}
  events:
    columns:
      doc:
        mask: json
        paths:
          $.who.name: {mask: name, subject: customer}
          $.who.mail: {mask: email, subject: customer}
          $.days[*]: {mask: shift_date, days: 90, subject: {customer: user_id}}
        rest: keep
  cards:
    columns:
      mails: {mask: array, each: {mask: email, subject: customer}}
      store: {mask: hstore, keys: {name: {mask: name, subject: customer}}}
      contact:
        mask: composite
        fields:
          who: {mask: name, subject: customer}
          since: {mask: shift_date, days: 90, subject: customer}
  visits:
    columns:
      first_name: {mask: first_name, subject: customer}
      last_name: {mask: last_name, subject: customer}
      day: {mask: shift_date, days: 90, subject: customer}
patterns:
  - {column: "*id", keep: surrogate key}
  - {column: opener, keep: surrogate key}
"""
_DISAGREE = """
SELECT count(*) FROM users u
  JOIN orders o ON o.user_id = u.id JOIN tickets t ON t.opener = u.id JOIN events e ON e.user_id = u.id
  JOIN cards c ON c.user_id = u.id JOIN visits v ON v.user_id = u.id
 WHERE NOT (o.ship_to = u.full_name AND t.mail = u.email AND e.doc #>> '{who,name}' = u.full_name
            AND e.doc #>> '{who,mail}' = u.email AND c.mails = ARRAY[u.email, NULL] AND c.store -> 'name' = u.full_name
            AND (c.contact).who = u.full_name AND v.first_name || ' ' || v.last_name = u.full_name
            AND o.placed = u.born + interval '1 year 10 hours' AND t.opened = u.born + 100
            AND (e.doc #>> '{days,0}')::date = u.born AND (e.doc #>> '{days,1}')::date = u.born + 7
            AND (c.contact).since = u.born AND v.day = u.born AND e.doc ->> 'n' = '1.50')
"""


def test_name_address_and_days_agree_in_six_tables_and_in_documents(embedded_shop: Shop) -> None:
    embedded_shop.production_sql(_PRODUCTION)
    embedded_shop.rules(_RULES)
    assert embedded_shop.refreshed("--direct")["audit"]["leaks"] == 0
    with embedded_shop.staging() as staging:
        assert staging.execute(_DISAGREE).fetchone() == (0,)
        moved = staging.execute("SELECT count(*), count(DISTINCT born - date '1970-01-01' - id) FROM users").fetchone()
        assert moved is not None
        assert (moved[0], moved[1] > 20) == (50, True)  # each by days of their own
        raw = "full_name ~ 'Zaphira' OR email ~ 'zaphira' OR born = date '1970-01-01' + id"
        assert staging.execute(f"SELECT count(*) FROM users WHERE {raw}".encode()).fetchone() == (0,)
        nobody = staging.execute("SELECT doc #>> '{who,name}' FROM events WHERE user_id IS NULL").fetchone()
        assert nobody not in (None, ("Nobody Knows",), (None,))
