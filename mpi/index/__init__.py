"""Use cases, one module per verb; `Index` is the thin face that doors and notebooks call.

Importing this package costs nothing: a look-up must not wait for what only linking needs.
"""
