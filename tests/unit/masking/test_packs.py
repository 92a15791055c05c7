"""Packs on the tables that frameworks' own migrations made, as tests/acceptance/test_packs.py recorded them."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from stagecopy.masking.classify import classify
from stagecopy.masking.coverage import cover
from stagecopy.masking.loader import load_rules
from stagecopy.masking.personal import look_again
from stagecopy.masking.plan import MaskPlan, plan
from tests.unit.masking.factory import KEY, catalog, column, table
from tests.unit.masking.recorded_tables import names, tables_of

_MASKED = {
    "django-auth": {
        "public.auth_user": {
            "email": "email", "username": "username", "password": "constant", "first_name": "first_name",
            "last_name": "last_name", "last_login": "shift_date", "id": "keep", "is_staff": "keep",
        },
        "public.django_admin_log": {"object_repr": "text", "change_message": "text", "action_flag": "keep"},
    },
    "authjs": {
        "public.user": {"name": "name", "email": "email", "image": "url", "id": "keep"},
        "public.account": {"providerAccountId": "hash", "access_token": "null", "userId": "keep", "provider": "keep"},
        "public.authenticator": {"providerAccountId": "hash", "credentialID": "hash", "counter": "keep"},
    },
    "devise": {
        "public.users": {
            "email": "email", "encrypted_password": "constant", "reset_password_token": "null", "uid": "hash",
            "current_sign_in_ip": "inet", "unconfirmed_email": "email", "unlock_token": "null", "provider": "keep",
        },
        "public.admins": {"email": "email", "encrypted_password": "constant", "created_at": "shift_date"},
    },
    "dj-stripe": {
        "public.djstripe_customer": {"email": "email", "stripe_data": "json", "metadata": "json", "id": "keep"},
        "public.djstripe_card": {"fingerprint": "hash", "stripe_data": "json"},
        "public.djstripe_price": {"stripe_data": "keep", "nickname": "keep"},
    },
}  # fmt: skip
_EMPTY = {
    "django-auth": ["django_session"],
    "authjs": ["session", "verificationToken"],
    "devise": [],
    "dj-stripe": ["djstripe_event", "djstripe_apikey", "djstripe_webhookendpoint", "djstripe_webhookeventtrigger"],
}

# Kept on purpose although the names read as personal: what is sold, Stripe's own keys, words such as `pass`.
_MEANT = {
    f"public.djstripe_{each}"
    for each in (
        "price.nickname", "plan.nickname", "shippingrate.display_name", "taxrate.display_name", "session.id",
        "discount.checkout_session_id", "card.address_line1_check", "card.address_zip_check", "card.cvc_check",
        "session.billing_address_collection",
    )
}  # fmt: skip


def pack_of(recorded: str) -> str:
    return recorded.partition(" ")[0]


def packed(folder: Path, recorded: str) -> MaskPlan:
    return plan(tables_of(recorded), load_rules(rules_in(folder, recorded)), key=KEY, locale="en_US")


def rules_in(folder: Path, recorded: str) -> Path:
    pack = pack_of(recorded)
    used = [*(["django-auth"] if pack == "dj-stripe" else []), pack]
    path = folder / "rules.yaml"
    path.write_text(f"version: 1\nuse: [{', '.join(used)}]\n", encoding="utf-8")
    return path


def test_every_pack_has_recorded_tables() -> None:
    assert set(map(pack_of, names())) == set(_MASKED)


@pytest.mark.parametrize("recorded", names())
def test_a_pack_alone_covers_its_frameworks_tables(tmp_path: Path, recorded: str) -> None:
    found = {each.table.qualified: each for each in packed(tmp_path, recorded).tables.values()}
    pack = pack_of(recorded)
    for name, expected in _MASKED[pack].items():
        rules = {each.column.name: each.rule for each in found[name].columns}
        known = expected.keys() & rules.keys()  # older versions have fewer columns
        assert {column: rules[column] for column in known} == {column: expected[column] for column in known}
        assert known
    for name in _EMPTY[pack]:
        assert found[f"public.{name}"].action == "empty"


@pytest.mark.parametrize("recorded", names())
def test_a_pack_keeps_nothing_that_reads_as_personal(tmp_path: Path, recorded: str) -> None:
    made = tables_of(recorded)
    coverage = cover(made, load_rules(rules_in(tmp_path, recorded)))
    assert {each.name for each, _ in look_again(coverage, classify(made))} <= _MEANT


def test_devise_speaks_of_its_columns_in_models_of_any_name(tmp_path: Path) -> None:
    members = table(1, "members", column("encrypted_password"), column("unlock_token"), column("email"))
    coverage = cover(catalog(members), load_rules(rules_in(tmp_path, "devise")))
    rules = {members.columns[attnum - 1].name: each.decision.mask for (_, attnum), each in coverage.chosen.items()}
    assert rules == {"encrypted_password": "constant", "unlock_token": "null"}


def test_stripes_documents_keep_amounts_and_ids_but_no_object_in_place_of_an_id(tmp_path: Path) -> None:
    card = {"id": "card_1", "last4": "7714", "owner": {"name": "Zaphira"}, "checks": ["Zaphira"], "exp_year": 2031}
    document = {
        "id": "ch_1", "amount": 4900, "customer": "cus_1", "source": card, "invoice": ["Zaphira"], "paid": True,
        "plan": {"amount": 900, "metadata": {"by": "Zaphira"}}, "unheard_of": "Zaphira", "name": "Zaphira",
        "metadata": {"id": "Zaphira"},
    }  # fmt: skip
    tables = packed(tmp_path, "dj-stripe 2.11").tables.values()
    charges = next(each for each in tables if each.table.name == "djstripe_charge")
    masker = next(each.masker for each in charges.columns if each.column.name == "stripe_data")
    assert masker is not None
    left = masker.apply(pl.Series([json.dumps(document)]))[0]
    assert "Zaphira" not in left
    assert "7714" not in left
    done = json.loads(left)
    assert (done["id"], done["amount"], done["customer"], done["paid"]) == ("ch_1", 4900, "cus_1", True)
    assert (done["source"]["id"], done["plan"]["amount"]) == ("card_1", 900)
