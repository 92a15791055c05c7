"""Names and definitions as a list of schema changes shows them."""

from __future__ import annotations

import pytest

from stagecopy.model.wording import one_line, retyped


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        ("column", "public.users.email", "public.users.email"),
        ("column", "public.Users.e-mail", 'public."Users"."e-mail"'),
        ("function", "public.Total(integer, text)", "public.Total(integer, text)"),
        ("role", "a.b", "a.b"),
    ],
)
def test_names_are_as_one_would_type_them(kind: str, name: str, shown: str) -> None:
    assert retyped(kind, name) == shown


def test_a_definition_is_one_line() -> None:
    assert one_line(" SELECT a,\n    b\n FROM t;") == "SELECT a, b FROM t;"
