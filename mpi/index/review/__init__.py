"""Clerical review: what is to be looked at, what reviewers say of it, and what comes of that.

`room` is the face, and `Index.review_room` gives one. Start at `rules`.
"""
