"""Where a link is computed: DuckDB on one machine."""
