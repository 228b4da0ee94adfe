"""Keeping: the index in SQLite through SQLAlchemy Core, read and written by verbs."""
