DELETE FROM b26_keyless_twin.clicks WHERE ctid = (SELECT min(ctid) FROM b26_keyless_twin.clicks);
