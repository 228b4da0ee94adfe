"""The HTTP door: parse, call the index, render. Start it with `mpi serve`."""
