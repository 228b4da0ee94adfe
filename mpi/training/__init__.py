"""Learning: a release is trained, evaluated and described here."""
