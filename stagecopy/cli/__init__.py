"""One file per verb; the only room that prints or exits. Flows are imported when a verb runs: --help stays quick."""
