"""What analysts ask of an index or of feeds, as DataFrames; nothing here writes.

`Study` is the face, and `Index.study` gives one. `profile` is about feeds before they are linked.
"""
