CREATE SCHEMA empty_file;
