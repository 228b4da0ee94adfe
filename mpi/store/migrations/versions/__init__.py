"""One module per revision; `mpi.store.schema.REVISIONS` lists them in order."""
