"""The schema's history: Alembic revisions, run by `mpi.store.opening`."""
