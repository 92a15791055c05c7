"""Foreign keys that masked rows could not have are refused by `masks check`, on a real catalog."""

from __future__ import annotations

from tests.acceptance.harness import Shop

KEEP = "{keep: not personal}"


def test_A09_A25_keys_that_masked_rows_could_not_have_are_refused_with_their_lines(embedded_shop: Shop) -> None:
    embedded_shop.production_sql(
        """
        CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));
        CREATE TABLE c (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES p MATCH FULL);
        CREATE TABLE codes (code text PRIMARY KEY);
        CREATE TABLE uses (id int PRIMARY KEY, nm text, x int, low text GENERATED ALWAYS AS (lower(nm)) STORED UNIQUE
                           REFERENCES codes);
        CREATE TABLE gone (id int PRIMARY KEY);
        CREATE TABLE stays (id int PRIMARY KEY REFERENCES gone);
        """
    )
    embedded_shop.rules(
        "tables:\n"
        f"  p: {{columns: {{a: {KEEP}, b: {KEEP}}}}}\n"
        f"  c: {{columns: {{id: {KEEP}, a: {{mask: null}}, b: {KEEP}}}}}\n"
        f"  codes: {{columns: {{code: {KEEP}}}}}\n"
        f"  uses: {{columns: {{id: {KEEP}, x: {KEEP}, nm: {{mask: name}}}}}}\n"
        "  gone: {skip: not wanted}\n"
        f"  stays: {{columns: {{id: {KEEP}}}}}\n"
    )
    done = embedded_shop.run("masks", "check", "--json")
    assert done.code == 2, done.err
    found = sorted(line.split("/")[-1] for line in done.document["error"]["message"].splitlines()[1:])
    computed = (
        "mask name on public.uses.nm: foreign key uses_low_fkey refers by a generated column, "
        "which is computed anew and meets no masked key"
    )
    assert [line.split(";")[0] for line in found] == [
        "rules.yaml:4: mask null on public.c.a leaves foreign key c_a_b_fkey half empty, which MATCH FULL refuses",
        "rules.yaml:6: mask name can give two rows of public.uses the same nm, which unique index uses_low_key refuses",
        f"rules.yaml:6: {computed}",
        "rules.yaml:7: public.gone is left out, but foreign key stays_id_fkey of public.stays refers to it",
    ]
