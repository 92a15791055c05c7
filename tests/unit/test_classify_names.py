"""How names are read."""

from __future__ import annotations

import pytest

from stagecopy.masking.names_match import meaning, words_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("strKundenEMail", "email"),
        ("IPAddress", "ip"),
        ("homephone", "phone"),
        ("cust_nm", "name"),
        ("password_changed_at", None),
        ("microphone", None),
        ("product_name", None),
        ("hostname", None),
        ("memory_address_id", None),
        ("note_key", None),
        ("debtor_name", "name"),
        ("data_nascimento", "birth"),
        ("tussenvoegsel", "last_name"),
        ("geboorteplaats", "sensitive"),
        ("luogo_di_nascita", "sensitive"),
        ("correo_electronico", "email"),
        ("numero_secu_sociale", "national_id"),
        ("nom_jeune_fille", "last_name"),
        ("Blutgruppe", "sensitive"),
        ("vat_number", "national_id"),
        ("phone_prefix", None),
        ("name_prefix", "gender"),
    ],
)
def test_names_are_read_in_any_spelling(name: str, kind: str | None) -> None:
    found = meaning(words_of(name))
    assert (found.kind if found else None) == kind
