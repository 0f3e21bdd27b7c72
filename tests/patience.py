"""How long a test waits for what should come at once."""

PATIENCE_S = 60.0
"""No test of ours is about speed: a machine under load only takes longer."""
