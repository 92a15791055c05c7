"""The demo's own material: a made-up production database, its masking rules and the two migrations to try on it.

Surprising: nothing here starts a server. The flow of ``stagecopy demo`` does; this package only says what is loaded
into it and what lies in the demo's project folder.
"""
