"""Classification over catalogs made by hand, in several languages and spellings; no server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from stagecopy.masking.classify import Decision, Sampler, classify
from stagecopy.masking.maskers import MASKS
from stagecopy.model.catalog import Column, Table
from tests.unit.classify_catalogs import catalog, referencing, table


def _sampler(values: Mapping[str, Sequence[str]]) -> Sampler:
    def sample(_: Table, columns: tuple[Column, ...]) -> Mapping[str, Sequence[str]]:
        return {column.name: values.get(column.name, ()) for column in columns}

    return sample


def _judged(*tables: Table, **values: Sequence[str]) -> dict[str, Decision]:
    found = classify(catalog(*tables), _sampler(values) if values else None)
    return {decision.name.removeprefix("public."): decision for decision in found}


def _one(made: Table, name: str, **values: Sequence[str]) -> Decision:
    return _judged(made, **values)[f"{made.name}.{name}"]


PEOPLE = [
    (
        "kunden",
        {
            "vorname varchar(40)": "first_name",
            "nachname varchar(40)": "last_name",
            "emailadresse varchar(80) unique": "email",
            "telefonnummer varchar(20)": "phone",
            "Straße varchar(60)": "street",
            "plz varchar(5)": "phone",
            "ort varchar(40)": "city",
            "geburtsdatum date": "shift_date",
            "geschlecht char(1)": "null",
            "firma varchar(60)": "company",
            "rechnungsadresse text": "address",
            "steuernummer varchar(20)": "hash",
            "bemerkung text": "text",
        },
    ),
    (
        "utilisateurs",
        {
            "prénom text": "first_name",
            "nom text": "name",
            "courriel text": "email",
            "motDePasse text": "hash",
            "numero_telephone text": "phone",
            "code_postal text": "phone",
            "ville text": "city",
            "date_naissance date": "shift_date",
            "civilite text": "null",
        },
    ),
    (
        "clientes",
        {
            "nombre text": "name",
            "apellidos text": "last_name",
            "correo_electronico text": "email",
            "fecha_de_nacimiento date": "shift_date",
            "direccion text": "address",
            "contraseña text": "hash",
            "dni text": "hash",
            "celular text": "phone",
        },
    ),
    (
        "dipendenti",
        {
            "cognome text": "last_name",
            "codice_fiscale char(16)": "hash",
            "indirizzo text": "address",
            "stipendio numeric not null": "constant",
            "data_nascita date": "shift_date",
        },
    ),
    (
        "pracownicy",
        {
            "imie text": "first_name",
            "nazwisko text": "last_name",
            "pesel char(11)": "hash",
            "nr_telefonu text": "phone",
            "kod_pocztowy text": "phone",
            "haslo text": "hash",
            "wynagrodzenie numeric": "null",
        },
    ),
    (
        "usuarios",
        {
            "sobrenome text": "last_name",
            "cpf varchar(14)": "hash",
            "senha text": "hash",
            "endereco text": "address",
            "telefone text": "phone",
            "data_nascimento date": "shift_date",
        },
    ),
    (
        "UserAccounts",
        {
            "firstName text": "first_name",
            "LASTNAME text": "last_name",
            "eMail citext unique": "email",
            "passwordHash text not null": "hash",
            "lastLoginIP inet not null": "constant",
            "avatarUrl text": "null",
            "twitterHandle text": "username",
            "refreshToken text": "hash",
            "ssn varchar(11)": "hash",
            "bio text": "text",
            "preferences jsonb not null": "constant",
            "StripeCustomerId text": "hash",
            "latitude numeric": "null",
            "cust_addr_1 text": "address",
        },
    ),
]


@pytest.mark.parametrize(("name", "columns"), PEOPLE, ids=[name for name, _ in PEOPLE])
def test_personal_columns_in_many_languages_are_masked(name: str, columns: dict[str, str]) -> None:
    made = table(name, "id int pk", *columns)
    found = _judged(made)
    wanted = {f"{name}.{text.split(maxsplit=1)[0]}": mask for text, mask in columns.items()}
    assert {key: found[key].mask for key in wanted} == wanted
    assert found[f"{name}.id"].verdict == "keep"


HARMLESS = [
    "is_admin bool",
    "login_count int",
    "created_at timestamptz",
    "email_verified_at timestamptz",
    "hire_date date",
    "status text",
    "phone_country_code varchar(4)",
    "address_type text",
    "email_status text",
    "currency char(3)",
    "language text",
    "organization_id uuid",
    "mood mood",
    "total numeric",
    "prompt_tokens int",
    "tag_ids int[]",
    "country text",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_columns_of_people_are_kept_with_a_reason(text: str) -> None:
    decision = _one(table("users", "id int pk", "email text", text), text.split(maxsplit=1)[0])
    assert (decision.verdict, decision.mask) == ("keep", None)
    assert len(decision.reason) >= 3


@pytest.mark.parametrize("text", ["title text", "description text", "file_name text", "tags text[]", "words tsvector"])
def test_text_of_tables_that_are_not_about_people_is_kept(text: str) -> None:
    assert _one(table("products", "id int pk", text), text.split(maxsplit=1)[0]).verdict == "keep"


@pytest.mark.parametrize("text", ["title text", "data jsonb", "contents bytea", "tags text[]", "embedding vector"])
def test_unclear_columns_near_people_are_left_to_a_human(text: str) -> None:
    users = table("users", "id int pk", "email text")
    posts = referencing(table("posts", "id int pk", "user_id int", text), "user_id", users, "id")
    assert _judged(users, posts)[f"posts.{text.split(maxsplit=1)[0]}"].verdict == "todo"


def test_a_table_points_at_people_without_a_declared_key() -> None:
    found = _judged(table("drafts", "id int pk", "kunden_id int", "titel text"))
    assert found["drafts.titel"].verdict == "todo"


def test_lists_of_places_are_reference_data() -> None:
    found = _judged(table("cities", "id int pk", "name text", "city text", "postal_code text", "region text"))
    assert {decision.verdict for decision in found.values()} == {"keep"}


def test_the_name_of_a_ship_is_nobody_unless_an_address_stands_beside_it() -> None:
    assert _one(table("vessels", "id int pk", "ship_name text"), "ship_name").verdict == "keep"
    order = table("orders", "id int pk", "ship_name text", "ship_address text")
    assert _one(order, "ship_name").mask == "name"


def test_a_value_column_means_what_its_table_holds() -> None:
    assert _one(table("phone_numbers", "id int pk", "value text"), "value").mask == "phone"
    emails = _one(table("contact_points", "id int pk", "value text"), "value", value=["a.b@c.example"] * 4)
    assert emails.mask == "email"


def test_codes_are_secrets_only_where_people_sign_in() -> None:
    assert _one(table("login_codes", "id int pk", "code text"), "code").mask == "hash"
    assert _one(table("warehouses", "id int pk", "code text"), "code").verdict == "keep"


def test_a_table_of_changes_repeats_rows() -> None:
    columns = ["old_data jsonb", "query text", "changed_by text", "operation text"]
    found = _judged(table("audit_log", "id int pk", *columns))
    assert {name: decision.mask for name, decision in found.items()} == {
        "audit_log.id": None,
        "audit_log.old_data": "null",
        "audit_log.query": "text",
        "audit_log.changed_by": "username",
        "audit_log.operation": None,
    }


def test_joined_columns_get_one_injective_mask() -> None:
    users = table("users", "mail varchar(80) pk", "age int")
    orders = referencing(table("orders", "id int pk", "buyer varchar(80)"), "buyer", users, "mail")
    found = _judged(users, orders)
    assert (found["users.mail"].mask, found["orders.buyer"].mask) == ("email", "email")


def test_keys_are_never_masked_for_their_names_sake() -> None:
    found = _judged(table("towns", "city text pk"), table("users", "customer_code varchar(5) pk", "email text"))
    assert found["towns.city"].verdict == "keep"
    assert found["users.customer_code"].verdict == "keep"


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("first_name varchar(40) unique", "hash"),
        ("full_name text unique", "username"),
        ("auth_uid text", "hash"),
        ("email varchar(10)", "hash"),
        ("token uuid", "null"),
        ("token uuid not null", "constant"),
        ("phone bigint not null", "constant"),
        ("photo bytea not null", "constant"),
        ("birthday date not null", "shift_date"),
        ("nick varchar(3)", "text"),
    ],
)
def test_masks_fit_type_width_and_keys(text: str, mask: str) -> None:
    assert _one(table("users", "id int pk", text), text.split(maxsplit=1)[0]).mask == mask


NO_MASK = ["token uuid not null unique", "gender char(1) not null", "salary money_domain not null"]


@pytest.mark.parametrize("text", NO_MASK)
def test_where_no_mask_fits_a_human_decides(text: str) -> None:
    assert _one(table("users", "id int pk", text), text.split(maxsplit=1)[0]).verdict == "todo"


def test_a_closed_set_gets_one_of_its_own_labels() -> None:
    made = table("users", "id int pk", "gender char(1) not null")
    assert _one(made, "gender", gender=["M", "F", "M"]).options == (("value", "F"),)


def test_search_words_follow_the_text_beside_them() -> None:
    found = _judged(table("users", "id int pk", "bio text", "words tsvector"))
    assert found["users.words"].mask == "null"


def test_partitions_and_generated_columns_have_no_decision() -> None:
    parent = table("events", "id int pk", "email text", "lower text gen", kind="p")
    leaf = table("events_2024", "id int pk", "email text", "lower text gen", parent=parent)
    assert set(_judged(parent, leaf)) == {"events.id", "events.email"}


def test_every_mask_proposed_exists() -> None:
    made = [table(name, "id int pk", *columns) for name, columns in PEOPLE]
    assert {decision.mask for decision in _judged(*made).values()} - {None} <= set(MASKS)
