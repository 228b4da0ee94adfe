"""The command line: parse, call a use case, render. One module per command.

Modules here import what a use case needs inside the command that calls it, so that `mpi --help`
and `mpi lookup` start without the libraries that only linking needs.
"""
