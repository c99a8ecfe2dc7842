"""An executable specification of a deep-learning homework: every claim it makes is a test here."""
