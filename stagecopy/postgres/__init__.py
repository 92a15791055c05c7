"""The only room that speaks SQL to a catalog, and the only one that sees a server's error before it is cleaned."""
