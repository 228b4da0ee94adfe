"""The review pages: sign in, look at two records or a person, say what they are."""
