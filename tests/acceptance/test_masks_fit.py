"""Masks meet what production's schema demands: found out before the load where a sample can show it, else by design."""

from __future__ import annotations

from tests.acceptance.harness import Shop

KEEP = "{keep: not personal}"


def lines_of(message: str) -> list[str]:
    return [line for line in message.splitlines() if ": mask " in line]


def test_A23_checks_domains_and_types_that_refuse_masks_are_all_listed_before_the_load(embedded_shop: Shop) -> None:
    embedded_shop.production_sql(
        """
        CREATE DOMAIN email_address AS text CHECK (VALUE LIKE '%@%');
        CREATE DOMAIN shout AS text CHECK (VALUE = upper(VALUE));
        CREATE TYPE mood AS ENUM ('good', 'bad');
        CREATE TABLE people (
            id int PRIMARY KEY, mail email_address, cry shout, born date CHECK (born < '2001-01-01'),
            code text, other text,
            CONSTRAINT code_is_short CHECK (length(code) = 3), CONSTRAINT other_begins CHECK (other LIKE 'x%'));
        CREATE TABLE fine (id int PRIMARY KEY, mail email_address CHECK (length(mail) > 3));
        INSERT INTO people SELECT n, 'a' || n || '@b.c', 'HEY', '2000-12-31'::date - n % 9, 'abc', 'x' || n
          FROM generate_series(1, 500) n;
        INSERT INTO fine VALUES (1, 'q@w.e');
        """
    )
    embedded_shop.rules(
        "tables:\n"
        "  people:\n    columns:\n"
        f"      id: {KEEP}\n      mail: {{mask: email}}\n      cry: {{mask: text}}\n"
        "      born: {mask: shift_date}\n      code: {mask: hash}\n      other: {mask: text}\n"
        f"  fine: {{columns: {{id: {KEEP}, mail: {{mask: email}}}}}}\n"
    )
    done = embedded_shop.run("refresh", "--json")
    assert done.code == 2, done.err
    error = done.document["error"]
    assert error["code"] == "bad-rules"
    found = lines_of(error["message"])
    assert [line.split(" refuses")[0].split("/")[-1] for line in found] == [
        "rules.yaml:7: mask text on public.people.cry puts what domain shout (constraint shout_check)",
        "rules.yaml:8: mask shift_date on public.people.born puts what CHECK constraint people_born_check",
        "rules.yaml:9: mask hash on public.people.code puts what CHECK constraint code_is_short",
        "rules.yaml:10: mask text on public.people.other puts what CHECK constraint other_begins",
    ]
    assert all("of 200 rows tried" in line for line in found)
    assert "HEY" not in done.err + done.out


def test_A29_dates_of_a_subject_move_alike_so_that_their_order_and_exclusion_hold(embedded_shop: Shop) -> None:
    embedded_shop.production_sql(
        """
        CREATE EXTENSION btree_gist;
        CREATE TABLE guests (id int PRIMARY KEY, name text);
        CREATE TABLE stays (
            id int PRIMARY KEY, guest int NOT NULL REFERENCES guests, during tstzrange NOT NULL,
            created timestamptz, updated timestamptz, CHECK (created < updated),
            EXCLUDE USING gist (guest WITH =, during WITH &&));
        INSERT INTO guests SELECT n, 'Guest ' || n FROM generate_series(1, 50) n;
        INSERT INTO stays SELECT n, n % 50 + 1,
               tstzrange('2020-01-01 10:00+00'::timestamptz + n * interval '1 day',
                         '2020-01-02 09:00+00'::timestamptz + n * interval '1 day'),
               '2019-01-01'::timestamptz + n * interval '1 hour',
               '2019-01-01 01:00'::timestamptz + n * interval '1 hour'
          FROM generate_series(1, 1000) n;
        """
    )
    rules = (
        "subjects: {guest: {table: guests, key: id}}\n"
        "tables:\n"
        f"  guests: {{columns: {{id: {KEEP}, name: {{mask: name, subject: guest}}}}}}\n"
        f"  stays:\n    columns:\n      id: {KEEP}\n      during: {{mask: shift_date, days: 90{{0}}}}\n"
        "      created: {mask: shift_date, days: 90, subject: guest}\n"
        "      updated: {mask: shift_date, days: 90, subject: guest}\n"
    )
    embedded_shop.rules(rules.replace("{0}", ""))
    refused = embedded_shop.run("refresh", "--json")
    assert refused.code == 2, refused.err
    assert (
        "EXCLUDE constraint stays_guest_during_excl refuses; give it the subject"
        in refused.document["error"]["message"]
    )
    embedded_shop.rules(rules.replace("{0}", ", subject: guest"))
    embedded_shop.refreshed()
    with embedded_shop.staging() as staging:
        offsets = staging.execute(
            "SELECT count(DISTINCT (lower(during)::date - ('2020-01-01'::date + id)))::int,"
            " bool_and(lower(during)::date <> '2020-01-01'::date + id),"
            " bool_and(updated - created = interval '1 hour'),"
            " bool_and(upper(during) - lower(during) = interval '23 hours'),"
            " bool_and(lower(during)::date - ('2020-01-01'::date + id) ="
            "          created::date - ('2019-01-01'::timestamptz + id * interval '1 hour')::date)"
            " FROM stays GROUP BY guest"
        ).fetchall()
    assert set(offsets) == {(1, True, True, True, True)}


def test_A24_keys_stay_joined_however_their_type_compares(embedded_shop: Shop) -> None:
    embedded_shop.production_sql(
        """
        CREATE EXTENSION citext;
        CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE COLLATION looser (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
        CREATE TABLE a (mail citext PRIMARY KEY, code char(12) UNIQUE, nick text COLLATE loose UNIQUE,
                        town text COLLATE looser UNIQUE);
        CREATE TABLE b (id int PRIMARY KEY, mail citext REFERENCES a, code char(10) REFERENCES a (code),
                        nick text COLLATE loose REFERENCES a (nick), town text COLLATE looser REFERENCES a (town));
        INSERT INTO a VALUES ('Bob@X.com', 'ab', 'Évá', 'Große Évora'), ('al@x.com', 'cd', 'Ann', 'Ulm');
        INSERT INTO b VALUES (1, 'bob@x.COM', 'ab', 'éVÁ', 'GROSSE evora'), (2, 'AL@x.com', 'cd  ', 'aNN', 'ULM'),
                             (3, NULL, NULL, NULL, NULL);
        """
    )
    embedded_shop.rules(
        "tables:\n  a: {columns: {mail: {mask: email}, code: {mask: hash}, nick: {mask: username},"
        " town: {mask: hash}}}\n"
        f"  b: {{columns: {{id: {KEEP}}}}}\n"
    )
    embedded_shop.refreshed()
    with embedded_shop.staging() as staging:
        joined = staging.execute(
            "SELECT b.id, a.mail <> 'bob@x.com' AND a.nick NOT IN ('Évá', 'Ann') FROM b JOIN a USING (mail)"
            " WHERE a.code = b.code AND a.nick = b.nick AND a.town = b.town ORDER BY 1"
        ).fetchall()
        assert joined == [(1, True), (2, True)]
        assert staging.execute("SELECT count(*) FROM b WHERE mail IS NULL AND nick IS NULL").fetchone() == (1,)


def test_A24_a_collation_that_compares_in_its_own_way_is_said(embedded_shop: Shop) -> None:
    embedded_shop.production_sql(
        """
        CREATE COLLATION odd (provider = icu, locale = 'und-u-ka-shifted-ks-level1', deterministic = false);
        CREATE TABLE a (id int PRIMARY KEY, nick text COLLATE odd UNIQUE);
        """
    )
    embedded_shop.rules(f"tables:\n  a: {{columns: {{id: {KEEP}, nick: {{mask: username}}}}}}\n")
    done = embedded_shop.run("refresh", "--json")
    assert done.code == 2, done.err
    assert "public.a.nick: the collation und-u-ka-shifted-ks-level1 compares" in done.document["error"]["message"]


def test_A25_every_shape_of_key_holds_and_orphans_are_not_invented(embedded_shop: Shop) -> None:
    embedded_shop.production_sql(
        """
        CREATE TABLE org (
            country text, code text, PRIMARY KEY (country, code), tax text, duns text, UNIQUE (tax, duns));
        CREATE TABLE person (login text PRIMARY KEY, boss text REFERENCES person, deputy text REFERENCES person,
            country text, code text, FOREIGN KEY (country, code) REFERENCES org,
            tax text, duns text, FOREIGN KEY (tax, duns) REFERENCES org (tax, duns));
        CREATE TABLE staff (login text PRIMARY KEY REFERENCES person);
        CREATE TABLE driver (login text PRIMARY KEY REFERENCES staff);
        CREATE TABLE shared (id int PRIMARY KEY, who text REFERENCES person);
        ALTER TABLE shared ADD FOREIGN KEY (who) REFERENCES staff;
        CREATE TABLE egg (id text PRIMARY KEY, hen text NOT NULL);
        CREATE TABLE hen (id text PRIMARY KEY, egg text NOT NULL REFERENCES egg DEFERRABLE INITIALLY DEFERRED);
        ALTER TABLE egg ADD FOREIGN KEY (hen) REFERENCES hen DEFERRABLE INITIALLY DEFERRED;
        CREATE TABLE note (id int PRIMARY KEY, who text);
        INSERT INTO note VALUES (1, 'ann'), (2, 'gone');
        ALTER TABLE note ADD FOREIGN KEY (who) REFERENCES person NOT VALID;
        INSERT INTO org VALUES ('de', 'a', 't1', 'd1'), ('de', 'b', 't2', 'd2');
        INSERT INTO person VALUES ('ann', 'ann', 'bob', 'de', 'a', 't2', 'd2'),
                                  ('bob', 'ann', NULL, 'de', 'b', NULL, NULL);
        INSERT INTO staff VALUES ('ann'), ('bob');
        INSERT INTO driver VALUES ('bob');
        INSERT INTO shared VALUES (1, 'bob');
        BEGIN; INSERT INTO egg VALUES ('e1', 'h1'); INSERT INTO hen VALUES ('h1', 'e1'); COMMIT;
        """
    )
    embedded_shop.rules(
        "tables:\n"
        f"  org: {{columns: {{country: {KEEP}, code: {{mask: hash}}, tax: {{mask: hash}}, duns: {{mask: hash}}}}}}\n"
        "  person: {columns: {login: {mask: username}}}\n"
        f"  shared: {{columns: {{id: {KEEP}}}}}\n  note: {{columns: {{id: {KEEP}}}}}\n"
        "  egg: {columns: {id: {mask: hash}}}\n  hen: {columns: {id: {mask: hash}}}\n"
    )
    embedded_shop.refreshed()
    with embedded_shop.staging() as staging:
        login = dict(
            staging.execute("SELECT s.login, d.login FROM staff s LEFT JOIN driver d USING (login)").fetchall()
        )
        assert sorted(login) == sorted(row[0] for row in staging.execute("SELECT login FROM person"))
        assert not set(login) & {"ann", "bob"}
        assert staging.execute(
            "SELECT count(*) FROM hen JOIN egg ON egg.id = hen.egg AND egg.hen = hen.id"
        ).fetchone() == (1,)
        assert staging.execute("SELECT count(*) FROM note JOIN person ON who = login").fetchone() == (1,)
        assert staging.execute("SELECT count(*) FROM note WHERE who = 'gone'").fetchone() == (0,)
        invalid = staging.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated").fetchall()
        assert invalid == [("note_who_fkey",)]


def test_A26_listed_polymorphic_and_embedded_references_get_the_keys_mask(embedded_shop: Shop) -> None:
    embedded_shop.production_sql(
        """
        CREATE TABLE users (login text PRIMARY KEY);
        CREATE TABLE shops (slug text PRIMARY KEY);
        CREATE EXTENSION citext;
        CREATE TABLE events (id int PRIMARY KEY, who text, owner_type citext, owner text, doc jsonb, raw json);
        INSERT INTO users VALUES ('ann'), ('bob');
        INSERT INTO shops VALUES ('ann'), ('zoo');
        INSERT INTO events VALUES
          (1, 'ann', 'User', 'bob', '{"by": "ann", "seen": ["bob", "ann"], "n": 1}', '{"a":  1.50, "a": 2}'),
          (2, 'bob', 'Shop', 'ann', '{"by": null, "x": "ann@example.com"}', '{"by": "ann"}'),
          (3, NULL, 'SHOP', 'zoo', '[]', NULL), (4, NULL, 'Robot', 'r2', NULL, NULL);
        """
    )
    embedded_shop.rules(
        "tables:\n"
        "  users: {columns: {login: {mask: username}}}\n"
        "  shops: {columns: {slug: {mask: hash}}}\n"
        "  events:\n    columns:\n"
        f"      id: {KEEP}\n      owner_type: {KEEP}\n      owner: {KEEP}\n"
        "      doc: {mask: json, rest: redact}\n"
        '      raw: {mask: json, rest: keep, paths: {"$.by": {keep: not a login here}}}\n'
        "references:\n"
        "  - {from: events.who, to: users.login}\n"
        "  - {from: events.owner, to: users.login, when: {owner_type: User}}\n"
        "  - {from: events.owner, to: public.shops.slug, when: {owner_type: Shop}}\n"
        '  - {from: {column: events.doc, path: "$.by"}, to: users.login}\n'
        '  - {from: {column: events.doc, path: "$.seen[*]"}, to: users.login}\n'
    )
    embedded_shop.refreshed()
    with embedded_shop.staging() as staging:
        rows = {row[0]: row[1:] for row in staging.execute("SELECT id, who, owner, doc, raw::text FROM events")}
        login = {row[0][:3]: row[0] for row in staging.execute("SELECT login FROM users")}
        slugs = {row[0] for row in staging.execute("SELECT slug FROM shops")}
    ann, bob = rows[1][0], rows[2][0]
    assert {ann, bob} == set(login.values())
    assert ann != bob
    assert rows[1][1] == bob
    assert {rows[2][1], rows[3][1]} == slugs
    assert rows[4][1] == "r2"
    assert rows[1][2] == {"by": ann, "seen": [bob, ann], "n": 0}
    assert rows[2][2] == {"by": None, "x": "redacted"}
    assert rows[1][3] == '{"a":  1.50, "a": 2}'
    assert rows[2][3] == '{"by": "ann"}'
