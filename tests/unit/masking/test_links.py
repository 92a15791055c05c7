"""References and subjects that the rules list: found, joined, or refused with the line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagecopy.masking import packs
from stagecopy.masking.loader import load_rules
from stagecopy.model.catalog import Exclusion, Table
from tests.unit.masking.factory import column, foreign, planned, refused, rules_of, table, unique

NAMES = "tables:\n  users: {columns: {id: {keep: a number}, login: {mask: username}}}\n"
USERS = table(1, "users", column("id", "int4", not_null=True), column("login"), unique_keys=(unique(1, primary=True),))


def events(*columns: str, **types: str) -> Table:
    return table(2, "events", *(column(name, types.get(name, "text")) for name in columns))


def test_A26_a_listed_reference_inherits_the_keys_rule(tmp_path: Path) -> None:
    made = planned(tmp_path, NAMES + "references:\n  - {from: events.who, to: users.login}\n", USERS, events("who"))
    assert rules_of(made, 2) == {"who": "username"}


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("{from: events.whom, to: users.login}", "public.events has no column whom; did you mean 'who'?"),
        ("{from: event.who, to: users.login}", "there is no table public.event; did you mean 'public.events'?"),
        ("{from: events.who, to: user.login}", "there is no table public.user; did you mean 'public.users'?"),
        ("{from: 't_*.events.who', to: users.login}", "t_*.events matches nothing"),
        ("{from: {column: events.who, path: $.a}, to: users.login}", "text is no document; take the path out"),
        ("{from: events.who, to: users.login, when: {sort: x}}", "public.events has no column sort"),
    ],
)
def test_A26_a_reference_to_what_is_not_there_is_located(tmp_path: Path, reference: str, said: str) -> None:
    rules = NAMES + f"  events: {{columns: {{who: {{mask: username}}}}}}\nreferences:\n  - {reference}\n"
    lines = refused(tmp_path, rules, USERS, events("who"))
    assert len(lines) == 1
    assert lines[0].startswith("rules.yaml:6: ")
    assert said in lines[0]


def test_A26_two_same_named_keys_with_different_rules_are_refused(tmp_path: Path) -> None:
    rules = NAMES + "  events: {columns: {who: {mask: hash}}}\nreferences:\n  - {from: events.who, to: users.login}\n"
    assert "joined by a" in refused(tmp_path, rules, USERS, events("who"))[0]


def test_A26_a_glob_stands_for_the_schema_of_both(tmp_path: Path) -> None:
    tables = [
        table(oid + n, f"t_{n}.{name}", column("login"))
        for n in (1, 2) for oid, name in ((10, "users"), (20, "events"))
    ]  # fmt: skip
    rules = (
        "tables:\n  t_1.users: {columns: {login: {mask: username}}}\n  t_2.users: {columns: {login: {mask: hash}}}\n"
        "references:\n  - {from: 't_*.events.login', to: 't_*.users.login'}\n"
    )
    made = planned(tmp_path, rules, *tables)
    assert [rules_of(made, oid)["login"] for oid in (11, 21, 12, 22)] == ["username", "username", "hash", "hash"]


def test_A26_a_polymorphic_key_needs_a_rule_only_where_its_keys_differ(tmp_path: Path) -> None:
    shops = table(3, "shops", column("slug"))
    references = (
        "references:\n  - {from: events.who, to: users.login, when: {sort: U}}\n"
        "  - {from: events.who, to: shops.slug, when: {sort: S}}\n"
    )
    sort = "  events: {columns: {sort: {keep: a kind}}}\n"
    same = NAMES + sort + "  shops: {columns: {slug: {mask: username}}}\n" + references
    assert rules_of(planned(tmp_path, same, USERS, events("who", "sort"), shops), 2)["who"] == "username"
    other = NAMES + sort + "  shops: {columns: {slug: {mask: hash}}}\n" + references
    lines = refused(tmp_path, other, USERS, events("who", "sort"), shops)
    assert "public.events.who refers to keys with different masks; give the column a rule of its own" in lines[0]


def test_A26_a_kept_document_with_a_masked_key_in_it_is_refused(tmp_path: Path) -> None:
    rules = (
        NAMES + "  events: {columns: {doc: {keep: no personal data}}}\n"
        "references:\n  - {from: {column: events.doc, path: $.by}, to: users.login}\n"
    )
    lines = refused(tmp_path, rules, USERS, events("doc", doc="jsonb"))
    assert "public.events.doc is kept, but $.by in it refers to a key that is `mask: username`" in lines[0]


SUBJECT = "subjects: {user: {table: users, key: id}}\n"
ORDERS = table(
    2, "orders", column("buyer", "int4"), column("seller", "int4"), column("at", "date"),
    foreign_keys=(foreign((1,), 1, (1,)), foreign((2,), 1, (1,))),
)  # fmt: skip


def test_a_subject_is_told_by_the_one_column_that_refers_to_it(tmp_path: Path) -> None:
    visits = table(2, "visits", column("who", "int4"), column("at", "date"), foreign_keys=(foreign((1,), 1, (1,)),))
    rules = SUBJECT + NAMES + "  visits: {columns: {at: {mask: shift_date, subject: user}}}\n"
    at = planned(tmp_path, rules, USERS, visits).tables[2].columns[1]
    assert at.who is not None
    assert at.who.attnum == 1


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("user", "which column of public.orders says whose user's value it is? several columns do: buyer, seller"),
        ("usr", "there is no subject 'usr'; did you mean 'user'?"),
        ("{user: payer}", "public.orders has no column payer to say which user"),
    ],
)
def test_a_subject_that_cannot_be_told_is_refused(tmp_path: Path, subject: str, said: str) -> None:
    rules = SUBJECT + NAMES + f"  orders: {{columns: {{at: {{mask: shift_date, subject: {subject}}}}}}}\n"
    assert said in refused(tmp_path, rules, USERS, ORDERS)[0]


def test_parts_of_one_value_go_by_one_column(tmp_path: Path) -> None:
    orders = table(2, "orders", column("buyer", "int4"), column("seller", "int4"), column("doc", "jsonb"),
                   foreign_keys=(foreign((1,), 1, (1,)), foreign((2,), 1, (1,))))  # fmt: skip
    rule = "{mask: json, paths: {$.a: {mask: name, subject: {user: buyer}}, $.b: {mask: email, subject: {user: WHO}}}}"
    rules = SUBJECT + NAMES + "  orders: {columns: {buyer: KEEP, seller: KEEP, doc: " + rule + "}}\n"
    rules = rules.replace("KEEP", "{keep: key of a user}")
    lines = refused(tmp_path, rules.replace("WHO", "seller"), USERS, orders)
    assert "parts of one value go by two columns, buyer and seller" in lines[0]
    doc = planned(tmp_path, rules.replace("WHO", "buyer"), USERS, orders).tables[2].columns[2]
    assert doc.who is not None
    assert doc.who.attnum == 1


def test_a_subject_without_a_table_is_refused(tmp_path: Path) -> None:
    lines = refused(tmp_path, "subjects: {user: {table: usrs, key: id}}\n" + NAMES, USERS)
    assert lines == ["rules.yaml:2: subject user: there is no column public.usrs.id"]


def test_dates_of_one_subject_need_one_furthest_shift(tmp_path: Path) -> None:
    rules = (
        SUBJECT + NAMES + "  orders:\n    columns:\n      at: {mask: shift_date, days: 9, subject: {user: buyer}}\n"
        "      due: {mask: shift_date, days: 8, subject: {user: buyer}}\n"
    )
    orders = table(2, "orders", column("buyer", "int4"), column("at", "date"), column("due", "date"),
                   foreign_keys=(foreign((1,), 1, (1,)),))  # fmt: skip
    lines = refused(tmp_path, rules, USERS, orders)
    assert lines[0].startswith("rules.yaml:8: dates of subject user move by one offset, but `days` differs from")


@pytest.mark.parametrize(
    ("rule", "refuses"),
    [
        ("{mask: shift_date}", True),
        ("{mask: shift_date, subject: user}", False),
        ("{mask: null}", False),
        ("{keep: no dates of birth}", False),
    ],
)
def test_A29_a_date_under_an_exclusion_moves_with_what_it_compares(tmp_path: Path, rule: str, refuses: bool) -> None:
    stays = table(
        2, "stays", column("who", "int4"), column("during", "date"), foreign_keys=(foreign((1,), 1, (1,)),),
        exclusions=(Exclusion("apart", (1, 2), ("=", "&&"), computed=False),),
    )  # fmt: skip
    rules = SUBJECT + NAMES + f"  stays: {{columns: {{during: {rule}}}}}\n"
    if refuses:
        assert "EXCLUDE constraint apart refuses" in refused(tmp_path, rules, USERS, stays)[0]
    else:
        assert planned(tmp_path, rules, USERS, stays)


def test_A06_a_lossy_mask_below_a_unique_expression_is_refused(tmp_path: Path) -> None:
    lower = unique(0, reads=(1,))
    lines = refused(
        tmp_path, "tables: {t: {columns: {c: {mask: city}}}}\n", table(1, "t", column("c"), unique_keys=(lower,))
    )
    assert "unique index key_0 refuses" in lines[0]
    assert planned(
        tmp_path, "tables: {t: {columns: {c: {mask: email}}}}\n", table(1, "t", column("c"), unique_keys=(lower,))
    )


@pytest.mark.parametrize("name", packs.names())
def test_every_pack_can_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "rules.yaml").write_text(f"version: 1\nuse: [{name}]\n", encoding="utf-8")
    assert load_rules(tmp_path).packs[0].tables


def test_own_rules_win_over_packs_and_packs_over_patterns(tmp_path: Path) -> None:
    rules = (
        "use: [django-auth]\ntables:\n  auth_user: {columns: {email: {mask: hash}}}\n"
        "patterns:\n  - {column: '*', keep: test data}\n"
    )
    user = table(1, "auth_user", column("id", "int4"), column("email"), column("first_name"), column("shoe"))
    said = rules_of(planned(tmp_path, rules, user, table(2, "django_session", column("data"))))
    assert said == {"id": "keep", "email": "hash", "first_name": "first_name", "shoe": "keep"}
