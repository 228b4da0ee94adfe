"""Keeping: the index in SQLite or PostgreSQL by SQLAlchemy Core, read and written by verbs."""
