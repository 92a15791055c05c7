"""Small projects of the frameworks that packs are for: each installs the framework, migrates and fills a database."""
